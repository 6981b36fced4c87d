"""Why a model, or one of its ratios, is there or is not; and whose ratio it is."""

from __future__ import annotations

from enum import StrEnum


class ModelStatus(StrEnum):
    """Whether a model or one of its ratios exists, and if not, why."""

    OK = "ok"
    NO_REFERENCE_WORDS = "no_reference_words"  # no usable row
    COVARIATE_UNKNOWN = "covariate_unknown"  # words, but of none of them is every covariate known
    NO_ERRORS = "no_errors"  # the ratio is 0 and has no logarithm
    NO_COMPARISON = "no_comparison"  # the reference has no usable row, or no error
    RANK_DEFICIENT = "rank_deficient"  # cannot be told apart from other terms
    ONE_SPEAKER = "one_speaker"  # a ratio that rests on one speaker: no interval
    TOO_FEW_SPEAKERS = "too_few_speakers"  # no more speakers than coefficients: no interval
    NO_INTERVAL = "no_interval"  # speakers do not differ: nothing is known of those not heard
    NOT_CONVERGED = "not_converged"
    NO_SPEAKERS = "no_speakers"  # who spoke is not known: no interval
    WITHIN_SPEAKERS = "within_speakers"  # speakers in several groups: a random intercept is not enough
    TOO_MANY_SPEAKERS = "too_many_speakers"  # not fitted unless the plan asks for it


class ModelName(StrEnum):
    """The models that are fitted."""

    CLUSTERED = "poisson_clustered"
    GAMMA = "poisson_gamma"
    NORMAL = "poisson_normal"


class Label(StrEnum):
    """Whose ratio: of the rates pooled over speakers, or of two speakers with equal random intercepts.

    With a log link and the same spread of speakers in every group the two are one quantity, as the mean
    of exp(u) cancels; the estimates differ in how they weigh speakers.
    """

    MARGINAL = "marginal"
    CONDITIONAL = "conditional"
