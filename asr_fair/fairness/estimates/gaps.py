"""How far one group is from another: as a ratio and in points, which can move in opposite directions."""

from __future__ import annotations

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Contrast, Term, contrast


def wer_ratio(group: Cell, other: Cell) -> Contrast:
    """W_g / W_r, interval on the log (methods section 3)."""
    return contrast(both_sides(group, other), LOG)


def wer_gap(group: Cell, other: Cell) -> Contrast:
    """W_g − W_r as a fraction of words; ×100 is points (methods section 3)."""
    return contrast(both_sides(group, other), LINEAR)


def both_sides(group: Cell, other: Cell) -> list[list[Term]]:
    """The sides of both: what a contrast, and a family of them, is made from."""
    return [[Term(+1, group)], [Term(-1, other)]]
