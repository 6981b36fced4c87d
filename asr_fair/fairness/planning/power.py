"""What a comparison of two groups could show, before a word is transcribed, and how many people it needs.

The forecast is of what the analysis does later: whether the simultaneous t interval of ln(W_g/W_r) over
speakers excludes 0, and whether the 90 % interval lies in the margins. (Many speakers may show both: a small
difference, which is called equivalent.)

Model (methods section 5): speaker s makes errors with mean N_s·W·u_s and variance φ times that, ln u_s normal
with spread σ. Then

    Var ln W_g = s(n_g) + φ/(W_g·ΣN),   n_g = (ΣN)²/ΣN² effective speakers.

To first order s(n) = (e^{σ²} − 1)/n, and Var ln W_g is v/n_g with the v of methods section 5:
v = (e^{σ²} − 1) + φ/(m·μ·(1 + cv²)), as ΣN = K·m and n_g ≈ K/(1 + cv²). But the mean of skewed rates varies
less in its logarithm: at σ = .8 and ten speakers v/n_g makes the standard error 12 % too large and realises
.85 to .88 of a promised .80 (six pairs of sizes, families of 1 and 6). So s is of second order
(`Assumptions.log_mean_variance`), which realises .79 to .85 there, and .78 to .81 at σ ≤ .4
(`make calibrate`). What is left above .80: the intervals of few heavy speakers are a little too narrow.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr, stdtrit

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.jackknife import LEAST_DF, Reals, effective_speakers
from asr_fair.fairness.resampling.multiplicity import Simultaneous, simultaneous_confidence

POWER = 0.8
"""Chance of the verdict that is promised; .80 is the custom (Cohen 1988)."""

LARGEST_RATIO = 10.0
"""No ratio beyond this is promised: it would be a recogniser that does not work at all for one group."""

MOST_SPEAKERS = 5_000
"""Nobody records more for one group; a need beyond this is reported as none that could be met."""

_NODES = 200


@dataclass(frozen=True)
class Assumptions:
    """What a forecast takes for granted; printed beside every figure made with it.

    The defaults are the medium setting of methods section 2, and judgement: an earlier run knows better.
    """

    wer: float = 0.15
    """Word error rate of the side that a group is compared with."""
    speaker_sigma: float = 0.4
    """Spread of ln(rate) between the speakers of one group."""
    dispersion: float = 3.0
    """Variance of a speaker's errors over their mean; 1 would be Poisson."""
    shared_correlation: float = 0.5
    """How alike one speaker's effect is in two groups, for tags that vary within a speaker."""
    source: str = "defaults of asr-fair"

    @property
    def speaker_variance(self) -> float:
        """Relative variance between speakers, e^{σ²} − 1."""
        return math.expm1(self.speaker_sigma**2)

    def log_mean_variance(self, n: float) -> float:
        """Variance of the logarithm of the mean rate of `n` equal speakers, n ≥ 1.

        With v = e^{σ²} − 1 and the third cumulant v²(v + 3) of a lognormal rate of mean 1, the delta method
        gives v/n − b·v/n² + O(n⁻³), b = v(v + ½); for one speaker it is σ². The simplest fraction that is
        right at both ends (ours; within 3 % of simulations for n ≥ 2 and σ ≤ .8, within 7 % at σ = 1):

            (v/n)·(1 − 1/(v/(v − σ²) + (n − 1)/b))
        """
        v, square = self.speaker_variance, self.speaker_sigma**2
        if v <= square:  # no spread, but for rounding
            return v / n
        return v / n * (1.0 - 1.0 / (v / (v - square) + (n - 1.0) / (v * (v + 0.5))))

    @property
    def balanced_words(self) -> float:
        """Words per speaker at which these tell as much about a speaker as the speaker tells about a group.

        φ/(μ(e^{σ²} − 1)): with fewer, more words of the same people help most; with more, only more people
        do. Infinite where speakers do not differ.
        """
        variance = self.speaker_variance
        return self.dispersion / (self.wer * variance) if variance > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: how many equal speakers its words are worth, and how many words."""

    n_effective: float
    n_words: float

    @classmethod
    def of(cls, cell: Cell) -> Side:
        """The side that this data has."""
        return cls(effective_speakers(cell.words), cell.n_words)

    @classmethod
    def expected(cls, n_speakers: float, words_per_speaker: float, cv: float) -> Side:
        """A side still to be recorded; cv: standard deviation over mean of words per speaker.

        E(ΣN)²/E ΣN² = (K + cv²)/(1 + cv²) effective speakers (methods section 5).
        """
        return cls((n_speakers + cv**2) / (1 + cv**2), n_speakers * words_per_speaker)


@dataclass(frozen=True, slots=True)
class Sample:
    """Two sides, and Σ_s (N_gs/N_g)(N_rs/N_r): 0 where no speaker is on both."""

    group: Side
    other: Side
    overlap: float = 0.0

    @classmethod
    def of(cls, group: Cell, other: Cell) -> Sample:
        """The comparison that this data has."""
        _, own, across = np.intersect1d(group.speakers, other.speakers, return_indices=True)
        shared = float(group.words[own] @ other.words[across])
        return cls(Side.of(group), Side.of(other), shared / max(group.n_words * other.n_words, 1))

    def times(self, factor: float) -> Sample:
        """`factor` times as many speakers of the same kind on both sides."""
        group, other = (
            Side(side.n_effective * factor, side.n_words * factor) for side in (self.group, self.other)
        )
        return Sample(group, other, self.overlap / factor)


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Powers under fixed assumptions; `family_size` comparisons are declared together."""

    assumptions: Assumptions
    confidence: float = 0.95
    family_size: int = 1

    def log_error(self, sample: Sample, ratio: float) -> tuple[float, float] | None:
        """Standard error of ln(W_g/W_r) and its degrees of freedom where the truth is `ratio`; or None.

        SE² = V_g + V_r − 2ρ·√(n_g s(n_g)·n_r s(n_r))·overlap. Without shared speakers Welch's df
        (V_g + V_r)²/(V_g²/(n_g−1) + V_r²/(n_r−1)), which is 2(n − 1) for equal sides. With shared ones the
        smaller n less one: exact where all are shared, else too small by at most the factor of Welch's
        (ours). None without words or with too few effective speakers for an interval.
        """
        group, other, given = sample.group, sample.other, self.assumptions
        if min(group.n_words, other.n_words) <= 0 or min(group.n_effective, other.n_effective) <= 1:
            return None
        own = self._log_variance(group, given.wer * ratio)
        across = self._log_variance(other, given.wer)
        if sample.overlap > 0:
            of_one = math.prod(n * given.log_mean_variance(n) for n in (group.n_effective, other.n_effective))
            common = 2 * given.shared_correlation * math.sqrt(of_one) * sample.overlap
            variance, df = own + across - common, min(group.n_effective, other.n_effective) - 1
        else:
            variance = own + across
            unsure = own**2 / (group.n_effective - 1) + across**2 / (other.n_effective - 1)
            df = variance**2 / unsure
        return (math.sqrt(variance), df) if df >= LEAST_DF else None

    def disparity_power(self, sample: Sample, ratio: float) -> float:
        """Chance that the simultaneous interval excludes 1 where the truth is `ratio`.

        P(|T| > c), T noncentral t with δ = ln(ratio)/SE, c the t quantile of the family's confidence.
        """
        error = self.log_error(sample, ratio)
        if error is None:
            return 0.0
        se, df = error
        together = simultaneous_confidence(self.confidence, self.family_size)
        reach, shift = float(stdtrit(df, (1 + together) / 2)), math.log(ratio) / se
        return _mean_over_errors(lambda size: ndtr(shift - reach * size) + ndtr(-shift - reach * size), df)

    def equivalence_power(self, sample: Sample, margin: float, ratio: float = 1.0) -> float:
        """Chance that the 1 − 2α interval lies inside (1/margin, margin) where the truth is `ratio`.

        Two one-sided t tests (Schuirmann 1987), both with the same estimated error: Owen's Q, integrated.
        """
        error = self.log_error(sample, ratio)
        if error is None:
            return 0.0
        se, df = error
        reach, shift, room = float(stdtrit(df, self.confidence)), math.log(ratio) / se, math.log(margin) / se

        def inside(size: Reals) -> Reals:
            within: Reals = ndtr(room - shift - reach * size) - ndtr(reach * size - room - shift)
            return np.maximum(within, 0.0)

        return _mean_over_errors(inside, df)

    def smallest_ratio(self, sample: Sample, power: float = POWER) -> float | None:
        """Smallest W_g/W_r above 1 that is found with `power`; None if that is above `LARGEST_RATIO`."""

        def missing(log_ratio: float) -> float:
            return self.disparity_power(sample, math.exp(log_ratio)) - power

        most = math.log(LARGEST_RATIO)
        return math.exp(brentq(missing, 0.0, most, xtol=1e-6)) if missing(most) > 0 else None

    def _log_variance(self, side: Side, wer: float) -> float:
        given = self.assumptions
        return given.log_mean_variance(side.n_effective) + given.dispersion / (wer * side.n_words)


