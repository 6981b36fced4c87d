"""How far the groups' rates truly differ, beyond what few speakers would make them differ anyway.

The DerSimonian-Laird variance τ² between groups on ln W, with one change (ours, methods section 3): Q is
centred on its mean under permuted speakers in place of G − 1. Estimated from few speakers, standard errors
are unsure and Q is too large: without any disparity, 7 groups of 5 speakers have a mean Q of 1.76 (G − 1).
Source: DerSimonian & Laird 1986.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LOG, Term, contrast
from asr_fair.fairness.estimates.disparity import FEWEST_GROUPS
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.linearised import gradient, quadratic
from asr_fair.fairness.permutations.arrangements import (
    Null,
    PermutationTest,
    Totals,
    summarise,
    undefined,
)
from asr_fair.fairness.results import Status
from asr_fair.records import RESERVED_GROUPS


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Variance τ² of ln W between groups, never below 0; Q, and its mean and p-value under permutation.

    √τ² is a standard deviation on the log: exp(τ) is a typical ratio between a group and the middle.
    """

    tau_squared: float
    q: float
    null_mean_q: float
    p_value: float | None


def log_rates(cells: Mapping[str, Cell]) -> tuple[Reals, Reals]:
    """Logarithms of the declared groups' rates W_g and their jackknife standard errors, both of shape (G,).

    Groups without an interval (no errors, one speaker, no spread) are left out.
    """
    found = (
        contrast([[Term(+1, cell)]], LOG).estimate
        for name, cell in cells.items()
        if name not in RESERVED_GROUPS
    )
    pairs = [(estimate.theta, estimate.se) for estimate in found if estimate is not None]
    theta, se = np.array(pairs, float).reshape(-1, 2).T
    return theta, se


def cochran_q(theta: Reals, se: Reals) -> Reals:
    """Q = Σ w (θ − θ̄)², w = 1/SE², θ̄ = Σwθ/Σw over the last axis: (..., n_groups) to (...)."""
    weights = se**-2.0
    middle = (weights * theta).sum(axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)
    q: Reals = (weights * np.square(theta - middle)).sum(axis=-1)
    return q


def heterogeneity(
    theta: Reals, se: Reals, *, null_mean_q: float, p_value: float | None = None
) -> Heterogeneity | None:
    """τ² = max(0, (Q − E₀Q) / (Σw − Σw²/Σw)); None with fewer than two groups.

    Parameters
    ----------
    theta, se
        ln W_g and its standard error (above 0), each of shape (n_groups,).
    null_mean_q
        Mean of `cochran_q` over permutations of whole speakers; n_groups − 1 gives the textbook estimate.
    p_value
        Of the same permutations: the two belong side by side.
    """
    if len(theta) < FEWEST_GROUPS:
        return None
    weights = se**-2.0
    scale = weights.sum() - np.square(weights).sum() / weights.sum()
    q = float(cochran_q(theta, se))
    return Heterogeneity(max(0.0, (q - null_mean_q) / float(scale)), q, null_mean_q, p_value)


@dataclass(frozen=True, slots=True)
class HeterogeneityTest:
    """One column: τ² and the permutation test of Q, which give each other their meaning."""

    tau_squared: float | None
    q: PermutationTest


def homogeneity(totals: Totals) -> Reals:
    """Q of each column, shape (C, n); NaN with fewer than two groups that have an ln W and an error.

    Standard errors are linearised (`estimates.linearised`), in the data as in every arrangement, so that Q
    and its null mean are alike in all but the labels. A group without errors has no ln W and no part in Q.
    """
    theta, se = _linearised(totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = cochran_q(theta, se)
    return np.where(np.isfinite(se).sum(axis=-1) < FEWEST_GROUPS, np.nan, q)


def read_heterogeneity(null: Null, seen: Totals, groups: Sequence[Sequence[Cell]]) -> list[HeterogeneityTest]:
    """The test of each column of the groups' cells, from the distribution of `homogeneity`.

    `seen`: the groups' sums in the data.
    """
    if not all(cell.identified for cells in groups for cell in cells):
        return [HeterogeneityTest(None, undefined(Status.NO_SPEAKERS)) for _ in groups[0]]
    theta, se = (each[:, 0] for each in _linearised(seen))
    return [
        _tested(*rows, exact=null.exact)
        for rows in zip(theta, se, null.observed.tolist(), null.draws, strict=True)
    ]


def _tested(theta: Reals, se: Reals, observed: float, null: Reals, *, exact: bool) -> HeterogeneityTest:
    test = summarise(observed, null, exact=exact)
    if test.null_mean is None:
        return HeterogeneityTest(None, undefined(Status.NO_COMPARISON))
    used = np.isfinite(se)
    found = heterogeneity(theta[used], se[used], null_mean_q=test.null_mean, p_value=test.p)
    return HeterogeneityTest(None if found is None else found.tau_squared, test)


def _linearised(totals: Totals) -> tuple[Reals, Reals]:
    """The log of each rate and its standard error, (C, n, G).

    0 and ∞ where there is none, so that the group weighs nothing.
    """
    errors, words, sizes = totals.errors, totals.words, totals.sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = quadratic(np.array(gradient(1.0, errors, words, LOG)), totals.products)
        variance = (sizes / (sizes - 1.0))[:, None] * squares
        theta = np.log(errors / words)
    usable = np.isfinite(theta) & (variance > 0) & np.isfinite(variance)
    se = np.sqrt(np.where(usable, variance, np.inf))
    return np.moveaxis(np.where(usable, theta, 0.0), -1, -2), np.moveaxis(se, -1, -2)
