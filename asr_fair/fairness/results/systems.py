"""The rows of two systems compared."""

from __future__ import annotations

from pydantic import Field

from asr_fair.fairness.results.statuses import Status, Verdict
from asr_fair.validation import Strict


class SystemDifference(Strict):
    """A difference between two systems: jackknife over speakers, beside it the bootstrap as a cross-check."""

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    df: float | None = Field(default=None, description="degrees of freedom of the interval's t")
    bootstrap_low: float | None = None
    bootstrap_high: float | None = None
    bootstrap_method: str | None = None
    status: Status = Status.OK


class GapDifference(SystemDifference):
    """[W_g − W_r] under one system less the same under the other: how the gap differs between them."""

    versus: str
    gap: float | None = Field(default=None, description="W_g − W_r under `system`")
    other_gap: float | None = Field(default=None, description="the same under `other_system`")
    n_speakers: int | None = Field(description="of the other side")
    n_words: int = Field(description="of the other side")
    simultaneous_low: float | None
    simultaneous_high: float | None
    simultaneous_method: str
    family_size: int


class SystemComparison(Strict):
    """Two systems on the utterances of one group that both transcribed, with a verdict as in `Comparison`.

    Differences are of `system` less `other_system`, ratios the one over the other. People who declined or
    are unknown are outside the family and have no verdict.
    """

    dimension: str
    group: str
    condition: str
    system: str
    other_system: str
    normaliser: str
    wer: float | None
    other_wer: float | None
    difference: SystemDifference
    gap_difference: GapDifference | None = None
    verdict: Verdict | None
    reason: str = Field(description="why, in plain words; for cannot_tell, what is missing")
    ratio: float | None
    low: float | None = Field(description="simultaneous lower bound of the ratio")
    high: float | None
    method: str | None
    family_size: int
    p_value: float | None = Field(description="that the two are alike: signs flipped by speaker")
    p_method: str | None
    p_adjusted: float | None = Field(description="by Holm, over the family")
    exploratory: bool = Field(default=False, description="not declared before the first count")
    n_speakers: int | None
    n_speakers_fewer: int | None = Field(description="with fewer errors under `system`")
    n_speakers_more: int | None
    n_utterances: int = Field(description="transcribed by both")
    n_unpaired: int = Field(description="utterances transcribed by one of the two only: left out of both")
    n_words: int


class MatchedPairsRow(Strict):
    """MAPSSWE on what both systems transcribed: it ignores speakers, and is for comparability only."""

    dimension: str
    group: str
    condition: str
    system: str
    other_system: str
    normaliser: str
    n_segments: int | None
    n_errors: int | None = Field(description="of `system`")
    n_errors_other: int | None
    mean: float | None = Field(description="of the errors of `system` less those of the other in a segment")
    sd: float | None
    z: float | None
    p_value: float | None
    method: str = "mapsswe-ignores-speakers"
    status: Status = Status.OK
