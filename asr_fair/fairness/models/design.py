"""From rows to a design matrix, with a status for every term that the rows cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.model_status import ModelStatus
from asr_fair.fairness.models.columns import Coefficient, Encoding, encode, level_statuses
from asr_fair.fairness.models.identify import aliased_columns, rests_on_one_speaker
from asr_fair.fairness.models.table import Dropped, Observations, usable_rows


@dataclass(frozen=True, eq=False)
class Design:
    """n rows of K speakers, sorted by speaker; ln E(errors) = ln(words) + matrix @ β.

    Attributes
    ----------
    errors, words
        Shape (n,).
    matrix
        Full rank, the intercept among its columns, shape (n, rank).
    starts
        First row of each speaker, shape (K,).
    groups, covariates
        Terms as asked for, in order, with their column of the matrix.
    status
        OK, or why no model can be fitted (there are then no rows).
    """

    errors: Reals
    words: Reals
    matrix: Reals
    starts: Integers
    groups: tuple[Coefficient, ...]
    covariates: tuple[Coefficient, ...]
    dropped: Dropped
    status: ModelStatus = ModelStatus.OK

    @property
    def n_speakers(self) -> int:
        """K."""
        return len(self.starts)

    @property
    def rank(self) -> int:
        """Coefficients, the intercept included."""
        return int(self.matrix.shape[1])

    @property
    def df(self) -> int:
        """K − rank: most degrees of freedom between speakers; not above 0 where there are too few."""
        return self.n_speakers - self.rank

    @cached_property
    def speaker_errors(self) -> Reals:
        """Errors of each speaker, shape (K,)."""
        return self.per_speaker(self.errors)

    @cached_property
    def log_constant(self) -> float:
        """Σ(y ln N − ln y!), the part without parameters of every log-likelihood here."""
        return float(self.errors @ np.log(self.words) - gammaln(self.errors + 1.0).sum())

    def fitted(self, beta: Reals) -> Reals:
        """μ = N exp(Xβ), shape (n,)."""
        fitted: Reals = self.words * np.exp(self.matrix @ beta)
        return fitted

    def per_speaker(self, values: Reals) -> Reals:
        """Sums over the rows of each speaker, shape (n, ...) to (K, ...)."""
        sums: Reals = np.add.reduceat(values, self.starts, axis=0)
        return sums

    def per_row(self, values: Reals) -> Reals:
        """The value of each row's speaker, shape (K,) to (n,)."""
        return np.repeat(values, np.diff(self.starts, append=len(self.errors)))

    def gram(self, weights: Reals) -> Reals:
        """X' diag(w) X, w of shape (n,), shape (rank, rank)."""
        gram: Reals = self.matrix.T @ (weights[:, None] * self.matrix)
        return gram

    def naive_covariance(self, fitted: Reals) -> Reals:
        """(X' diag(μ) X)⁻¹, of β where all errors count as independent, shape (rank, rank)."""
        return np.asarray(np.linalg.inv(self.gram(fitted)), np.float64)


def build_design(observations: Observations, *, adjusted: bool) -> Design:
    """The design of the groups alone or, `adjusted`, with all covariates; both from the same rows.

    A level without errors has the ratio 0, whose logarithm no fit can reach. Its rows leave the fit: at
    that limit they add nothing to the likelihood, and all other estimates are what they would be.
    """
    usable, dropped = usable_rows(observations)
    unfit = _unfit(observations, usable, dropped)
    if unfit is not None:
        return unfit
    variables = (observations.groups, *(observations.covariates if adjusted else ()))
    encodings = [encode(variable, observations.errors, usable) for variable in variables]
    rows = np.flatnonzero(usable & ~np.logical_or.reduce([each.leaving for each in encodings]))
    rows = rows[np.argsort(observations.speakers[rows], kind="stable")]
    speakers = observations.speakers[rows]
    starts = np.flatnonzero(np.diff(speakers, prepend=speakers[0] - 1))
    matrix = np.hstack([np.ones((len(rows), 1)), *(each.columns[rows] for each in encodings)])
    aliased, kept = aliased_columns(matrix)
    matrix = matrix[:, kept]
    terms, *covariates = _placed(encodings, aliased, kept, rests_on_one_speaker(matrix, starts))
    return Design(
        errors=observations.errors[rows].astype(np.float64),
        words=observations.words[rows].astype(np.float64),
        matrix=matrix,
        starts=starts,
        groups=_unknown_told(terms, observations),
        covariates=tuple(term for terms in covariates for term in terms),
        dropped=dropped,
    )


def _unfit(observations: Observations, usable: Mask, dropped: Dropped) -> Design | None:
    """A design without rows, where nothing can be compared with the reference."""
    groups = observations.groups
    statuses = level_statuses(groups, observations.errors, usable)
    reference = groups.reference_code
    if reference is not None and statuses[reference] is ModelStatus.OK:
        return None
    absent = ModelStatus.NO_REFERENCE_WORDS
    terms = [
        Coefficient(level, groups.reference, status=absent if status is absent else ModelStatus.NO_COMPARISON)
        for code, (level, status) in enumerate(zip(groups.levels, statuses, strict=True))
        if code != reference
    ]
    return Design(
        errors=np.empty(0),
        words=np.empty(0),
        matrix=np.empty((0, 0)),
        starts=np.empty(0, np.int64),
        groups=_unknown_told(terms, observations),
        covariates=(),
        dropped=dropped,
        status=ModelStatus.NO_COMPARISON if usable.any() else absent,
    )


def _unknown_told(terms: Iterable[Coefficient], observations: Observations) -> tuple[Coefficient, ...]:
    """Terms of groups; one that has words but no usable row is wanting in a covariate."""
    groups = observations.groups
    spoken = groups.codes[groups.known & (observations.words > 0)]
    worded = {groups.levels[code] for code in np.unique(spoken)}
    return tuple(
        replace(term, status=ModelStatus.COVARIATE_UNKNOWN)
        if term.status is ModelStatus.NO_REFERENCE_WORDS and term.term in worded
        else term
        for term in terms
    )


def _placed(
    encodings: Sequence[Encoding], aliased: Mask, kept: Integers, alone: Mask
) -> list[tuple[Coefficient, ...]]:
    """Terms with their column in the final matrix, which holds the `kept` columns after the intercept."""
    position = {int(column): place for place, column in enumerate(kept)}
    placed = []
    start = 1
    for encoding in encodings:
        terms = []
        for term in encoding.terms:
            column = None if term.column is None else start + term.column
            if column is None:
                terms.append(term)
            elif aliased[column]:
                terms.append(replace(term, column=None, status=ModelStatus.RANK_DEFICIENT))
            else:
                place = position[column]
                status = ModelStatus.ONE_SPEAKER if alone[place] else ModelStatus.OK
                terms.append(replace(term, column=place, status=status))
        placed.append(tuple(terms))
        start += encoding.columns.shape[1]
    return placed