def smallest_ratio_seen(interval: Simultaneous, power: float = POWER) -> float | None:
    """True ratio above 1 from which on data like this shows a disparity with `power`; None without interval.

    exp(δ·SE) with P(|T| > c) = power, T noncentral t with δ, SE and df of this very interval and c what it
    reaches in units of SE. Its inverse is the largest ratio below 1 that is found so. Only the spread that
    was observed enters, never the ratio: this is not the power at the observed effect, which would say no
    more than the p-value. `Forecaster` would need a σ and a φ for every pair, estimated with more doubt than
    the standard error that the verdict itself rests on.
    """
    found = interval.contrast.estimate
    if found is None or interval.bounds is None:
        return None
    reach = (math.log(interval.bounds[1]) - found.theta) / found.se
    least = _shift_with(power, reach, found.df) * found.se
    return math.exp(least) if least < math.log(sys.float_info.max) else None


def _shift_with(power: float, reach: float, df: float) -> float:
    """δ with P(|T| > reach) = power for the noncentral t."""
    sizes, weights = _error_sizes(df)

    def missing(shift: float) -> float:
        found = ndtr(shift - reach * sizes) + ndtr(-shift - reach * sizes)
        return float(weights @ found) - power

    most = 2.0 * reach + 5.0  # where hardly an error is that large
    while missing(most) < 0:
        most *= 2.0
    return float(brentq(missing, 0.0, most, xtol=1e-6))


