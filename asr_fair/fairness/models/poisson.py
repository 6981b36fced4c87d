"""The primary model: Poisson rates, with standard errors from the speakers (methods section 4).

ln E(errors) = ln(words) + Xβ with an independence working model. With groups alone, exp(β_g) is exactly the
ratio of the pooled rates. Only the standard errors know of speakers: the scores of one person's rows are
added up before they are squared, whatever makes them go together.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.model_status import Label, ModelStatus
from asr_fair.fairness.models.design import Design
from asr_fair.fairness.models.dispersion import pearson_dispersion
from asr_fair.fairness.models.fit import Fit, Solution, fit_of
from asr_fair.fairness.models.sandwich import cluster_covariance, effective_df, mancl_derouen_covariance

MOST_STEPS = 50
STEP_TOLERANCE = 1e-9


class Covariance(StrEnum):
    """How standard errors are made; the first two are for comparison and are too small."""

    NAIVE = "naive"
    CLUSTER = "cluster"
    MANCL_DEROUEN = "mancl-derouen"


_COVARIANCES: dict[Covariance, Callable[[Design, Reals], Reals]] = {
    Covariance.NAIVE: Design.naive_covariance,
    Covariance.CLUSTER: cluster_covariance,
    Covariance.MANCL_DEROUEN: mancl_derouen_covariance,
}


def fit_poisson(design: Design, covariance: Covariance = Covariance.MANCL_DEROUEN) -> Fit:
    """Fit the marginal model; t on `effective_df`, or n − rank where rows count as independent (NAIVE)."""
    solution = _solve(design, covariance) if design.status is ModelStatus.OK else None
    freedom = "" if covariance is Covariance.NAIVE else "-effective"
    return fit_of(design, solution, method=f"poisson-{covariance}{freedom}", label=Label.MARGINAL)


def _solve(design: Design, covariance: Covariance) -> Solution | None:
    beta = poisson_estimate(design)
    if beta is None:
        return None
    fitted = design.fitted(beta)
    try:
        estimated = _COVARIANCES[covariance](design, fitted)
        df = _degrees_of_freedom(design, fitted, covariance)
    except np.linalg.LinAlgError:
        return None
    return Solution(
        beta=beta,
        covariance=estimated,
        df=df,
        log_likelihood=poisson_log_likelihood(design, beta),
        dispersion=pearson_dispersion(design.errors, fitted, design.rank),
    )


def _degrees_of_freedom(design: Design, fitted: Reals, covariance: Covariance) -> Reals:
    if covariance is Covariance.NAIVE:
        return np.full(design.rank, float(len(fitted) - design.rank))
    return effective_df(design, fitted)


def poisson_log_likelihood(design: Design, beta: Reals) -> float:
    """Σ(y ln μ − μ − ln y!)."""
    linear = design.matrix @ beta
    return float(design.log_constant + design.errors @ linear - design.fitted(beta).sum())


def poisson_estimate(design: Design) -> Reals | None:
    """β of highest likelihood by iteratively reweighted least squares, shape (rank,); None if it diverges.

    Steps and not scores must vanish: where a combination of covariates has no errors, β runs away in
    steps of about 1 for ever while its score is already 0.
    """
    mean = design.errors.sum() / design.words.sum()
    # Half way to the rows' own rates, as in McCullagh & Nelder's algorithm: no ln 0, and close.
    linear = np.log((design.errors / design.words + mean) / 2.0)
    beta = np.full(design.rank, np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MOST_STEPS):
            fitted = design.words * np.exp(linear)
            target = design.matrix.T @ (fitted * linear + design.errors - fitted)
            try:
                updated = np.asarray(np.linalg.solve(design.gram(fitted), target), np.float64)
            except np.linalg.LinAlgError:
                return None
            if np.abs(updated - beta).max() < STEP_TOLERANCE:
                return updated
            beta, linear = updated, design.matrix @ updated
    return None
