"""How much noise a group can bear: the lowest SNR at which its word error rate stays within a limit.

The rate is fitted as never rising with SNR (weighted isotonic regression), joined by straight lines, and read
off at the limit w* (methods section 6). Where the limit lies outside the SNRs heard, all that is known is
"< min" or "> max", an interval without an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.records import Decibels


class Tolerances(NamedTuple):
    """Bounds in dB between which each tolerance lies, shape (...); equal where it was read off the curve.

    −∞ to the lowest SNR: the limit is kept even there. Highest SNR to ∞: it is not kept anywhere.
    −∞ to ∞: nothing is known, as where a draw holds none of the group's words.
    """

    low: Reals
    high: Reals


def falling_fit(errors: Integers | Reals, words: Integers | Reals) -> Reals:
    """The rates nearest to errors/words that never rise, weighted by words, shape (..., n_snr).

    fit_j = min_{a≤j} max_{b≥j} Σ_a^b e / Σ_a^b N (Robertson, Wright & Dykstra 1988): the same as pooling
    adjacent violators, for all draws at once. NaN for the whole curve where an SNR has no words.
    """
    n_snr = errors.shape[-1]
    total_errors, total_words = errors.cumsum(axis=-1), words.cumsum(axis=-1)
    fit = np.full(errors.shape, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for first in range(n_snr):
            before = (..., slice(first, first + 1))
            run_errors = (total_errors - total_errors[before] + errors[before])[..., first:]
            run_words = (total_words - total_words[before] + words[before])[..., first:]
            highest = np.maximum.accumulate((run_errors / run_words)[..., ::-1], axis=-1)[..., ::-1]
            fit[..., first:] = np.minimum(fit[..., first:], highest)
    fit[~(words > 0).all(axis=-1)] = np.nan
    return fit


def tolerances(
    errors: Integers | Reals, words: Integers | Reals, snr_db: Sequence[Decibels] | Reals, limit: float
) -> Tolerances:
    """T(w*) of each curve.

    Parameters
    ----------
    errors, words
        Whole numbers of one group at each SNR, shape (..., n_snr): (n_snr,) for what was measured,
        (n_draws, n_snr) for a bootstrap that draws speakers once for the whole curve.
    snr_db
        Ascending, shape (n_snr,).
    limit
        w*, the highest word error rate that will do, as a fraction.
    """
    at = np.asarray(snr_db, float)
    fit = falling_fit(errors, words)
    kept = fit <= limit
    # The first point within the limit and the one before it; a single point has no crossing.
    right = np.maximum(kept.argmax(axis=-1), min(1, len(at) - 1))[..., None]
    upper = np.take_along_axis(fit, right - 1, axis=-1)[..., 0]
    lower = np.take_along_axis(fit, right, axis=-1)[..., 0]
    start, end = at[right[..., 0] - 1], at[right[..., 0]]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = start + (upper - limit) / (upper - lower) * (end - start)
    everywhere, nowhere, unknown = kept[..., 0], ~kept[..., -1], np.isnan(fit[..., 0])
    low = np.where(everywhere | unknown, -np.inf, np.where(nowhere, at[-1], crossing))
    high = np.where(unknown | (nowhere & ~everywhere), np.inf, np.where(everywhere, at[0], crossing))
    return Tolerances(low, high)


def cleaner_by(group: Tolerances, other: Tolerances) -> Tolerances:
    """T_g − T_r in dB, draw by draw: how much cleaner the audio must be for one group than for another."""
    return Tolerances(group.low - other.high, group.high - other.low)
