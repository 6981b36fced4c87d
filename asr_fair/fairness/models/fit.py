"""What a model answers: a ratio per term with its standard error, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from asr_fair.fairness.estimates.intervals import bounds_around
from asr_fair.fairness.estimates.jackknife import LEAST_DF, LEAST_SE, Reals
from asr_fair.fairness.model_status import Label, ModelStatus
from asr_fair.fairness.models.columns import Coefficient
from asr_fair.fairness.models.design import Design
from asr_fair.fairness.models.table import Dropped


@dataclass(frozen=True, slots=True)
class Ratio:
    """exp(β) of one term, with what an interval at any confidence needs.

    Attributes
    ----------
    term
        The group or level, or the name of a numeric covariate.
    versus
        The reference level; None for a numeric covariate, whose ratio is per standard deviation.
    log_ratio
        β; None where the status says why.
    se_log
        Standard error of β; None where there is no interval.
    df
        Degrees of freedom of t; None where there is no interval.
    """

    term: str
    versus: str | None
    log_ratio: float | None
    se_log: float | None
    df: float | None
    label: Label
    method: str
    status: ModelStatus

    @property
    def value(self) -> float | None:
        """The ratio."""
        return None if self.log_ratio is None else math.exp(self.log_ratio)

    def bounds(self, confidence: float) -> tuple[float, float] | None:
        """exp(β ± t_df · SE) at `confidence` (0 to 1); None where a bound is too large for a number."""
        if self.log_ratio is None or self.se_log is None or self.df is None:
            return None
        reach = float(stdtrit(self.df, (1.0 + confidence) / 2.0)) * self.se_log
        return bounds_around(self.log_ratio, reach, math.exp)


@dataclass(frozen=True, slots=True)
class SpeakerSpread:
    """How far speakers with the same covariates differ, and the test against no difference.

    Attributes
    ----------
    sd_log
        Standard deviation of the logarithm of a speaker's rate (σ_u).
    likelihood_ratio
        Twice the log-likelihood gained over the model without spread.
    p
        Of σ_u = 0 (`dispersion.no_spread_p`).
    """

    sd_log: float
    likelihood_ratio: float
    p: float


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a likelihood is highest.

    Attributes
    ----------
    beta
        Shape (rank,).
    covariance
        Of beta, shape (rank, rank).
    df
        Degrees of freedom of t for each coefficient, shape (rank,); below 1 there is no interval.
    log_likelihood
        Constants included.
    """

    beta: Reals
    covariance: Reals
    df: Reals
    log_likelihood: float
    dispersion: float | None = None
    spread: SpeakerSpread | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, or the status that says why it is none.

    Attributes
    ----------
    groups
        Ratios of all groups but the reference.
    covariates
        Ratios of the nuisance covariates: to check the model by, not effects of their own.
    n_rows, n_speakers, n_words
        That the fit rests on.
    log_likelihood
        Constants included, so that models of the same rows compare; None without a fit.
    dispersion
        Pearson's X²/(n − rank) under the Poisson model (`dispersion.pearson_dispersion`).
    """

    method: str
    label: Label
    status: ModelStatus
    groups: tuple[Ratio, ...]
    covariates: tuple[Ratio, ...]
    n_rows: int
    n_speakers: int
    n_words: int
    dropped: Dropped
    log_likelihood: float | None = None
    dispersion: float | None = None
    spread: SpeakerSpread | None = None


def fit_of(design: Design, solution: Solution | None, *, method: str, label: Label) -> Fit:
    """The solution in terms of ratios; without one, every term says why."""
    status = design.status
    if status is ModelStatus.OK and solution is None:
        status = ModelStatus.NOT_CONVERGED

    def ratios(terms: Sequence[Coefficient]) -> tuple[Ratio, ...]:
        return tuple(_ratio(term, solution, label, method) for term in terms)

    return Fit(
        method=method,
        label=label,
        status=status,
        groups=ratios(design.groups),
        covariates=ratios(design.covariates),
        n_rows=len(design.errors),
        n_speakers=design.n_speakers,
        n_words=int(design.words.sum()),
        dropped=design.dropped,
        log_likelihood=solution.log_likelihood if solution else None,
        dispersion=solution.dispersion if solution else None,
        spread=solution.spread if solution else None,
    )


def _ratio(term: Coefficient, solution: Solution | None, label: Label, method: str) -> Ratio:
    if term.column is None or solution is None:
        status = term.status if term.column is None else ModelStatus.NOT_CONVERGED
        return Ratio(term.term, term.versus, None, None, None, label, method, status)
    log_ratio = float(solution.beta[term.column])
    se = math.sqrt(max(float(solution.covariance[term.column, term.column]), 0.0))
    df = float(solution.df[term.column])
    status = term.status
    if status is ModelStatus.OK and df < LEAST_DF:
        status = ModelStatus.TOO_FEW_SPEAKERS
    if status is ModelStatus.OK and se < LEAST_SE:
        status = ModelStatus.NO_INTERVAL
    if status is not ModelStatus.OK:
        return Ratio(term.term, term.versus, log_ratio, None, None, label, method, status)
    return Ratio(term.term, term.versus, log_ratio, se, df, label, method, status)
