"""The contract of `results.json`: one row per figure, private to the run directory and complete.

Display rules act on what is made from it (`fairness.display`), never on the file itself.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

from asr_fair.config import Family, Margin, Thresholds
from asr_fair.fairness.counting.combinations import is_reserved
from asr_fair.fairness.model_status import Label, ModelName, ModelStatus
from asr_fair.files import write_text
from asr_fair.records import Decibels
from asr_fair.validation import Strict

SCHEMA_VERSION = "1.3"
"""1.1 added room, handset, titles, versions and clipping to a condition; 1.2 p-values to a comparison,
summaries, and a status; 1.3 models and FAAS, tolerances in dB with their statuses and `censored_at`,
intersections, gaps within levels of another dimension, comparisons of systems, the normaliser as a factor
(comparisons under other normalisers than the headline, robustness, traces), figures of characters and of
single utterances (`cer`, `utterance_mean_wer`, `capped_wer`, `design_effect`, words that nobody said); to a
comparison whether it is exploratory and the smallest ratio that it could have seen; to the plan its margins,
its family, and whether it is exploratory itself. Files of 1.0 to 1.2 are read, too."""


class Status(StrEnum):
    """Whether a figure exists, and if not, why."""

    OK = "ok"
    NO_REFERENCE_WORDS = "no_reference_words"
    NO_HYPOTHESIS_WORDS = "no_hypothesis_words"  # nothing was recognised
    NO_ERRORS = "no_errors"  # value 0, one-sided upper bound
    ONE_SPEAKER = "one_speaker"  # a value, no interval
    NO_SPEAKERS = "no_speakers"  # no speaker_id: a value, no interval
    NO_COMPARISON = "no_comparison"  # the other side is missing, empty, or without errors
    NO_INTERVAL = "no_interval"  # a value whose spread cannot be estimated from this data
    BELOW_RANGE = "below_range"  # no value: it lies below `censored_at`
    ABOVE_RANGE = "above_range"  # no value: it lies above `censored_at`
    OPEN_INTERVAL = "open_interval"  # a value; both ends of its interval lie beyond the SNRs heard
    SKIPPED = "skipped"  # not computed: more transcripts than it is worth the time
    NO_SPREAD = "no_spread"  # nothing differs that the figure could compare
    NO_UTTERANCES = "no_utterances"  # no utterance of the kind that the figure counts
    NO_DURATION = "no_duration"  # of a recording that the figure counts, the length is not known


class Verdict(StrEnum):
    """What one declared comparison allows to say."""

    EQUIVALENT = "equivalent"
    DISPARITY = "disparity"
    CANNOT_TELL = "cannot_tell"

    @property
    def in_words(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")


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
    n_speakers: int | None
    n_utterances: int
    n_words: int
    status: Status = Status.OK
    censored_at: float | None = Field(
        default=None, description="what a missing value is known to lie below or above, as the status says"
    )


class Comparison(Strict):
    """The verdict on one group against its reference, with the interval that it rests on.

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


class SystemDifference(Strict):
    """A difference between two systems: jackknife over speakers, beside it the bootstrap as a cross-check."""

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    bootstrap_low: float | None = None
    bootstrap_high: float | None = None
    bootstrap_method: str | None = None
    status: Status = Status.OK


class GapDifference(SystemDifference):
    """[W_g − W_r] under one system less the same under the other: how the gap differs between them."""

    versus: str
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


class Robustness(Strict):
    """Whether the headline normaliser's verdict on one comparison holds under the others."""

    dimension: str
    group: str
    versus: str
    condition: str
    system: str
    normaliser: str = Field(description="the headline")
    robust: bool | None = Field(
        description="same verdict and same sign of ln(ratio) under all; None: not assessed"
    )
    verdicts: dict[str, Verdict] = Field(description="by normaliser, the headline first")
    ratios: dict[str, float | None] = Field(description="by normaliser, the headline first")
    reason: str = Field(description="the verdicts in plain words, or why nothing was assessed")


class TracedChange(Strict):
    """Words that a normaliser replaced, and what they became; people's own words."""

    before: str
    after: str = Field(description="empty where they are dropped")
    n_times: int
    n_speakers: int = Field(description="of the group who said them")


class TracedRule(Strict):
    """What rules of one kind changed."""

    rule: str = Field(description="dialect, dropped, number, expanded or respelled")
    n_words: int = Field(description="words changed or dropped")
    n_speakers: int | None
    examples: tuple[TracedChange, ...] = Field(
        description="the most frequent changes among those that at least three speakers said"
    )


