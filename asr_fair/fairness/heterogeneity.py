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

from asr_fair.fairness.arrangements import (
    N_DRAWS,
    PermutationTest,
    group_totals,
    null_distribution,
    summarise,
    undefined,
    units_of,
)
from asr_fair.fairness.contrasts import LOG, Term, contrast
from asr_fair.fairness.disparity import FEWEST_GROUPS
from asr_fair.fairness.jackknife import Reals
from asr_fair.fairness.linearised import gradient, quadratic
from asr_fair.fairness.results import Status
from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers
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


def heterogeneity_test(
    groups: Sequence[Sequence[Cell]], *, n_draws: int = N_DRAWS, seed: int, purpose: str
) -> list[HeterogeneityTest]:
    """τ² and Q of declared groups in each column; one set of arrangements of whole speakers for all.

    Standard errors are linearised (`fairness.linearised`), in the data as in every arrangement, so that Q and
    its null mean are alike in all but the labels. A group without errors has no ln W and no part in Q.

    Parameters
    ----------
    groups
        The cells of each group, one a column, alike in order.
    """
    columns = list(zip(*groups, strict=True))
    if not all(cell.identified for cells in columns for cell in cells):
        return [HeterogeneityTest(None, undefined(Status.NO_SPEAKERS)) for _ in columns]
    units = units_of(groups)
    if len(np.unique(units.labels)) < FEWEST_GROUPS:
        return [HeterogeneityTest(None, undefined(Status.NO_COMPARISON)) for _ in columns]
    sizes = np.bincount(units.labels, minlength=len(groups))
    amounts = np.concatenate(
        [units.errors, units.words, units.errors**2, units.errors * units.words, units.words**2]
    )

    def statistic(totals: Reals) -> Reals:
        theta, se = _linearised(totals, sizes[: totals.shape[1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            q = cochran_q(theta, se)
        return np.where(np.isfinite(se).sum(axis=-1) < FEWEST_GROUPS, np.nan, q)

    null, exact = null_distribution(statistic, amounts, units, n_draws=n_draws, seed=seed, purpose=purpose)
    totals = group_totals(amounts, units.labels[None], len(groups))
    theta, se = (each[:, 0] for each in _linearised(totals, sizes))
    observed = statistic(totals)[:, 0]
    return [_tested(*rows, exact=exact) for rows in zip(theta, se, observed.tolist(), null, strict=True)]


def _tested(theta: Reals, se: Reals, observed: float, null: Reals, *, exact: bool) -> HeterogeneityTest:
    test = summarise(observed, null, exact=exact)
    if test.null_mean is None:
        return HeterogeneityTest(None, undefined(Status.NO_COMPARISON))
    used = np.isfinite(se)
    found = heterogeneity(theta[used], se[used], null_mean_q=test.null_mean, p_value=test.p)
    return HeterogeneityTest(None if found is None else found.tau_squared, test)


def _linearised(totals: Reals, sizes: Integers) -> tuple[Reals, Reals]:
    """The log of each rate and its standard error, (C, n, G), from sums (5C, G, n).

    `sizes`: speakers of each group, (G,). 0 and ∞ where there is none, so that the group weighs nothing.
    """
    errors, words, *products = totals.reshape(5, -1, *totals.shape[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = quadratic(np.array(gradient(1.0, errors, words, LOG)), np.array(products))
        variance = (sizes / (sizes - 1.0))[:, None] * squares
        theta = np.log(errors / words)
    usable = np.isfinite(theta) & (variance > 0) & np.isfinite(variance)
    se = np.sqrt(np.where(usable, variance, np.inf))
    return np.moveaxis(np.where(usable, theta, 0.0), -1, -2), np.moveaxis(se, -1, -2)
