"""Poisson errors with a normal random intercept per speaker: adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, wrightomega

from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.models.design import Design
from asr_fair.fairness.models.fit import Fit
from asr_fair.fairness.models.mixed import Derivatives, fit_random_intercept

NODES = 15


def fit_poisson_normal(design: Design, nodes: int = NODES) -> Fit:
    """Fit the model in which u of each speaker is normal with variance σ²."""
    likelihood = partial(normal_log_likelihood, design, nodes=nodes)
    return fit_random_intercept(design, likelihood, math.sqrt, method=f"poisson-normal-aghq{nodes}")


class Quadrature(NamedTuple):
    """Speakers' integrals, each by nodes of its own around its peak.

    Attributes
    ----------
    log_integrals
        Shape (K,).
    intercepts
        Nodes b of the standardised intercept, shape (K, Q).
    factors
        exp(σb) over its value at the peak, less 1, shape (K, Q).
    peak_means
        M exp(σb) at the peak, shape (K,).
    posterior
        Share of each node in its integral, rows adding to 1, shape (K, Q).
    """

    log_integrals: Reals
    intercepts: Reals
    factors: Reals
    peak_means: Reals
    posterior: Reals


def integrate(errors: Reals, means: Reals, sd: float, n_nodes: int) -> Quadrature:
    """Logarithm of ∫ exp(Yσb − M exp(σb)) φ(b) db for each speaker; errors Y and means M of shape (K,).

    The exponent h(b) = Yσb − M exp(σb) − b²/2 is highest at b̂ = σY − x/σ, where x = σ²M exp(σb̂) solves
    x + ln x = σ²Y + ln(σ²M): x is Wright's ω of the right-hand side, and no search is needed (ours). There
    −h″ = 1 + x, and nodes lie around b̂ in units of √2/√(1 + x) (Pinheiro & Bates 1995; recalled); with one
    node this is Laplace's approximation. Away from the peak by δ, the exponent is lower by

        δ²/2 + x/σ² (exp(σδ) − 1 − σδ),

    which does not lose the digits that h itself loses where a speaker has many errors.
    """
    points, weights = np.polynomial.hermite.hermgauss(n_nodes)
    x = wrightomega(sd * sd * errors + np.log(sd * sd * means))
    peaks, peak_means = sd * errors - x / sd, x / (sd * sd)
    highest = errors * sd * peaks - means * np.exp(sd * peaks) - peaks**2 / 2.0
    width = math.sqrt(2.0) / np.sqrt(1.0 + x)
    away = width[:, None] * points
    factors = np.expm1(sd * away)
    terms = points**2 + np.log(weights) - away**2 / 2.0 - peak_means[:, None] * (factors - sd * away)
    log_sums = logsumexp(terms, axis=1)
    return Quadrature(
        log_integrals=highest + log_sums + np.log(width) - math.log(2.0 * math.pi) / 2.0,
        intercepts=peaks[:, None] + away,
        factors=factors,
        peak_means=peak_means,
        posterior=np.exp(terms - log_sums[:, None]),
    )


def normal_log_likelihood(
    design: Design, beta: Reals, log_variance: float, nodes: int = NODES
) -> Derivatives:
    """The log-likelihood by quadrature, and its derivatives in β and ln σ².

    Derivatives are expectations over each speaker's posterior of b, by the same nodes (Louis 1982;
    recalled): gradient E[s], Hessian E[∂s] + Cov[s], with the scores in β and σ

        s_β = X'y − e X'μ,    s_σ = b(Y − M e),    e = exp(σb).

    They are as exact as the quadrature, and mean nothing with one node.
    """
    sd = float(np.exp(log_variance / 2.0))
    fitted = design.fitted(beta)
    errors, means = design.speaker_errors, design.per_speaker(fitted)
    found = integrate(errors, means, sd, nodes)

    def expected(values: Reals) -> Reals:
        return np.asarray((found.posterior * values).sum(axis=1), np.float64)

    # In units of the peak: e X'μ = (1 + factors) shares, where shares add up to the mean at the peak.
    at_peak = found.peak_means / means
    shares = at_peak[:, None] * design.per_speaker(fitted[:, None] * design.matrix)
    peak = found.peak_means[:, None]
    mean_factor = expected(found.factors)
    off = found.factors - mean_factor[:, None]
    b = found.intercepts
    score = b * (errors[:, None] - peak - peak * found.factors)
    mean_score = expected(score)
    slope = mean_score.sum()
    curvature = expected((score - mean_score[:, None]) ** 2 - peak * b * b * (1.0 + found.factors)).sum()
    cross = -shares.T @ expected(b * (1.0 + found.factors) + off * score)
    in_beta = (shares * expected(off**2)[:, None]).T @ shares - design.gram(
        fitted * design.per_row(at_peak * (1.0 + mean_factor))
    )
    # From σ to ln σ², whose derivative of σ is σ/2.
    half = sd / 2.0
    corner = half * half * curvature + half / 2.0 * slope
    return Derivatives(
        value=float(design.log_constant + design.errors @ (design.matrix @ beta) + found.log_integrals.sum()),
        gradient=np.append(design.matrix.T @ design.errors - shares.T @ (1.0 + mean_factor), half * slope),
        hessian=np.block([[in_beta, half * cross[:, None]], [half * cross[None, :], corner]]),
    )
