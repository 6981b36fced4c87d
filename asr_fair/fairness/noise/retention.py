"""Two more scales for what noise does to one group beyond another.

In points (`robustness.difference_in_differences`), as a ratio of ratios, and as retention of word accuracy
one and the same change can point in different directions; no claim may rest on one of them (methods
section 6). Accuracy is 1 − W, so that insertions count against it.
"""

from __future__ import annotations

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LOG, LOG_ACCURACY, Contrast, Term, contrast


def ratio_of_ratios(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> Contrast:
    """[W_g(c) / W_g(clean)] / [W_r(c) / W_r(clean)], interval on the log; above 1: a larger factor for g."""
    return contrast(_sides(noisy, clean, other_noisy, other_clean), LOG)


def retention(noisy: Cell, clean: Cell) -> Contrast:
    """(1 − W_g(c)) / (1 − W_g(clean)): how much of its word accuracy a group keeps, interval on the log."""
    return contrast([[Term(+1, noisy), Term(-1, clean)]], LOG_ACCURACY)


def relative_retention(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> Contrast:
    """Retention of one group over that of another, interval on the log; below 1: g keeps less."""
    return contrast(_sides(noisy, clean, other_noisy, other_clean), LOG_ACCURACY)


def _sides(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> list[list[Term]]:
    return [[Term(+1, noisy), Term(-1, clean)], [Term(-1, other_noisy), Term(+1, other_clean)]]
