"""The normaliser as a factor: what another one does to a group's WER, and to its gap to another group.

The same transcripts are counted under both, so each speaker is left out of both at once (paired). Rules that
help one group's words more than another's move the gap between them (methods section 1).
"""

from __future__ import annotations

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, Contrast, Term, contrast
from asr_fair.fairness.noise.robustness import difference_in_differences


def normaliser_shift(under: Cell, headline: Cell) -> Contrast:
    """W_g(n) − W_g(headline) as a fraction of words; ×100 is points."""
    return contrast([[Term(+1, under), Term(-1, headline)]], LINEAR)


def normaliser_shift_difference(
    under: Cell, headline: Cell, other_under: Cell, other_headline: Cell
) -> Contrast:
    """[W_g(n) − W_g(headline)] − [W_r(n) − W_r(headline)]: how far the normaliser moves the gap of g to r."""
    return difference_in_differences(under, headline, other_under, other_headline)
