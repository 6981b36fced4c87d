"""What the tables for a spreadsheet share: cells it does not run, which of them there are, and bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from asr_fair.fairness.results import Figure
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.cells import groups_with_rates, other_side
from asr_fair.report.printable import visible
from asr_fair.report.redact import CellKey, Shown

Value: TypeAlias = str | int | float | None
Record: TypeAlias = Mapping[str, Value]

KEY_COLUMNS = CellKey._fields

# A spreadsheet runs a cell that begins with one of these, some with their wide forms too (OWASP, "CSV
# injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: Value) -> Value:
    """The value; a text `visible`, and where a spreadsheet would run it with an apostrophe in front."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def cell_keys(shown: Shown, conditions: Sequence[str] | None = None) -> Iterator[tuple[CellKey, str | None]]:
    """Every cell whose rates may be shown, with what its group is compared with; everyone first.

    `conditions`: those of the run unless named.
    """
    run = shown.results
    names = [one.name for one in run.conditions] if conditions is None else conditions
    groups: list[tuple[str, str, str | None]] = []
    if shown.has_rates(OVERALL, EVERYONE):
        groups.append((OVERALL, EVERYONE, None))
    groups += [
        (dimension.name, name, other_side(dimension))
        for dimension in shown.dimensions_and_levels
        for name in groups_with_rates(shown, dimension)
    ]
    for dimension_name, group, versus in groups:
        for system in run.systems:
            for condition in names:
                for normaliser in run.normalisers:
                    yield CellKey(dimension_name, group, condition, system.name, normaliser), versus


def with_bounds(measure: str, figure: Figure | None) -> Record:
    """A figure with its bounds; nothing where it was not computed or may not be shown."""
    if figure is None:
        return {}
    return {measure: figure.value, f"{measure}_low": figure.low, f"{measure}_high": figure.high}
