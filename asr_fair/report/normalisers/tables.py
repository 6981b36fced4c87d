"""The normaliser as a factor: what another one does to rates, gaps and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import ConditionInfo, DimensionInfo, Figure, Robustness, Verdict
from asr_fair.records import RAW
from asr_fair.report import wording
from asr_fair.report.cells import (
    GAP,
    NORMALISER_SHIFT,
    NORMALISER_SHIFT_DIFFERENCE,
    WER,
    figure_cell,
    groups_with_rates,
    headline_key,
    is_compared,
    other_side,
)
from asr_fair.report.model import Block, Column, NormaliserSection, Row, Table, TableCell
from asr_fair.report.normalisers.changes import changes_table
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import subject_words

HOLDS = {True: "holds", False: "does not hold", None: "not assessed"}


def normaliser_section(shown: Shown, dimension: DimensionInfo, system: str) -> NormaliserSection | None:
    """All about the normalisers in one dimension and system; None with one normaliser or nothing to show."""
    groups = groups_with_rates(shown, dimension)
    conditions = [
        condition
        for condition in shown.results.conditions
        if any(
            shown.figure(headline_key(shown, dimension, name, condition.name, system), WER) for name in groups
        )
    ]
    if len(shown.results.normalisers) < 2 or not conditions:
        return None
    first, others = conditions[:1], conditions[1:]
    more = (
        _gaps_table(shown, dimension, system, others),
        _rates_table(shown, dimension, system, conditions),
    )
    return NormaliserSection(
        summary=_summary(shown, dimension, system),
        gaps=_gaps_table(shown, dimension, system, first),
        more=[table for table in more if table is not None],
        changes=changes_table(shown, dimension, system),
    )


def _summary(shown: Shown, dimension: DimensionInfo, system: str) -> str:
    """How many of the verdicts that are shown hold."""
    rows = [
        found
        for name in groups_with_rates(shown, dimension)
        for condition in shown.results.conditions
        if (found := _judged(shown, headline_key(shown, dimension, name, condition.name, system), dimension))
    ]
    assessed = [row for row in rows if row.robust is not None]
    if not assessed:
        return "No verdict could be assessed under another normaliser."
    n_held = sum(bool(row.robust) for row in assessed)
    words = (
        f"Verdicts that hold whichever normaliser the words are counted under: {n_held:,} of "
        f"{len(assessed):,}. To hold means the same verdict and, of two rates, the same one higher."
    )
    n_untold = sum(one.robust is True and Verdict.CANNOT_TELL in one.verdicts.values() for one in assessed)
    if n_untold:
        words = f"{words} “Cannot tell” under each: {n_untold:,} of the {n_held:,}."
    if n_held == len(assessed):
        return words
    return f"{words} What does not hold rests on how words are written as much as on what was heard."


def _rates_table(
    shown: Shown, dimension: DimensionInfo, system: str, conditions: Sequence[ConditionInfo]
) -> Table:
    headline, *others = shown.results.normalisers
    blocks = []
    for condition in conditions:
        keys = [
            headline_key(shown, dimension, name, condition.name, system)
            for name in groups_with_rates(shown, dimension)
        ]
        rows = [Row(key.group, _rate_cells(shown, key)) for key in keys]
        blocks.append(Block(condition.title, rows))
    columns = (Column("Group", is_number=False), Column(f"{headline} (headline)"), *map(Column, others))
    notes = [
        f"Small print at the others: how far the WER moves from that under {headline}, in points with "
        f"their interval; the same transcripts are counted under each.{_raw_words(shown)}"
    ]
    subject = subject_words(dimension, system)
    return Table("WER under each normaliser", columns, blocks, notes, subject)


def _gaps_table(
    shown: Shown, dimension: DimensionInfo, system: str, conditions: Sequence[ConditionInfo]
) -> Table | None:
    """None where no comparison may be shown."""
    versus, (headline, *others) = other_side(dimension), shown.results.normalisers
    blocks = []
    for condition in conditions:
        keys = [
            headline_key(shown, dimension, name, condition.name, system)
            for name in groups_with_rates(shown, dimension)
            if is_compared(dimension, name)
        ]
        rows = [
            Row(key.group, _gap_cells(shown, key, dimension))
            for key in keys
            if shown.figure(key, GAP, versus)
        ]
        if rows:
            blocks.append(Block(condition.title, rows))
    if not blocks:
        return None
    columns = (
        Column("Group", is_number=False),
        Column(f"{headline} (headline)"),
        *map(Column, others),
        Column("Verdict", is_number=False),
    )
    notes = [
        f"Small print at the others: how far the normaliser moves the gap from that under {headline}, in "
        "points with their interval. “Cannot tell” under all normalisers is no evidence of fairness."
    ]
    caption = f"Gap to {wording.versus_words(versus)} under each normaliser"
    return Table(caption, columns, blocks, notes, subject_words(dimension, system))


def _rate_cells(shown: Shown, key: CellKey) -> list[TableCell]:
    first = figure_cell(shown.figure(key, WER), wording.percent, wording.percent_number)
    others = []
    for name in shown.results.normalisers[1:]:
        there = key._replace(normaliser=name)
        cell = figure_cell(shown.figure(there, WER), wording.percent)
        others.append(_with_shift(cell, shown.figure(there, NORMALISER_SHIFT)))
    return [first, *others]


def _gap_cells(shown: Shown, key: CellKey, dimension: DimensionInfo) -> list[TableCell]:
    versus = other_side(dimension)
    first = figure_cell(shown.figure(key, GAP, versus), wording.points, wording.points_number)
    others = []
    for name in shown.results.normalisers[1:]:
        there = key._replace(normaliser=name)
        cell = figure_cell(shown.figure(there, GAP, versus), wording.points)
        others.append(_with_shift(cell, shown.figure(there, NORMALISER_SHIFT_DIFFERENCE, versus)))
    return [first, *others, _verdict_cell(_judged(shown, key, dimension))]


def _with_shift(cell: TableCell, shift: Figure | None) -> TableCell:
    """A figure, and in small print how far it is from that under the headline."""
    if shift is None or shift.value is None:
        return cell
    if shift.value == 0.0:
        return TableCell(cell.text, "unchanged")
    bounds = wording.interval(shift.low, shift.high, wording.points_number)
    return TableCell(cell.text, f"{wording.points_number(shift.value)} {bounds}".strip())


def _judged(shown: Shown, key: CellKey, dimension: DimensionInfo) -> Robustness | None:
    """Whether the verdict on a group holds; None where it has none."""
    if not is_compared(dimension, key.group):
        return None
    if shown.visibility[dimension.name][key.group] < Visibility.FULL:
        return None
    return shown.robust(key, other_side(dimension))


def _verdict_cell(found: Robustness | None) -> TableCell:
    return TableCell("no verdict") if found is None else TableCell(HOLDS[found.robust], found.reason)


def _raw_words(shown: Shown) -> str:
    if RAW not in shown.results.normalisers:
        return ""
    return f" Under {RAW} a capital letter or a comma is an error: it is shown, and nothing is judged by it."
