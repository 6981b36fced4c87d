"""What noise does to a group, and whether it does more to it than to another (methods section 6).

The same people are heard in clean and in noise, so each is left out of both at once (paired). Both rates are
those of the tables: an utterance lost under one condition only still counts under the other.
"""

from __future__ import annotations

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Contrast, Term, contrast


def noise_ratio(noisy: Cell, clean: Cell) -> Contrast:
    """W_g(c) / W_g(clean), interval on the log."""
    return contrast([[Term(+1, noisy), Term(-1, clean)]], LOG)


def noise_gap(noisy: Cell, clean: Cell) -> Contrast:
    """W_g(c) − W_g(clean) as a fraction of words."""
    return contrast([[Term(+1, noisy), Term(-1, clean)]], LINEAR)


def difference_in_differences(noisy: Cell, clean: Cell, other_noisy: Cell, other_clean: Cell) -> Contrast:
    """[W_g(c) − W_g(clean)] − [W_r(c) − W_r(clean)] as a fraction of words."""
    group = [Term(+1, noisy), Term(-1, clean)]
    other = [Term(-1, other_noisy), Term(+1, other_clean)]
    return contrast([group, other], LINEAR)
