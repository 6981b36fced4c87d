"""All conditions of a run in one table, before each is told by itself."""

from __future__ import annotations

from asr_fair.fairness.results import ConditionInfo, DimensionInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import (
    WER,
    everyone_key,
    figure_cell,
    group_info,
    groups_with_rates,
    headline_key,
)
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown
from asr_fair.report.settings import noise_title, settings_of, subject_words


def overview_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """WER of every shown group under every condition; None with one condition or no group to show."""
    groups = groups_with_rates(shown, dimension)
    if len(shown.results.conditions) < 2 or not groups:
        return None
    settings = settings_of(shown.results.conditions)
    blocks = [
        Block(
            setting.title,
            [
                Row(noise_title(condition), _cells(shown, dimension, groups, condition, system))
                for condition in setting.conditions
            ],
        )
        for setting in settings
    ]
    columns = (
        Column("Condition", is_number=False),
        *([Column("Everyone")] if shown.has_rates(OVERALL, EVERYONE) else []),
        *(Column(_heading(dimension, group)) for group in groups),
    )
    return Table(
        "WER under every condition",
        columns,
        blocks,
        notes=[
            _note(
                shown,
                by_setting=len(settings) > 1,
                has_hidden=len(groups) < len(shown.visibility[dimension.name]),
            )
        ],
        subject=subject_words(dimension, system),
        block_title="Room and handset",
    )


def _cells(
    shown: Shown, dimension: DimensionInfo, groups: list[str], condition: ConditionInfo, system: str
) -> list[TableCell]:
    keys = [headline_key(shown, dimension, group, condition.name, system) for group in groups]
    if shown.has_rates(OVERALL, EVERYONE):
        keys.insert(0, everyone_key(shown, condition.name, system))
    return [figure_cell(shown.figure(key, WER), wording.percent, wording.percent_number) for key in keys]


def _heading(dimension: DimensionInfo, group: str) -> str:
    info = group_info(dimension, group)
    if info is None or info.n_heard is None:
        return group
    return f"{group} ({wording.count(info.n_heard)} speakers)"


def _note(shown: Shown, *, by_setting: bool, has_hidden: bool) -> str:
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    where = "below, by room and handset" if by_setting else "below"
    note = f"Brackets: {confidence} interval of each figure by itself. Ratios, gaps and verdicts: {where}."
    return f"{note} Groups whose rates are hidden have no column." if has_hidden else note
