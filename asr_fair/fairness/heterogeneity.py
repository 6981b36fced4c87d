"""How far the groups' rates truly differ, beyond what few speakers would make them differ anyway.

The DerSimonian-Laird variance τ² between groups on ln W, with one change (ours, methods section 3): Q is
centred on its mean under permuted speakers in place of G − 1. Estimated from few speakers, standard errors
are unsure and Q is too large: without any disparity, 7 groups of 5 speakers have a mean Q of 1.76 (G − 1).
Source: DerSimonian & Laird 1986.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.contrasts import LOG, Term, contrast
from asr_fair.fairness.disparity import FEWEST_GROUPS
from asr_fair.fairness.jackknife import Reals
from asr_fair.fairness.slices import Cell
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
