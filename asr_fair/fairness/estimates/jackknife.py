"""The delete-one-speaker jackknife of any function of speaker totals, with effective degrees of freedom.

Speakers, not utterances, are what was sampled: leaving one out leaves out all that this person said, under
every condition at once. Source: methods section 2 (simulated coverage there and in the tests).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.counting.alignment import in_line, speakers_of
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers

Reals: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Reals, Reals], Reals]
"""Errors and words, each of shape (n_cells, n), to a figure of shape (n,)."""

LEAST_SE = 1e-12
"""Below this, speakers do not differ but for rounding, and say nothing about people not heard."""

LEAST_DF = 1.0
"""Below this there are fewer than two effective speakers, and t quantiles run to astronomical values."""


class Design(StrEnum):
    """How the cells of a figure share speakers."""

    ONE_GROUP = "t"
    INDEPENDENT = "welch"
    SHARED = "union"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure on the scale where its error is about normal, with standard error and t's freedom."""

    theta: float
    se: float
    df: float
    design: Design


def effective_speakers(words: Integers | Reals) -> float:
    """(ΣN)² / ΣN²: how many speakers with equal shares weigh as much as these, words of shape (K,)."""
    shares = words / max(words.sum(), 1)
    return float(1.0 / np.square(shares).sum()) if shares.any() else 0.0


def jackknife(statistic: Statistic, sides: Sequence[Sequence[Cell]]) -> Estimate | None:
    """Estimate `statistic` over cells; None where the data holds no usable spread between speakers.

    Parameters
    ----------
    statistic
        Receives errors and words, each (n_cells, n), the cells of all sides in order.
    sides
        The cells of each group: one side (one group, perhaps under two conditions), two, or one for each
        stratum of speakers. Sides without a common speaker are independent:
        SE² = Σ_sides (K−1)/K Σ(θ_(k) − θ̄_side)². Otherwise all speakers are left out in turn (union):
        SE² = (K−1)/K Σ(θ_(k) − θ̄)².
    """
    cells = [cell for side in sides for cell in side]
    totals = np.array([[cell.n_errors, cell.n_words] for cell in cells], np.float64).T[..., None]
    design = _design(sides)
    blocks = [cells] if design is Design.SHARED else sides
    first, parts = 0, list[_Part]()
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = float(statistic(*totals)[0])
        for block in blocks:
            own = slice(first, first := first + len(block))
            counts = in_line(block, speakers_of(block))
            shares = _variance_shares(_left_out(statistic, totals, own, counts))
            parts += (
                _parts_of_union(shares, sides) if design is Design.SHARED else [_whole(shares, counts[1])]
            )
    variance = sum(part.variance for part in parts)
    if not (math.isfinite(theta) and math.isfinite(variance)) or math.sqrt(variance) < LEAST_SE:
        return None
    df = variance**2 / sum(part.uncertainty for part in parts)
    return Estimate(theta, math.sqrt(variance), df, design) if df >= LEAST_DF else None


class _Part(NamedTuple):
    """Speakers of one kind, what they add to SE², and the degrees of freedom of that.

    Welch-Satterthwaite on effective speakers: df = (Σ v)² / Σ v²/f over parts. Speakers fall into parts by
    the sides that they are on: the first only, the second only, both. A part of n_p effective speakers has
    f = n_p (1 − 1/n_side): its share of its side's n_side − 1. So one group has n − 1, independent groups
    have Welch's df, fully paired ones n − 1 (ours).
    """

    variance: float
    df: float

    @property
    def uncertainty(self) -> float:
        """v²/f; endless where a part says nothing of its own variance."""
        if self.variance == 0:
            return 0.0
        return self.variance**2 / self.df if self.df > 0 else math.inf


def _design(sides: Sequence[Sequence[Cell]]) -> Design:
    if len(sides) == 1:
        return Design.ONE_GROUP
    seen = speakers_of(sides[0])
    for side in sides[1:]:
        speakers = speakers_of(side)
        if np.isin(speakers, seen).any():
            return Design.SHARED
        seen = np.concatenate([seen, speakers])
    return Design.INDEPENDENT


def _left_out(statistic: Statistic, totals: Reals, own: slice, counts: tuple[Integers, Integers]) -> Reals:
    """The statistic without each of K speakers, who are in the `own` cells only, shape (K,).

    `totals`: errors and words of all cells, (2, n_cells, 1); `counts`: of each speaker, two of (n_own, K).
    """
    without = np.repeat(totals, counts[0].shape[1], axis=2)
    without[:, own] -= counts
    return statistic(*without)


def _variance_shares(left_out: Reals) -> Reals:
    """What each of K speakers adds to SE², shape (K,)."""
    shares: Reals = (len(left_out) - 1) / len(left_out) * np.square(left_out - left_out.mean())
    return shares


def _whole(shares: Reals, words: Integers) -> _Part:
    """All speakers of a side; words of shape (n_cells, K)."""
    return _Part(float(shares.sum()), effective_speakers(words.sum(axis=0)) - 1.0)


def _parts_of_union(shares: Reals, sides: Sequence[Sequence[Cell]]) -> Iterator[_Part]:
    """The parts of all speakers by the sides that they are on."""
    everyone = speakers_of([cell for side in sides for cell in side])
    words = np.array([in_line(side, everyone)[1].sum(axis=0) for side in sides])
    members = np.array([np.isin(everyone, speakers_of(side), assume_unique=True) for side in sides])
    kept = np.array([1.0 - 1.0 / max(effective_speakers(own), 1.0) for own in words])
    # Which sides a speaker is on, as one number.
    kind = members.T @ (1 << np.arange(len(sides)))
    for each in np.unique(kind):
        part = kind == each
        on = members[:, part.argmax()]
        n_effective = effective_speakers(words[:, part].sum(axis=0))
        yield _Part(float(shares[part].sum()), n_effective * float(kept[on].min()))
