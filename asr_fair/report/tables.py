"""Tables of the report: from what may be shown to formatted rows."""

from __future__ import annotations

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import ConditionInfo, DimensionInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import (
    COUNT_COLUMNS,
    GAP,
    RATIO,
    SMALLEST_RATIO_COLUMN,
    SMALLEST_RATIO_NOTE,
    WER,
    count_cells,
    everyone_key,
    flag_cell,
    group_info,
    group_names,
    groups_with_rates,
    headline_key,
    hidden_words,
    rate_cells,
    rate_columns,
    smallest_ratio_cell,
    too_few_words,
    verdict_cell,
)
from asr_fair.report.comparisons import comparison_cells, comparison_columns, comparison_note
from asr_fair.report.links import Utterances
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown
from asr_fair.report.settings import Setting, subject_words


def overall_table(shown: Shown) -> Table:
    """WER of everyone together, a block for each system, a row for each condition."""
    run = shown.results
    blocks = [
        Block(system.name, [_overall_row(shown, condition, system.name) for condition in run.conditions])
        for system in run.systems
    ]
    columns = (Column("Condition", is_number=False), *COUNT_COLUMNS, *rate_columns(shown))
    notes = [error_rate_note(shown)]
    return Table("WER of all speakers together", columns, blocks, notes, block_title="System")


def rates_table(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> Table:
    """Rates, comparison, verdict and flags of each group, a block for each condition of a setting."""
    columns = (
        Column("Group", is_number=False),
        *COUNT_COLUMNS,
        *rate_columns(shown),
        *comparison_columns(shown),
        Column("Verdict", is_number=False),
        SMALLEST_RATIO_COLUMN,
        Column("Flags", is_number=False),
    )
    # Of an intersection most groups may be too small to be told of in a row each.
    names = groups_with_rates(shown, dimension) if dimension.parts else group_names(shown, dimension)
    others = too_few_words(shown, dimension) if dimension.parts else ""
    blocks = [
        Block(
            condition.title,
            [
                _group_row(shown, dimension, name, condition.name, system, n_columns=len(columns))
                for name in names
            ],
        )
        for condition in setting.conditions
    ]
    notes = [
        *([f"Combinations {others}."] if others else []),
        error_rate_note(shown),
        comparison_note(shown),
        SMALLEST_RATIO_NOTE,
        *method_notes(shown, dimension),
    ]
    return Table("Rates and verdicts", columns, blocks, notes, subject_words(dimension, system, setting))


def error_rate_note(shown: Shown) -> str:
    """What the brackets at the WER and the short headings mean, under which normaliser."""
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    return (
        f"Brackets at WER: {confidence} interval of each figure by itself. "
        "S, D, I: substitutions, deletions and insertions in percent of the reference words. "
        "Speaker mean: mean of the speakers' own WERs. "
        f"Normaliser: {shown.results.normalisers[0]}."
    )


def method_notes(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """How the intervals of a dimension were computed, those of figures and those behind verdicts."""
    methods = {
        figure.method
        for (key, measure, _), figure in shown.figures.items()
        if key.dimension == dimension.name and measure in (WER, RATIO, GAP) and figure.method
    }
    together = {
        one.method
        for (key, _), one in shown.comparisons.items()
        if (key.dimension, key.normaliser) == (dimension.name, shown.results.normalisers[0])
    }
    notes = {"Interval methods": methods, "Intervals behind the verdicts": together}
    return [f"{title}: {'; '.join(sorted(found))}." for title, found in notes.items() if found]


def _overall_row(shown: Shown, condition: ConditionInfo, system: str) -> Row:
    key = everyone_key(shown, condition.name, system)
    if not shown.has_rates(OVERALL, EVERYONE):
        reason = hidden_words(shown, OVERALL, EVERYONE)
        n_columns = len(COUNT_COLUMNS) + len(rate_columns(shown))
        return Row(condition.title, [TableCell(reason, span=n_columns)], is_quiet=True)
    cells = [*count_cells(shown.figure(key, WER)), *rate_cells(shown, key)]
    return Row(condition.title, cells, asks=Utterances(condition.name, system))


def _group_row(
    shown: Shown, dimension: DimensionInfo, name: str, condition: str, system: str, *, n_columns: int
) -> Row:
    visibility = shown.visibility[dimension.name][name]
    group = group_info(dimension, name)
    if group is None:
        cells = [TableCell(hidden_words(shown, dimension.name, name), span=n_columns - 1)]
        return Row(name, cells, is_quiet=True)
    if not shown.has_rates(dimension.name, name):
        counts = count_cells(group)
        reason = TableCell(hidden_words(shown, dimension.name, name), span=n_columns - 1 - len(counts))
        return Row(name, [*counts, reason], is_quiet=True)
    key = headline_key(shown, dimension, name, condition, system)
    cells = [
        *count_cells(shown.figure(key, WER)),
        *rate_cells(shown, key),
        *comparison_cells(shown, key, dimension),
        verdict_cell(shown, key, dimension),
        smallest_ratio_cell(shown, key, dimension),
        flag_cell(shown, key, dimension, group),
    ]
    return Row(
        name,
        cells,
        is_quiet=visibility == Visibility.INDICATIVE,
        asks=utterances_of(shown.results, dimension, key),
    )
