"""Tables of many measures of each group, without the columns that have nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import (
    everyone_key,
    everyone_or,
    figure_cell,
    groups_with_rates,
    headline_key,
)
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import Setting, subject_words

CellMaker: TypeAlias = Callable[[Shown, CellKey], TableCell]


@dataclass(frozen=True, slots=True)
class MeasureColumn:
    """A column about `measure`; `note` explains it below the table."""

    title: str
    measure: str
    cell: CellMaker
    note: str = ""

    def exists(self, shown: Shown, keys: Sequence[CellKey]) -> bool:
        """Whether it was computed at all: results of older versions lack some measures."""
        return any(shown.figure(key, self.measure) for key in keys)

    def has_something(self, shown: Shown, keys: Sequence[CellKey]) -> bool:
        """Whether any of these cells has more than zero of it."""
        figures = (shown.figure(key, self.measure) for key in keys)
        return any(figure is not None and bool(figure.value) for figure in figures)


def measures_table(
    shown: Shown,
    dimension: DimensionInfo,
    system: str,
    setting: Setting,
    *,
    what: str,
    fixed: Sequence[MeasureColumn],
    optional: Sequence[MeasureColumn],
) -> Table | None:
    """A block for each condition, everyone first; None without a group or an optional column to show."""
    groups = groups_with_rates(shown, dimension)
    keys = {
        condition: [
            *([everyone_key(shown, condition.name, system)] if shown.has_rates(OVERALL, EVERYONE) else []),
            *(headline_key(shown, dimension, name, condition.name, system) for name in groups),
        ]
        for condition in setting.conditions
    }
    everywhere = [key for of_condition in keys.values() for key in of_condition]
    found = [column for column in optional if column.has_something(shown, everywhere)]
    if not groups or not found:
        return None
    columns = [*(column for column in fixed if column.exists(shown, everywhere)), *found]
    blocks = [
        Block(
            condition.title,
            [
                Row(
                    everyone_or(key.group),
                    [column.cell(shown, key) for column in columns],
                    asks=utterances_of(shown.results, dimension, key),
                )
                for key in of_condition
            ],
        )
        for condition, of_condition in keys.items()
    ]
    return Table(
        what,
        (Column("Group", is_number=False), *(Column(column.title) for column in columns)),
        blocks,
        [column.note for column in columns if column.note],
        subject_words(dimension, system, setting),
    )


def number(measure: str, value: wording.Formatter, bound: wording.Formatter | None = None) -> CellMaker:
    """Makes cells of a figure, with its interval where `bound` writes it."""
    return lambda shown, key: figure_cell(shown.figure(key, measure), value, bound)
