"""The linearised variance of a weighted sum of rates, from sums over speakers alone.

θ is a function of totals (E, N); to first order speaker s moves it by u_s = ∇θ · x_s, x_s being what the
speaker adds to them, and SE² = K/(K−1) Σ u_s² (u_s sums to zero, as θ does not change when all totals are
scaled). Written out, Σ u_s² is a quadratic form in ∇θ whose coefficients are sums of products over
speakers: so a resampled or permuted data set needs its totals only, never its speakers one by one. To
first order in 1/K it is the jackknife's (Efron & Tibshirani 1993, chapter 21).
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from asr_fair.fairness.estimates.contrasts import Scale
from asr_fair.fairness.estimates.jackknife import Reals

ROUNDING = 1e-12
"""Differences, and shares of a sum of squares, below this are nothing but rounding."""


def pairs(n_vectors: int) -> list[tuple[int, int]]:
    """Which products `quadratic` expects of so many vectors, in this order."""
    return list(combinations_with_replacement(range(n_vectors), 2))


def gradient(weight: float | Reals, errors: Reals, words: Reals, scale: Scale) -> tuple[Reals, Reals]:
    """Derivatives of weight · f(E/N) by E and by N, all of one shape; f is the scale's `forward`."""
    rates = errors / words
    slope = weight * scale.slope(rates) / words
    return slope, -slope * rates


def quadratic(gradients: Reals, products: Reals) -> Reals:
    """Σ_s (∇θ · x_s)² from Σ_s x_is x_js; 0 where there is nothing left but rounding.

    Parameters
    ----------
    gradients
        Shape (V, ...).
    products
        Sums over speakers of x_i x_j, in the order of `pairs(V)`, shape (V(V+1)/2, ...).
    """
    total, size = np.zeros(products.shape[1:]), np.zeros(products.shape[1:])
    for (i, j), product in zip(pairs(len(gradients)), products, strict=True):
        term = gradients[i] * gradients[j] * product
        total += term if i == j else 2.0 * term
        size += term if i == j else 0.0
    squares: Reals = np.where(total < ROUNDING * size, 0.0, total)
    return squares


def studentise(difference: Reals, variance: Reals) -> Reals:
    """Difference / SE; 0 where there is no difference, whatever the spread; else ∞ where SE is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t: Reals = np.where(np.abs(difference) < ROUNDING, 0.0, difference / np.sqrt(variance))
    return t
