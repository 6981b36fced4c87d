"""How far one group is from another: as a ratio and in points, which can move in opposite directions."""

from __future__ import annotations

from asr_fair.fairness.contrasts import LINEAR, LOG, Contrast, Term, contrast
from asr_fair.fairness.slices import Cell


def wer_ratio(group: Cell, other: Cell) -> Contrast:
    """W_g / W_r, interval on the log (methods section 3)."""
    return contrast([[Term(+1, group)], [Term(-1, other)]], LOG)


def wer_gap(group: Cell, other: Cell) -> Contrast:
    """W_g − W_r as a fraction of words; ×100 is points (methods section 3)."""
    return contrast([[Term(+1, group)], [Term(-1, other)]], LINEAR)
