"""One figure for a whole curve of word error rates over signal-to-noise ratios."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, Contrast, Term, contrast
from asr_fair.fairness.results import Status
from asr_fair.records import Decibels

FEWEST_POINTS = 2


def area_under_curve(curve: Mapping[Decibels, Cell]) -> Contrast:
    """Area under W over the SNR in dB (trapezia), divided by the range: the mean rate along the axis.

    `curve`: one group's cells by SNR, all else alike; clean speech has no place on the axis. The area is a
    weighted sum of rates, so it has the jackknife interval of any contrast. No comparison below two SNRs.
    """
    terms = _terms(curve, +1.0)
    return contrast([terms], LINEAR) if terms else Contrast(None, Status.NO_COMPARISON, LINEAR)


def area_difference(curve: Mapping[Decibels, Cell], other: Mapping[Decibels, Cell]) -> Contrast:
    """The area under one group's curve less that under another's, at the SNRs that both have."""
    common = curve.keys() & other.keys()
    own = _terms({snr_db: curve[snr_db] for snr_db in common}, +1.0)
    across = _terms({snr_db: other[snr_db] for snr_db in common}, -1.0)
    return contrast([own, across], LINEAR) if own else Contrast(None, Status.NO_COMPARISON, LINEAR)


def _terms(curve: Mapping[Decibels, Cell], sign: float) -> list[Term]:
    """Cells with the weights of the trapezoidal rule, which add up to `sign`; none below two SNRs."""
    at = sorted(curve)
    if len(at) < FEWEST_POINTS:
        return []
    halves = [(right - left) / 2.0 / (at[-1] - at[0]) for left, right in pairwise(at)]
    weights = [before + after for before, after in zip([0.0, *halves], [*halves, 0.0], strict=True)]
    return [Term(sign * weight, curve[snr_db]) for snr_db, weight in zip(at, weights, strict=True)]
