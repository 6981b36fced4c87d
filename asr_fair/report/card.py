"""The service card: what may be handed out, in the columns of methods section 9."""

from __future__ import annotations

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import ConditionInfo, DimensionInfo, Results
from asr_fair.report import texts, wording
from asr_fair.report.cells import (
    COUNT_COLUMNS,
    GAP,
    SMALLEST_RATIO_COLUMN,
    SMALLEST_RATIO_NOTE,
    WER,
    count_cells,
    figure_cell,
    flag_cell,
    group_info,
    group_names,
    headline_key,
    is_compared,
    normaliser_figures,
    normaliser_range,
    other_side,
    rate_cells,
    rate_columns,
    smallest_ratio_cell,
    verdict_cell,
)
from asr_fair.report.losses import losses_table
from asr_fair.report.model import Block, CardPage, CardSection, Column, Row, Table, TableCell
from asr_fair.report.overview import overview_table
from asr_fair.report.redact import CellKey, Shown, shown_on_card
from asr_fair.report.tables import error_rate_note, method_notes, overall_table

MAY_NOT_BE_SHARED = (
    "NOT TO BE SHARED: the permitted use of this data does not include sharing results (share_results)."
)
RATIO_NOTE = (
    "Brackets at the ratio: simultaneous interval, which holds for all comparisons of this table together."
)
MAY_BE_SHARED = "Results may be shared: the permitted use of this data includes it."


def build_card(results: Results) -> CardPage:
    """The card's generated part, formatted and without hidden values."""
    shown = shown_on_card(results)
    return CardPage(
        title=f"Service card figures: {results.title}",
        sharing=MAY_BE_SHARED if results.manifest.share_results else MAY_NOT_BE_SHARED,
        banner=texts.banner(results),
        header=[*texts.run_facts(shown.results), *texts.data_facts(shown), *texts.card_facts(results)],
        losses_words=texts.losses_words(results) if results.losses else None,
        losses=losses_table(shown),
        overall=overall_table(shown),
        sections=[
            CardSection(
                title=dimension.title,
                source=texts.source_words(dimension),
                comparison=_comparison_words(shown, dimension),
                tables=[
                    table
                    for system in shown.results.systems
                    for make in (overview_table, _card_table)
                    if (table := make(shown, dimension, system.name)) is not None
                ],
            )
            for dimension in shown.results.dimensions
        ],
        limits=[*texts.limits(shown), *texts.card_limits()],
    )


def _comparison_words(shown: Shown, dimension: DimensionInfo) -> str:
    """What groups are compared with; or why none can be with all others, where that tells of a hidden one."""
    words = texts.comparison_and_margin_words(shown.results, dimension)
    hidden = Visibility.HIDDEN in shown.visibility[dimension.name].values()
    told = any(key.dimension == dimension.name for key, _ in shown.comparisons)
    if dimension.reference is not None or told or not hidden:
        return words
    return (
        f"{words} Those comparisons are left out, since they would reveal groups that are hidden here; "
        "a reference declared in the analysis plan would allow them."
    )


def _card_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table:
    columns = (
        Column("Group", is_number=False),
        *COUNT_COLUMNS,
        Column("Hours"),
        *rate_columns(shown),
        Column("Ratio"),
        Column("Gap"),
        Column("Verdict", is_number=False),
        SMALLEST_RATIO_COLUMN,
        Column("Over normalisers"),
        Column("Flags", is_number=False),
    )
    blocks = [
        Block(
            condition.title,
            [
                _card_row(shown, dimension, name, condition, system, n_columns=len(columns))
                for name in group_names(shown, dimension)
            ],
        )
        for condition in shown.results.conditions
    ]
    caption = f"{dimension.title}, {system}"
    return Table(
        caption,
        columns,
        blocks,
        notes=[
            RATIO_NOTE,
            error_rate_note(shown, "WER and gap"),
            SMALLEST_RATIO_NOTE,
            *method_notes(shown, dimension),
        ],
    )


def _card_row(
    shown: Shown,
    dimension: DimensionInfo,
    name: str,
    condition: ConditionInfo,
    system: str,
    *,
    n_columns: int,
) -> Row:
    group = group_info(dimension, name)
    if group is None or not shown.has_rates(dimension.name, name):
        reason = TableCell(_hidden_on_card(shown, dimension, name), span=n_columns - 1)
        return Row(name, [reason], is_quiet=True)
    key = headline_key(shown, dimension, name, condition.name, system)
    cells = [
        *count_cells(shown.figure(key, WER)),
        TableCell(wording.hours(group.duration_s)),
        *rate_cells(shown, key),
        *_simultaneous_cells(shown, key, dimension),
        verdict_cell(shown, key, dimension),
        smallest_ratio_cell(shown, key, dimension),
        TableCell(normaliser_range(normaliser_figures(shown, key))),
        flag_cell(shown, key, dimension, group),
    ]
    return Row(name, cells, is_quiet=shown.visibility[dimension.name][name] == Visibility.INDICATIVE)


def _simultaneous_cells(shown: Shown, key: CellKey, dimension: DimensionInfo) -> list[TableCell]:
    """Ratio with the interval that the verdict rests on, and the gap beside it."""
    if not is_compared(dimension, key.group):
        return [TableCell(""), TableCell("")]
    versus = other_side(dimension)
    comparison = shown.comparison(key, versus)
    gap = figure_cell(shown.figure(key, GAP, versus), wording.points, wording.points_number)
    if comparison is None or comparison.ratio is None:
        return [TableCell("no comparison possible"), gap]
    bounds = wording.interval(comparison.low, comparison.high, wording.ratio_number)
    return [TableCell(wording.ratio(comparison.ratio), bounds), gap]


def _hidden_on_card(shown: Shown, dimension: DimensionInfo, name: str) -> str:
    if (dimension.name, name) in shown.silent:
        return "hidden: no reference words"
    fewest = shown.results.plan.thresholds.card_min_speakers
    return (
        f"hidden: fewer than {fewest} known speakers with reference words and a transcript, "
        "or the next smallest group beside such a one"
    )
