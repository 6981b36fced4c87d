"""What conditions take from each group against clean speech: points first, then the other scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import ConditionInfo, DimensionInfo, Figure
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.cells import (
    EXCESS_NOISE_GAP,
    NOISE_GAP,
    NOISE_RATIO,
    RATIO_OF_RATIOS,
    RELATIVE_RETENTION,
    RETENTION,
    WER,
    figure_cell,
    groups_with_rates,
    headline_key,
    is_compared,
    other_side,
)
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.outcomes import compared_groups
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import NO_NOISE, Setting, noise_title, settings_of, subject_words


def excess_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """What each condition takes from each group beyond what it takes from the other side, in points."""
    versus = other_side(dimension)
    keys = {
        group: headline_key(shown, dimension, group, CLEAN, system)
        for group in compared_groups(shown, dimension)
    }

    def figure(group: str, condition: ConditionInfo) -> Figure | None:
        return shown.figure(keys[group]._replace(condition=condition.name), EXCESS_NOISE_GAP, versus)

    told = [
        (setting, [one for one in setting.conditions if any(figure(group, one) for group in keys)])
        for setting in settings_of(shown.results.conditions)
    ]
    conditions = [one for _, own in told for one in own]
    if not conditions:
        return None
    other = wording.versus_words(versus)
    notes = [
        "Points of WER that a group loses under a condition (room, noise and handset together) against clean "
        f"speech, less what {other} lost, on the same recordings. Above 0: more is taken from the group "
        f"named. Brackets: {_confidence(shown)} interval of each figure by itself. What is a difference in "
        "points may be none in proportion: where scales disagree, a sentence below says so."
    ]
    if any(len(own) > 1 and noise_title(own[0]) == NO_NOISE for _, own in told):
        notes.append(
            "Points add up: what a noise takes within a room or through a handset is its figure less that of "
            f"“{NO_NOISE}” there."
        )
    columns = (
        Column("Group", is_number=False),
        *(Column(noise_title(one), over=setting.title) for setting, own in told for one in own),
    )
    rows = [
        Row(
            group,
            [
                figure_cell(figure(group, one), wording.points_number, wording.points_number)
                for one in conditions
            ],
        )
        for group in keys
    ]
    return Table(
        f"Points lost beyond {other}", columns, [Block("", rows)], notes, subject_words(dimension, system)
    )


def against_clean_table(
    shown: Shown, dimension: DimensionInfo, system: str, setting: Setting
) -> Table | None:
    """What each group loses against clean speech in points; None where no such figure was computed."""
    other = wording.versus_words(other_side(dimension))
    columns = (
        Column("Group", is_number=False),
        Column(f"Lost beyond {other}"),
        Column("Lost"),
        Column("WER, clean"),
        Column("WER, condition"),
    )
    notes = [
        "Lost: WER under the condition (room, noise and handset together) less WER in clean speech, in "
        "points, on the same recordings."
    ]
    caption = "What each group loses against clean speech"
    return _table(shown, dimension, system, setting, caption, columns, notes, _points_cells)


def scales_table(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> Table | None:
    """The same in proportion and as words kept; None where no such figure was computed."""
    other = wording.versus_words(other_side(dimension))
    columns = (
        Column("Group", is_number=False),
        Column(f"In proportion, to {other}"),
        Column("WER, condition ÷ clean"),
        Column(f"Words kept, to {other}"),
        Column("Words kept"),
    )
    notes = [
        f"In proportion: condition ÷ clean of the group over that of {other}; above 1, its WER grew more. "
        "Words kept: word accuracy (1 − WER) under the condition over that in clean speech; beside it, over "
        f"that of {other}: below 1, the group keeps less. Brackets: {_confidence(shown)} interval of each "
        "figure by itself."
    ]
    caption = "The same on two other scales"
    return _table(shown, dimension, system, setting, caption, columns, notes, _scale_cells)


def _table(
    shown: Shown,
    dimension: DimensionInfo,
    system: str,
    setting: Setting,
    caption: str,
    columns: Sequence[Column],
    notes: Sequence[str],
    cells: Callable[[Shown, CellKey, DimensionInfo], list[TableCell]],
) -> Table | None:
    """A row for each group that has been heard in noise, a block for each condition."""
    blocks = []
    for condition in setting.conditions:
        keys = (
            headline_key(shown, dimension, name, condition.name, system)
            for name in groups_with_rates(shown, dimension)
        )
        rows = [
            Row(key.group, cells(shown, key, dimension), is_quiet=_is_indicative(shown, key))
            for key in keys
            if shown.figure(key, NOISE_GAP)
        ]
        if rows:
            blocks.append(Block(condition.title, rows))
    subject = subject_words(dimension, system, setting)
    return Table(caption, columns, blocks, notes, subject) if blocks else None


def _points_cells(shown: Shown, key: CellKey, dimension: DimensionInfo) -> list[TableCell]:
    return [
        _beyond(shown, key, dimension, EXCESS_NOISE_GAP, wording.points, wording.points_number),
        figure_cell(shown.figure(key, NOISE_GAP), wording.points, wording.points_number),
        figure_cell(shown.figure(key._replace(condition=CLEAN), WER), wording.percent),
        figure_cell(shown.figure(key, WER), wording.percent),
    ]


def _scale_cells(shown: Shown, key: CellKey, dimension: DimensionInfo) -> list[TableCell]:
    return [
        _beyond(shown, key, dimension, RATIO_OF_RATIOS, wording.ratio, wording.ratio_number),
        figure_cell(shown.figure(key, NOISE_RATIO), wording.ratio, wording.ratio_number),
        _beyond(shown, key, dimension, RELATIVE_RETENTION, wording.ratio, wording.ratio_number),
        figure_cell(shown.figure(key, RETENTION), wording.percent, wording.percent_number),
    ]


def _beyond(
    shown: Shown,
    key: CellKey,
    dimension: DimensionInfo,
    measure: str,
    value: wording.Formatter,
    bound: wording.Formatter,
) -> TableCell:
    """A figure against the other side; empty for a group that is not compared."""
    if not is_compared(dimension, key.group):
        return TableCell("")
    return figure_cell(shown.figure(key, measure, other_side(dimension)), value, bound)


def _is_indicative(shown: Shown, key: CellKey) -> bool:
    return shown.visibility[key.dimension][key.group] is Visibility.INDICATIVE


def _confidence(shown: Shown) -> str:
    return f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