def speakers_needed(power_with: Callable[[int], float], least: int, power: float = POWER) -> int | None:
    """Fewest speakers, from `least` up, with whom `power_with` reaches `power`; None above MOST_SPEAKERS.

    `power_with` must not fall with more speakers.
    """
    low, high = least, MOST_SPEAKERS
    if high < low or power_with(high) < power:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power_with(middle) >= power else (middle + 1, high)
    return low


@cache
def _chances_and_weights() -> tuple[Reals, Reals]:
    """Gauss-Legendre nodes and weights on (0, 1), each of shape (_NODES,)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (1 + nodes) / 2, weights / 2


def _mean_over_errors(chance: Callable[[Reals], Reals], df: float) -> float:
    """Mean of `chance` of (estimated SE)/SE = √(χ²_df/df).

    A normal probability becomes a noncentral t's: scipy's own gives NaN for the few degrees of freedom and
    long reaches of large families.
    """
    sizes, weights = _error_sizes(df)
    return float(weights @ chance(sizes))


def _error_sizes(df: float) -> tuple[Reals, Reals]:
    """(estimated SE)/SE at the nodes, and their weights, each of shape (_NODES,)."""
    chances, weights = _chances_and_weights()
    return np.sqrt(chdtri(df, 1 - chances) / df), weights
