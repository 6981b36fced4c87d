"""Gaps within levels of another dimension: as they are, with the same mix of levels, and level by level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from asr_fair.fairness.results import ConditionInfo, Control, DimensionInfo, Standardised
from asr_fair.report import wording
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import (
    COUNT_COLUMNS,
    GAP,
    NO_FIGURE,
    RATIO,
    WER,
    count_cells,
    figure_cell,
    groups_with_rates,
    headline_key,
    other_side,
    too_few_words,
    verdict_cell,
)
from asr_fair.report.comparisons import comparison_cells, comparison_columns, comparison_note
from asr_fair.report.model import Block, Column, ControlSection, ControlSystem, Row, Table, TableCell
from asr_fair.report.outcomes import compared_groups
from asr_fair.report.redact import CellKey, Shown

Record: TypeAlias = dict[str, str | int | float | None]

WITHIN_COLUMNS = (
    "dimension",
    "within",
    "group",
    "versus",
    "condition",
    "system",
    "normaliser",
    "measure",
    "as_it_is",
    "value",
    "low",
    "high",
    "method",
    "status",
    "levels",
    "n_speakers",
    "n_words",
    "n_words_left_out",
)


def control_section(shown: Shown, control: Control, number: int) -> ControlSection:
    """One dimension within the levels of another: a pair of tables for each system."""
    dimension, mix = dimension_of(shown, control.dimension), dimension_of(shown, control.within).title
    return ControlSection(
        anchor=f"within-{number}",
        title=control.title,
        words=[
            f"Where the groups of {dimension.title} differ in {mix}, a gap between them may be one of {mix}. "
            f"“Same mix”: the gap if both sides had the words of either in the same shares over the levels "
            f"of {mix}. Who declined or is unknown in either has no part.",
            "Not every difference that is left is one of "
            f"{dimension.title}, and holding one thing alike may hide what it stands for.",
        ],
        systems=[
            ControlSystem(
                title=system.name,
                mixes=_mixes_table(shown, control, dimension, system.name),
                levels=_levels_table(shown, control, system.name),
            )
            for system in shown.results.systems
        ],
    )


def within_records(shown: Shown) -> Iterator[Record]:
    """The standardised figures that may be shown, each beside the figure as it is."""
    for (key, _, measure), one in shown.standardised.items():
        record: Record = one.model_dump(include=set(WITHIN_COLUMNS) - {"levels"})
        plain = shown.figure(key, measure, one.versus)
        yield record | {"levels": "; ".join(one.levels), "as_it_is": plain.value if plain else None}


def dimension_of(shown: Shown, name: str) -> DimensionInfo:
    """A dimension by its name."""
    return next(dimension for dimension in shown.results.dimensions if dimension.name == name)


def _mixes_table(shown: Shown, control: Control, dimension: DimensionInfo, system: str) -> Table | None:
    """Each gap as it is, beside that with the same mix of levels; None where no group is compared."""
    names = compared_groups(shown, dimension)
    if not names:
        return None
    columns = (
        Column("Group", is_number=False),
        Column("Ratio as it is"),
        Column("Ratio, same mix"),
        Column("Gap as it is"),
        Column("Gap, same mix"),
        Column("Of their words"),
        Column("Levels", is_number=False),
    )
    blocks = [
        Block(
            condition.title,
            [
                Row(name, _mix_cells(shown, control, dimension, name, condition.name, system))
                for name in names
            ],
        )
        for condition in shown.results.conditions
    ]
    fewest = shown.results.plan.thresholds.min_speakers_shown
    return Table(
        f"{control.title}: gaps as they are and with the same mix, {system}",
        columns,
        blocks,
        notes=[
            f"Compared with {wording.versus_words(other_side(dimension))}. Brackets: interval of each figure "
            "by itself. Same mix: rates of both sides averaged over the levels with the same weights, their "
            f"words together; over levels with at least {fewest} speakers on both sides, which hold so much "
            "of their words."
        ],
    )


def _mix_cells(
    shown: Shown, control: Control, dimension: DimensionInfo, name: str, condition: str, system: str
) -> list[TableCell]:
    key = headline_key(shown, dimension, name, condition, system)
    versus = other_side(dimension)
    cells = []
    for measure, value, bound in (
        (RATIO, wording.ratio, wording.ratio_number),
        (GAP, wording.points, wording.points_number),
    ):
        one = standardised(shown, key, control.within, measure)
        cells += [figure_cell(shown.figure(key, measure, versus), value, bound), _cell(one, value, bound)]
    share = None if one is None else _share(one)
    if one is None or share is None:
        return [*cells, TableCell(""), TableCell("too few speakers in every level")]
    return [*cells, TableCell(wording.percent(share)), TableCell(", ".join(one.levels))]


def standardised(shown: Shown, key: CellKey, within: str, measure: str) -> Standardised | None:
    """A figure with the same mix of levels; None where it rests on none or may not be shown."""
    found = shown.standardised.get((key, within, measure))
    return found if found is not None and found.levels else None


def _share(one: Standardised) -> float | None:
    """The part of both sides' words that a figure rests on."""
    whole = one.n_words + one.n_words_left_out
    return one.n_words / whole if whole else None


def _cell(one: Standardised | None, value: wording.Formatter, bound: wording.Formatter) -> TableCell:
    if one is None:
        return NO_FIGURE
    if one.value is None:
        return TableCell(wording.STATUS_WORDS[one.status] or wording.NOT_COMPUTED)
    return TableCell(
        value(one.value), wording.interval(one.low, one.high, bound) or wording.STATUS_WORDS[one.status]
    )


def _levels_table(shown: Shown, control: Control, system: str) -> Table | None:
    """Rates, comparison and verdict of each group in each level, a block for each level and condition.

    None where no level has a group to show.
    """
    columns = (
        Column("Group", is_number=False),
        *COUNT_COLUMNS,
        Column("WER"),
        *comparison_columns(shown),
        Column("Verdict", is_number=False),
    )
    has_many = len(shown.results.conditions) > 1
    blocks = [
        Block(
            f"{level.level}: {condition.title}" if has_many else level.level,
            _level_rows(shown, level.cells, condition, system),
        )
        for level in control.levels
        if groups_with_rates(shown, level.cells)
        for condition in shown.results.conditions
    ]
    if not blocks:
        return None
    told = ((level.level, too_few_words(shown, level.cells)) for level in control.levels)
    return Table(
        f"{control.title}: each level, {system}",
        columns,
        blocks,
        notes=[
            comparison_note(shown),
            "Verdicts of all levels and conditions are one family, of groups with enough speakers and words "
            "for a verdict.",
            *(f"{level}: {others}." for level, others in told if others),
        ],
        block_title="Level",
    )


def _level_rows(shown: Shown, cells: DimensionInfo, condition: ConditionInfo, system: str) -> list[Row]:
    rows = []
    for name in groups_with_rates(shown, cells):
        key = headline_key(shown, cells, name, condition.name, system)
        rate = shown.figure(key, WER)
        rows.append(
            Row(
                name,
                [
                    *count_cells(rate),
                    figure_cell(rate, wording.percent, wording.percent_number),
                    *comparison_cells(shown, key, cells),
                    verdict_cell(shown, key, cells),
                ],
                asks=utterances_of(shown.results, cells, key),
            )
        )
    return rows
