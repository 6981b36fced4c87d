"""Poisson errors with a gamma-distributed factor per speaker: the likelihood is closed."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.models.design import Design
from asr_fair.fairness.models.fit import Fit
from asr_fair.fairness.models.mixed import Derivatives, fit_random_intercept


def fit_poisson_gamma(design: Design) -> Fit:
    """Fit the model in which exp(u) of each speaker is gamma with mean 1 and variance α."""
    likelihood = partial(gamma_log_likelihood, design)
    return fit_random_intercept(design, likelihood, _sd_of_log, method="poisson-gamma")


def gamma_log_likelihood(design: Design, beta: Reals, log_variance: float) -> Derivatives:
    """The log-likelihood and its derivatives in β and ln α.

    With k = 1/α, Y and M the sums of errors and means of a speaker (methods section 4):

        ℓ = Σ(y ln μ − ln y!) + Σ_i [lnΓ(Y+k) − lnΓ(k) + k ln k − (Y+k) ln(M+k)]

    The bracket is taken as lnΓ(Y+k) − lnΓ(k) − Y ln k − (Y+k) ln(1 + M/k), which stays exact as α goes to
    0 and it goes to −M. a = (Y+k)/(M+k) is the speaker's factor as the data sees it. With one row per
    speaker this is the negative binomial NB2.
    """
    k = float(np.exp(-log_variance))
    fitted = design.fitted(beta)
    errors, means = design.speaker_errors, design.per_speaker(fitted)
    means_by = design.per_speaker(fitted[:, None] * design.matrix)
    factor = (errors + k) / (means + k)
    surplus = (means - errors) / (means + k)
    rising = gammaln(errors + k) - gammaln(k) + errors * log_variance  # ln k = −ln α
    brackets = (rising - (errors + k) * np.log1p(means / k)).sum()
    # In k, then in ln α = −ln k.
    slope = (digamma(errors + k) - digamma(k) - np.log1p(means / k) + surplus).sum()
    curvature = (
        polygamma(1, errors + k) - polygamma(1, k) + 1 / k - 1 / (means + k) - surplus / (means + k)
    ).sum()
    cross = k * (means_by.T @ (surplus / (means + k)))
    in_beta = (means_by * (factor / (means + k))[:, None]).T @ means_by - design.gram(
        fitted * design.per_row(factor)
    )
    return Derivatives(
        value=float(design.log_constant + design.errors @ (design.matrix @ beta) + brackets),
        gradient=np.append(design.matrix.T @ design.errors - means_by.T @ factor, -k * slope),
        hessian=np.block([[in_beta, cross[:, None]], [cross[None, :], k * k * curvature + k * slope]]),
    )


def _sd_of_log(variance: float) -> float:
    """Of the logarithm of a gamma variable with mean 1: √ψ′(k)."""
    return math.sqrt(float(polygamma(1, 1.0 / variance)))
