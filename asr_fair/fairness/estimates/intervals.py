"""From an estimate to an interval; and what can be said where no error was seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import stdtrit

from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Estimate, effective_speakers
from asr_fair.fairness.results import Status

NO_ERRORS_METHOD = "gamma-poisson-upper"


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its bounds, how they were made, and why they are missing where they are.

    `censored_at`: where a value is beyond what was heard, what it is known to lie below or above.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    status: Status = Status.OK
    censored_at: float | None = None


def t_bounds(
    estimate: Estimate, confidence: float, back: Callable[[float], float]
) -> tuple[float, float] | None:
    """back(θ ± t_{df} · SE) at `confidence` (0 to 1); None where a bound is too large for a number."""
    reach = float(stdtrit(estimate.df, (1.0 + confidence) / 2.0)) * estimate.se
    return bounds_around(estimate.theta, reach, back)


def bounds_around(theta: float, reach: float, back: Callable[[float], float]) -> tuple[float, float] | None:
    """back(θ ± reach); None where a bound is too large for a number."""
    try:
        low, high = back(theta - reach), back(theta + reach)
    except OverflowError:
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def no_errors_upper(words: Integers, confidence: float) -> float:
    """One-sided upper bound of a word error rate where K speakers made no error, words of shape (K,).

    The rate W at which no error at all would have had probability 1 − confidence. With Poisson errors at
    one common rate that is exp(−W·N), the "rule of three": 3.0/N. But speakers differ; with their rates
    spread like an exponential distribution (coefficient of variation 1, above the .95 of the heaviest
    spread in methods section 2, σ_u = .8) n equal speakers give (1 + W·N/n)^(−n), hence

        W = (n/N) · ((1 − confidence)^(−1/n) − 1),   n = effective speakers.

    This is 4.1/N at n = 5, 3.5/N at 10 and goes to 3.0/N. Bursts of errors within one speaker would
    need more, and where nothing was seen nothing is known of them (ours).
    """
    n = effective_speakers(words)
    return float(n / words.sum() * math.expm1(-math.log1p(-confidence) / n))
