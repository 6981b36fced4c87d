"""Intervals from bootstrap draws: percentile, BCa, bootstrap-t. A cross-check; the default is the jackknife.

A draw in which the figure is undefined (a group without words in it) might have held anything: it counts
as beyond whichever bound is looked for. Where such draws fill a tail, there is no bound. Source: Efron &
Tibshirani 1993, chapters 12 to 14; coverage in methods section 0 (percentile .81 and BCa .80 at 5 speakers).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from asr_fair.fairness.counting.strata import Mask
from asr_fair.fairness.estimates.jackknife import Reals

Bounds: TypeAlias = tuple[float, float]

PERCENTILE, BCA, BOOTSTRAP_T = "bootstrap-percentile", "bootstrap-bca", "bootstrap-t"


def percentile_bounds(draws: Reals, confidence: float, back: Callable[[float], float]) -> Bounds | None:
    """The (1 ∓ confidence)/2 quantiles of θ*, draws of shape (B,), carried back; None without a bound."""
    tail = (1.0 - confidence) / 2.0
    return _carried_back(_quantile(draws, tail, -math.inf), _quantile(draws, 1.0 - tail, math.inf), back)


def acceleration(left_out: Reals, blocks: Mask) -> float | None:
    """The acceleration of BCa from delete-one-speaker values θ_(k); None without spread.

    For one group a = Σd³ / (6 (Σd²)^1.5), d = mean(θ_(k)) − θ_(k). For groups drawn apart, of K_b speakers
    each, d is centred within the group and weighs (K_b − 1)/K_b, as in scipy's multi-sample form.

    Parameters
    ----------
    left_out
        Values without each speaker, shape (K,).
    blocks
        Which speakers are drawn together, shape (n_blocks, K).
    """
    deviations = np.zeros_like(left_out)
    for block in blocks:
        values, size = left_out[block], int(block.sum())
        deviations[block] = (size - 1) / size * (values.mean() - values)
    squares = float(np.square(deviations).sum())
    return float((deviations**3).sum() / (6.0 * squares**1.5)) if squares > 0 else None


def bca_bounds(
    draws: Reals, theta: float, a: float | None, confidence: float, back: Callable[[float], float]
) -> Bounds | None:
    """Bias-corrected and accelerated bounds; None where the draws lie all on one side of θ, or a is None.

    z0 = Φ⁻¹(#{θ* < θ}/B + half of the ties); a bound is the quantile at Φ(z0 + (z0 + z)/(1 − a(z0 + z))),
    z = ∓Φ⁻¹((1 + confidence)/2). Undefined draws count as ties.
    """
    below, above = float(np.mean(draws < theta)), float(np.mean(draws > theta))
    z0 = float(ndtri((1.0 + below - above) / 2.0))
    if a is None or not math.isfinite(z0):
        return None
    levels = []
    for z in (float(ndtri((1.0 - confidence) / 2.0)), float(ndtri((1.0 + confidence) / 2.0))):
        stretch = 1.0 - a * (z0 + z)
        if stretch <= 0:
            return None
        levels.append(float(ndtr(z0 + (z0 + z) / stretch)))
    low, high = _quantile(draws, levels[0], -math.inf), _quantile(draws, levels[1], math.inf)
    return _carried_back(low, high, back)


def bootstrap_t_bounds(
    t_star: Reals, theta: float, se: float, confidence: float, back: Callable[[float], float]
) -> Bounds | None:
    """θ − q·SE with q the upper and lower quantile of t* (`studentised.studentised_draws`), shape (B,)."""
    tail = (1.0 - confidence) / 2.0
    upper, lower = _quantile(t_star, 1.0 - tail, math.inf), _quantile(t_star, tail, -math.inf)
    return _carried_back(theta - upper * se, theta - lower * se, back) if se > 0 else None


def _quantile(draws: Reals, level: float, undefined: float) -> float:
    """The quantile by linear interpolation, undefined draws taken as `undefined`, which is ±∞."""
    with np.errstate(invalid="ignore"):
        found = float(np.quantile(np.where(np.isnan(draws), undefined, draws), level))
    # Between −∞ and −∞ there is no line to interpolate on.
    return undefined if math.isnan(found) else found


def _carried_back(low: float, high: float, back: Callable[[float], float]) -> Bounds | None:
    try:
        bounds = back(low), back(high)
    except OverflowError:
        return None
    return bounds if all(map(math.isfinite, bounds)) else None