class NormaliserTrace(Strict):
    """What a normaliser did to one group's references, or to its transcripts by one system in clean."""

    dimension: str
    group: str
    normaliser: str
    side: Literal["references", "transcripts"]
    condition: str | None = Field(default=None, description="of transcripts")
    system: str | None = Field(default=None, description="of transcripts")
    n_texts: int
    n_emptied: int = Field(description="texts that had words and have none left")
    n_words: int = Field(description="before any rule")
    n_altered: int = Field(description="words among them that a rule changed or dropped")
    altered_share: float | None = Field(description="None without words")
    rules: tuple[TracedRule, ...] = Field(description="most words first")


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


class ModelRow(Strict):
    """A group's ratio to the reference by one model, as it is or adjusted for what else differs.

    Fields from `method` on are of the whole fit, in which all declared groups are.
    """

    dimension: str
    group: str
    versus: str
    condition: str | None = Field(description="None: all conditions of the run together")
    system: str
    normaliser: str
    model: ModelName
    scale: Label
    adjusted_for: tuple[str, ...] = Field(description="covariates; none: the groups alone")
    rows: Literal["totals", "utterances"] = Field(description="what one row of the fit is")
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = Field(default=None, description="standard error of ln ratio")
    df: int | None = Field(default=None, description="of the t that interval and p-value rest on")
    p_value: float | None = Field(default=None, description="that the ratio is 1; of this model alone")
    status: ModelStatus
    method: str | None = None
    n_speakers: int | None = None
    n_rows: int | None = None
    n_words: int | None = None
    dropped_without_words: int | None = Field(default=None, description="rows without reference words")
    dropped_errors: int | None = Field(default=None, description="errors in those rows")
    dropped_incomplete: int | None = Field(default=None, description="rows with an unknown covariate")
    dispersion: float | None = Field(default=None, description="Pearson's X²/(n − p) of the primary model")
    sigma: float | None = Field(default=None, description="standard deviation of ln WER between speakers")
    sigma_p: float | None = Field(default=None, description="that speakers do not differ (½χ²₀ + ½χ²₁)")
    log_likelihood: float | None = None


class FaasRow(Strict):
    """FAAS, to compare with ASR-FairBench only; without a score where groups do not differ at all."""

    dimension: str = Field(description="'overall': the mean over all dimensions")
    condition: str
    system: str
    normaliser: str
    category: float | None = Field(default=None, description="Σ p_g Raw_g; of one dimension")
    p_value: float | None = Field(default=None, description="of the likelihood-ratio test between groups")
    adjusted: float | None = Field(default=None, description="category, times p/.05 where p is below .05")
    value: float | None = Field(default=None, description="10 log10(adjusted / WER in percent)")


class Loss(Strict):
    """Outcomes that are missing or failed, counted for one group."""

    dimension: str
    group: str
    condition: str
    system: str
    n_expected: int
    n_errors: int = 0
    n_missing: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)


class GroupInfo(Strict):
    """A group as the speakers or the corpus named it, with what the display rules need."""

    name: str
    kind: Literal["declared", "reserved"] = "declared"
    n_speakers: int | None
    n_utterances: int
    n_words: int = Field(description="reference words under the headline normaliser")
    n_speakers_expected: int | None = Field(description="of the manifest, whatever was lost")
    n_utterances_expected: int = Field(description="of the manifest, whatever was lost")
    duration_s: float | None = None
    largest_speaker_share: float | None = Field(default=None, description="of the reference words")


class DimensionInfo(Strict):
    """A tag: where its labels come from, how it varies, and what it is compared with."""

    name: str
    title: str
    source: str
    source_note: str | None = None
    level: Literal["speaker", "utterance"]
    sensitive: bool = False
    groups: tuple[GroupInfo, ...]
    reference: str | None = None
    reference_reason: str | None = None
    parts: tuple[str, ...] = Field(default=(), description="of an intersection: the dimensions it combines")
    empty: tuple[str, ...] = Field(default=(), description="of an intersection: combinations without anybody")

    def is_reserved(self, group: str) -> bool:
        """Whether a group is of those who declined or are unknown; of an intersection, in any part."""
        return is_reserved(group, self.parts)


class ControlLevel(Strict):
    """The people of one level of a control dimension, by the groups of the dimension that is compared.

    Figures and comparisons among them stand in the lists of all others, under the name of `cells`.
    """

    level: str
    cells: DimensionInfo


