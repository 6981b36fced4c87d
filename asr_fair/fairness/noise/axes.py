"""Which columns make a curve: one noise at several levels, and nothing else that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asr_fair.fairness.counting.slices import Cell, Column, Slice
from asr_fair.fairness.noise.curves import FEWEST_POINTS
from asr_fair.fairness.results import ConditionInfo
from asr_fair.records import Decibels


@dataclass(frozen=True, slots=True)
class Axis:
    """One noise in one room through one handset, for one system and normaliser, over the SNR.

    Its column stands for all of them: the condition is named by room, noise and handset, without a level.
    """

    column: Column
    positions: Mapping[Decibels, int]
    """Place among the columns of each SNR in dB."""

    def curve(self, group: Slice) -> dict[Decibels, Cell]:
        """The group's cells by SNR."""
        return {snr_db: group.cells[position] for snr_db, position in self.positions.items()}

    def thinnest(self, group: Slice) -> Cell:
        """The group's cell with the fewest speakers, then words: no figure of the curve rests on more."""
        return min(self.curve(group).values(), key=lambda cell: (len(cell.speakers), cell.n_words))


def axis_name(condition: ConditionInfo) -> str:
    """Room, noise and handset without the level: what figures of a whole curve have for a condition."""
    return "+".join(filter(None, (condition.room, condition.profile, condition.handset)))


def snr_axes(columns: Sequence[Column], conditions: Sequence[ConditionInfo]) -> list[Axis]:
    """All axes with at least two SNRs, in the order of the columns; clean speech is on none."""
    known = {condition.name: condition for condition in conditions}
    found: dict[Column, dict[Decibels, int]] = {}
    for position, column in enumerate(columns):
        condition = known.get(column.condition)
        if condition is None or condition.profile is None or condition.snr_db is None:
            continue
        axis = column._replace(condition=axis_name(condition))
        found.setdefault(axis, {})[condition.snr_db] = position
    return [Axis(axis, levels) for axis, levels in found.items() if len(levels) >= FEWEST_POINTS]
