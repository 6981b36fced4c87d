"""The heat map: WER of every group under every condition, shaded by height.

A table and no picture: its numbers can be read aloud, copied and printed, each cell leads to its utterances,
and who cannot tell the shades apart reads the numbers in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import (
    WER,
    everyone_key,
    everyone_or,
    figure_cell,
    group_info,
    group_names,
    groups_with_rates,
    headline_key,
    hidden_words,
    too_few_words,
)
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import noise_title, settings_of, subject_words

N_SHADES = 7
STRONGEST_FROM = 1.0
"""A WER: a group of which more words were added than said would leave no shades for the others."""


@dataclass(frozen=True, slots=True)
class Shades:
    """Steps of the same width between the lowest and the highest WER of a dimension."""

    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Those that hold all values; of none, any."""
        bounded = [min(value, STRONGEST_FROM) for value in values] or [0.0]
        return cls(min(bounded), max(bounded))

    def of_value(self, value: float) -> int:
        """From 0, the faintest, to `N_SHADES` − 1."""
        width = (self.highest - self.lowest) / N_SHADES
        step = int((value - self.lowest) / width) if width > 0 else 0
        return max(0, min(step, N_SHADES - 1))


def heat_map(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """A row for each group, a column for each condition; None with one condition or no group to show.

    All systems share the shades, so that they can be compared.
    """
    names = groups_with_rates(shown, dimension)
    if len(shown.results.conditions) < 2 or not names:
        return None
    systems = [one.name for one in shown.results.systems]
    shades = Shades.of([value for one in systems for value in _values(shown, dimension, one)])
    rows = [_rate_row(shown, dimension, keys, shades) for keys in _rows_of_keys(shown, dimension, system)]
    if not dimension.parts:
        hidden = [name for name in group_names(shown, dimension) if name not in names]
        rows += [_hidden_row(shown, dimension, name) for name in hidden]
    others = too_few_words(shown, dimension) if dimension.parts else ""
    columns = (
        Column("Group", is_number=False),
        Column("Speakers"),
        *(
            Column(noise_title(condition), over=setting.title)
            for setting in settings_of(shown.results.conditions)
            for condition in setting.conditions
        ),
    )
    notes = [*([f"Combinations {others}."] if others else []), _note(shades)]
    return Table(
        "WER under every condition", columns, [Block("", rows)], notes, subject_words(dimension, system)
    )


def _rows_of_keys(shown: Shown, dimension: DimensionInfo, system: str) -> Iterator[list[CellKey]]:
    """A row's cells in the order of the conditions: everyone, where they may be shown, then each group."""
    names = [condition.name for condition in shown.results.conditions]
    if shown.has_rates(OVERALL, EVERYONE):
        yield [everyone_key(shown, name, system) for name in names]
    for group in groups_with_rates(shown, dimension):
        yield [headline_key(shown, dimension, group, name, system) for name in names]


def _values(shown: Shown, dimension: DimensionInfo, system: str) -> Iterator[float]:
    for keys, index in product(_rows_of_keys(shown, dimension, system), range(len(shown.results.conditions))):
        figure = shown.figure(keys[index], WER)
        if figure is not None and figure.value is not None:
            yield figure.value


def _rate_row(shown: Shown, dimension: DimensionInfo, keys: Sequence[CellKey], shades: Shades) -> Row:
    place = keys[0]
    first = shown.figure(place, WER)
    is_indicative = shown.visibility[place.dimension][place.group] is Visibility.INDICATIVE
    speakers = TableCell(
        wording.count(first.n_speakers if first else None), "indicative" if is_indicative else ""
    )
    cells = [_cell(shown, dimension, key, shades) for key in keys]
    return Row(everyone_or(place.group), [speakers, *cells], is_quiet=is_indicative)


def _cell(shown: Shown, dimension: DimensionInfo, key: CellKey, shades: Shades) -> TableCell:
    figure = shown.figure(key, WER)
    if figure is None or figure.value is None:
        return figure_cell(figure, wording.percent)
    return TableCell(
        wording.percent_number(figure.value),
        shade=shades.of_value(figure.value),
        asks=utterances_of(shown.results, dimension, key),
    )


def _hidden_row(shown: Shown, dimension: DimensionInfo, name: str) -> Row:
    info = group_info(dimension, name)
    counted = [] if info is None else [TableCell(wording.count(info.n_heard))]
    reason = TableCell(
        hidden_words(shown, dimension.name, name), span=len(shown.results.conditions) + 1 - len(counted)
    )
    return Row(name, [*counted, reason], is_quiet=True)


def _note(shades: Shades) -> str:
    most = " or more" if shades.highest == STRONGEST_FROM else ""
    return (
        f"WER in percent; the more a cell stands out, the higher: {N_SHADES} steps of the same width from "
        f"{wording.percent_number(shades.lowest)} to {wording.percent(shades.highest)}{most}, for all "
        "systems alike. Indicative: too few speakers or words for a verdict. Intervals, ratios, gaps and "
        "verdicts: below, by condition."
    )
