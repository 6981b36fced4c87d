"""Fairness on the card: who was heard how well, and whom that is compared with, in two tables a dimension.

Together they hold the columns of methods section 9; the dimension and the system stand in their captions.
"""

from __future__ import annotations

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import Comparison, ConditionInfo, DimensionInfo
from asr_fair.report import wording
from asr_fair.report.cells import (
    COUNT_COLUMNS,
    GAP,
    SMALLEST_RATIO_COLUMN,
    SMALLEST_RATIO_NOTE,
    VERDICT_DEPENDS,
    WER,
    count_cells,
    flag_words,
    group_info,
    group_names,
    headline_key,
    normaliser_figures,
    normaliser_range,
    other_outcomes,
    other_side,
    rate_cells,
    rate_columns,
    smallest_ratio_cell,
    verdict_cell,
)
from asr_fair.report.comparisons import comparison_cells, comparison_columns, comparison_note
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.outcomes import compared_groups
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import subject_words
from asr_fair.report.tables import error_rate_note

METHOD = Column("Method", is_number=False)
FLAGS = Column("Flags", is_number=False)
NORMALISERS_NOTE = (
    "Over normalisers: lowest and highest WER under the normalisers of this run. They decide which words "
    "count as the same."
)


def rates_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table:
    """A row for every group, hidden ones too: counts, WER with interval and method, errors by kind."""
    wer, *others = rate_columns(shown)
    columns = (
        Column("Group", is_number=False),
        *COUNT_COLUMNS,
        Column("Hours"),
        wer,
        METHOD,
        *others,
        Column("Over normalisers"),
        FLAGS,
    )
    names = group_names(shown, dimension)
    blocks = [
        Block(
            condition.title,
            [_rates_row(shown, dimension, name, condition, system, len(columns)) for name in names],
        )
        for condition in shown.results.conditions
    ]
    is_any_hidden = not all(shown.has_rates(dimension.name, name) for name in names)
    notes = [
        *([_hidden_note(shown)] if is_any_hidden else []),
        error_rate_note(shown),
        NORMALISERS_NOTE,
    ]
    return Table("Rates", columns, blocks, notes, subject_words(dimension, system))


def comparisons_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """Ratio, gap and verdict of each group that is compared and shown; None where there is none."""
    groups = compared_groups(shown, dimension)
    keys = {
        condition: [headline_key(shown, dimension, name, condition.name, system) for name in groups]
        for condition in shown.results.conditions
    }
    if not any(_has_comparison(shown, key, dimension) for each in keys.values() for key in each):
        return None
    columns = (
        Column("Group", is_number=False),
        *comparison_columns(shown),
        METHOD,
        Column("Verdict", is_number=False),
        SMALLEST_RATIO_COLUMN,
        FLAGS,
    )
    blocks = [
        Block(condition.title, [_comparison_row(shown, dimension, key) for key in each])
        for condition, each in keys.items()
    ]
    notes = [
        comparison_note(shown),
        SMALLEST_RATIO_NOTE,
    ]
    caption = f"Compared with {wording.versus_words(other_side(dimension))}"
    return Table(caption, columns, blocks, notes, subject_words(dimension, system))


def _rates_row(
    shown: Shown, dimension: DimensionInfo, name: str, condition: ConditionInfo, system: str, n_columns: int
) -> Row:
    group = group_info(dimension, name)
    if group is None or not shown.has_rates(dimension.name, name):
        return Row(name, [TableCell("hidden", span=n_columns - 1)], is_quiet=True)
    key = headline_key(shown, dimension, name, condition.name, system)
    wer = shown.figure(key, WER)
    rate, *others = rate_cells(shown, key)
    cells = [
        *count_cells(wer),
        TableCell(wording.hours(group.duration_s)),
        rate,
        TableCell("" if wer is None else wer.method or ""),
        *others,
        TableCell(normaliser_range(normaliser_figures(shown, key))),
        TableCell(flag_words(shown, group)),
    ]
    return Row(name, cells, is_quiet=_is_indicative(shown, key))


def _comparison_row(shown: Shown, dimension: DimensionInfo, key: CellKey) -> Row:
    versus = other_side(dimension)
    comparison = shown.comparison(key, versus)
    method = TableCell("") if comparison is None or comparison.ratio is None else _methods(comparison)
    depends = not _is_indicative(shown, key) and other_outcomes(shown.robust(key, versus))
    cells = [
        *comparison_cells(shown, key, dimension),
        method,
        verdict_cell(shown, key, dimension),
        smallest_ratio_cell(shown, key, dimension),
        TableCell(VERDICT_DEPENDS if depends else ""),
    ]
    return Row(key.group, cells, is_quiet=_is_indicative(shown, key))


def _methods(comparison: Comparison) -> TableCell:
    """Of the interval of the ratio, and of the gap's."""
    of_gap = "" if comparison.gap_low is None else f"; gap: {comparison.gap_method}"
    return TableCell(f"{comparison.method}{of_gap}")


def _has_comparison(shown: Shown, key: CellKey, dimension: DimensionInfo) -> bool:
    versus = other_side(dimension)
    return shown.comparison(key, versus) is not None or shown.figure(key, GAP, versus) is not None


def _is_indicative(shown: Shown, key: CellKey) -> bool:
    return shown.visibility[key.dimension][key.group] < Visibility.FULL


def _hidden_note(shown: Shown) -> str:
    """Why groups have no figures; which of two reasons it is would tell how many people they are."""
    fewest = shown.results.plan.thresholds.card_min_speakers
    return (
        f"Hidden: fewer than {fewest} known speakers with reference words and a transcript, or the next "
        "smallest group beside such a one."
    )
