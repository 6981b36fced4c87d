"""The delete-one-speaker jackknife of any function of speaker totals, with effective degrees of freedom.

Speakers, not utterances, are what was sampled: leaving one out leaves out all that this person said, under
every condition at once. Source: methods section 2 (simulated coverage there and in the tests).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers, Mask

Reals: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Reals, Reals], Reals]
"""Errors and words, each of shape (n_cells, ...), to a figure of shape (...)."""

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
        Receives errors and words, each (n_cells, ...), the cells of all sides in order.
    sides
        The cells of each group: one side (one group, perhaps under two conditions), two, or one for each
        stratum of speakers. Sides without a common speaker are independent:
        SE² = Σ_sides (K−1)/K Σ(θ_(k) − θ̄_side)². Otherwise all speakers are left out in turn (union):
        SE² = (K−1)/K Σ(θ_(k) − θ̄)².
    """
    errors, words, members, side_words = _stack(sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = float(statistic(errors.sum(axis=1), words.sum(axis=1)))
        left_out = statistic(_without_each(errors), _without_each(words))
    if not (np.isfinite(theta) and np.isfinite(left_out).all()):
        return None
    design = _design(members)
    blocks = members if design is Design.INDEPENDENT else np.ones((1, len(left_out)), np.bool_)
    shares = _variance_shares(left_out, blocks)
    se = float(np.sqrt(shares.sum()))
    if se < LEAST_SE:
        return None
    df = _satterthwaite(shares, members, side_words)
    return Estimate(theta, se, df, design) if df >= LEAST_DF else None


def _stack(sides: Sequence[Sequence[Cell]]) -> tuple[Reals, Reals, Mask, Reals]:
    """Errors and words (n_cells, K) over the union of speakers, membership and words (n_sides, K).

    Whole numbers throughout: sums of them are exact in float64.
    """
    cells = [cell for side in sides for cell in side]
    present = np.zeros((len(sides), 1 + max(int(cell.speakers.max()) for cell in cells)), np.bool_)
    for side, of_side in zip(sides, present, strict=True):
        for cell in side:
            of_side[cell.speakers] = True
    anyone = np.logical_or.reduce(present)
    position = np.cumsum(anyone) - 1

    def align(cell: Cell, values: Integers) -> Reals:
        aligned = np.zeros(position[-1] + 1)
        aligned[position[cell.speakers]] = values
        return aligned

    errors = np.array([align(cell, cell.errors) for cell in cells])
    words = np.array([align(cell, cell.words) for cell in cells])
    starts = np.cumsum([0, *(len(side) for side in sides[:-1])])
    side_words = np.add.reduceat(words, starts, axis=0)
    return errors, words, present[:, anyone], side_words


def _without_each(totals: Reals) -> Reals:
    """Sums over the last axis without one speaker at a time, same shape."""
    without: Reals = totals.sum(axis=-1, keepdims=True) - totals
    return without


def _design(members: Mask) -> Design:
    if len(members) == 1:
        return Design.ONE_GROUP
    return Design.SHARED if members.all(axis=0).any() else Design.INDEPENDENT


def _variance_shares(left_out: Reals, blocks: Mask) -> Reals:
    """What each speaker adds to SE², shape (K,); blocks of shape (n_blocks, K) are centred apart."""
    shares = np.zeros_like(left_out)
    for block in blocks:
        values = left_out[block]
        shares[block] = (len(values) - 1) / len(values) * np.square(values - values.mean())
    return shares


def _satterthwaite(shares: Reals, members: Mask, side_words: Reals) -> float:
    """Degrees of freedom of SE² = Σ shares (Welch-Satterthwaite on effective speakers).

    Speakers fall into parts by the sides that they are on: the first only, the second only, both. Part p
    with variance v_p and n_p effective speakers adds v_p²/f_p, f_p = n_p (1 − 1/n_side): the part's share of
    its side's n_side − 1. So one group has n − 1, independent groups have Welch's df, fully paired ones
    n − 1 (ours).
    """
    lost = np.array([1.0 - 1.0 / max(effective_speakers(words), 1.0) for words in side_words])
    unsure = 0.0
    for on in np.unique(members, axis=1).T:
        part = (members == on[:, None]).all(axis=0)
        variance = float(shares[part].sum())
        if variance > 0:
            freedom = effective_speakers(side_words[:, part].sum(axis=0)) * lost[on].min()
            unsure += variance**2 / freedom if freedom > 0 else np.inf
    return float(shares.sum() ** 2 / unsure)