class Control(Strict):
    """A dimension whose gaps are also told within each declared level of another."""

    dimension: str
    within: str
    title: str
    levels: tuple[ControlLevel, ...]


class Standardised(Strict):
    """A group beside another as if both were spread alike over the levels of the control dimension."""

    dimension: str
    within: str
    group: str
    versus: str
    condition: str
    system: str
    normaliser: str
    measure: Literal["wer_gap", "wer_ratio"]
    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    status: Status = Status.OK
    levels: tuple[str, ...] = Field(description="that it rests on: enough speakers on both sides")
    n_speakers: int | None = Field(description="of the group in those levels")
    n_words: int = Field(description="reference words of both sides in those levels")
    n_words_left_out: int = Field(description="reference words of both sides in no such level")


class ConditionInfo(Strict):
    """A condition as it was rendered: room, noise and handset by id and title; None for what it has not."""

    name: str
    title: str
    room: str | None = None
    room_title: str | None = None
    room_version: str | None = None
    profile: str | None = None
    profile_title: str | None = None
    profile_version: str | None = None
    snr_db: Decibels | None = None
    handset: str | None = None
    handset_title: str | None = None
    handset_version: str | None = None
    digest: str | None = None
    clipped_share: float | None = Field(default=None, description="of the samples, mean over utterances")
    speech_level_db: Decibels | None = Field(
        default=None, description="active speech in dBFS after the room, mean over utterances"
    )


class SystemInfo(Strict):
    """A recogniser as it ran; `model_digest` is None for transcripts that were handed in."""

    name: str
    engine: str | None = None
    model: str | None = None
    model_digest: str | None = None
    settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


class ManifestInfo(Strict):
    """The data that the figures rest on."""

    name: str
    version: str | None
    title: str | None
    description: str | None
    licence: str | None
    collected: str | None
    digest: str
    synthetic: bool = Field(description="the voices are a synthesiser's, not people's")
    share_results: bool = Field(description="whether `permitted_use` allows results to be shared")
    n_speakers: int | None
    n_utterances: int
    duration_s: float | None


class PlanInfo(Strict):
    """The analysis plan, with the time at which it was stored: before the first count, or it is exploratory.

    Where nobody wrote a plan (`declared`), the default one holds: every dimension, each group against all
    others, every condition. Nobody chose it after seeing a figure, and its digest is stored before the first
    count like any other, so its results are said to rest on no written plan, and are not exploratory.
    """

    digest: str
    stored_at: datetime
    thresholds: Thresholds
    margins: dict[str, Margin] = Field(default_factory=dict, description="per dimension")
    family: Family = Family()
    declared: bool | None = Field(default=None, description="whether somebody wrote it; None: not recorded")
    exploratory: bool = Field(default=False, description="another plan was stored here before")
    exploratory_reason: str | None = Field(default=None, description="both digests, with their times")
    not_analysed: tuple[str, ...] = Field(
        default=(), description="titles of the manifest's dimensions that the plan does not name"
    )


class Results(Strict):
    """`results.json`, whole."""

    schema_version: str = SCHEMA_VERSION
    name: str
    title: str
    created_at: datetime
    asr_fair_version: str
    seed: int | None
    manifest: ManifestInfo
    plan: PlanInfo
    conditions: tuple[ConditionInfo, ...]
    systems: tuple[SystemInfo, ...]
    normalisers: tuple[str, ...] = Field(description="the first one is the headline")
    normaliser_versions: dict[str, str]
    dimensions: tuple[DimensionInfo, ...]
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    summaries: tuple[Summary, ...] = ()
    models: tuple[ModelRow, ...] = ()
    faas: tuple[FaasRow, ...] = ()
    controls: tuple[Control, ...] = ()
    standardised: tuple[Standardised, ...] = ()
    system_comparisons: tuple[SystemComparison, ...] = ()
    matched_pairs: tuple[MatchedPairsRow, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    normaliser_traces: tuple[NormaliserTrace, ...] = ()
    losses: tuple[Loss, ...]
    warnings: tuple[str, ...] = ()


def write_results(results: Results, path: Path) -> None:
    """Write `results.json`, and beside it the JSON Schema that it follows (`results.schema.json`)."""
    schema = Results.model_json_schema(mode="serialization")
    write_text(json.dumps(schema, indent=1) + "\n", path.with_suffix(".schema.json"))
    write_text(results.model_dump_json(indent=1) + "\n", path)


def read_results(path: Path) -> Results:
    """The results in a `results.json`."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))
