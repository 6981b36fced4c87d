"""The rows of figures, of comparisons with their verdicts, and of what sums up a dimension."""

from __future__ import annotations

from pydantic import Field

from asr_fair.fairness.results.statuses import Status, Verdict
from asr_fair.validation import Strict


class Figure(Strict):
    """One figure with its interval. `versus`: the group compared with ('rest': all others), or None.

    The area under a curve over the SNR and the tolerance read off it are of no one condition: theirs is named
    without a level. A tolerance beyond the SNRs heard has no value; of its bounds those are given that are
    known.
    """

    dimension: str
    group: str
    condition: str
    system: str
    normaliser: str
    measure: str
    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    versus: str | None = None
    n_speakers: int | None = Field(description="with reference words; before 1.3, with a transcript")
    n_utterances: int
    n_words: int
    status: Status = Status.OK
    censored_at: float | None = Field(
        default=None, description="what a missing value is known to lie below or above, as the status says"
    )


class Comparison(Strict):
    """The verdict on one group against its reference, with the interval that it rests on, and the gap's.

    Of ratios, and of gaps, those of a family hold together; the verdict rests on the ratio.
    Those under another normaliser than the headline show how far the verdict depends on it; they have no
    p-value.
    """

    dimension: str
    group: str
    versus: str
    condition: str
    system: str
    normaliser: str
    verdict: Verdict
    reason: str = Field(description="why, in plain words; for cannot_tell, what is missing")
    ratio: float | None
    low: float | None = Field(description="simultaneous lower bound of the ratio")
    high: float | None
    method: str
    gap: float | None = Field(default=None, description="W_g − W_r as a fraction of words; before 1.4, none")
    gap_low: float | None = Field(default=None, description="simultaneous lower bound of the gap")
    gap_high: float | None = None
    gap_method: str | None = Field(default=None, description="None before 1.4")
    family_size: int
    p_value: float | None = Field(
        default=None, description="that the two are alike; of this comparison alone"
    )
    p_method: str | None = None
    p_adjusted: float | None = Field(default=None, description="over the family")
    p_adjustment: str | None = Field(default=None, description="holm; benjamini-hochberg where exploratory")
    exploratory: bool = Field(default=False, description="not declared before the first count")
    smallest_ratio: float | None = Field(
        default=None, description="true ratio from which on a disparity would be found with a chance of 80 %"
    )


class Statistic(Strict):
    """A figure over all groups of a dimension, beside what it would be if the groups were alike."""

    value: float | None
    null_mean: float | None = Field(default=None, description="mean over permutations of whole speakers")
    p_value: float | None = None
    p_method: str | None = None
    status: Status = Status.OK


class HighestGroup(Strict):
    """The group with the highest WER; the bounds are of the highest true WER, whoever has it."""

    group: str
    value: float
    low: float | None
    high: float | None
    method: str | None
    candidates: tuple[str, ...] = Field(description="groups that may have the highest true WER")


class Summary(Strict):
    """How far the declared groups of a dimension are apart, under the headline normaliser."""

    dimension: str
    condition: str
    system: str
    normaliser: str
    groups: tuple[str, ...] = Field(description="declared groups with reference words")
    max_minus_min: Statistic
    weighted_deviation: Statistic
    cochran_q: Statistic
    tau_squared: Statistic
    gini: Statistic
    theil: Statistic
    highest: HighestGroup | None
