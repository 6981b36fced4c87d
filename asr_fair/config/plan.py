"""The analysis plan: what is compared with what, and the judgement calls of the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from asr_fair.errors import Fault, FaultsError
from asr_fair.validation import Strict, load_yaml_mapping, read_utf8, refuse_repeats, validate_mapping


class Reference(Strict):
    """The group that a dimension's other groups are compared with, and why that one."""

    group: str
    reason: str = Field(description="why this group: the report prints it")

    @field_validator("reason")
    @classmethod
    def _is_said(cls, value: str) -> str:
        if not value.strip():
            msg = "must say why this group: the report prints it"
            raise ValueError(msg)
        return value


class Thresholds(Strict):
    """Judgement calls of the statistics, in one place (methods: display rules and verdicts)."""

    min_speakers_counted: int = Field(default=3, ge=2, description="below: the group is suppressed")
    min_speakers_shown: int = Field(default=5, ge=3, description="below: only counts are shown")
    min_speakers_full: int = Field(default=10, ge=5, description="below: indicative, no verdict")
    min_words_full: int = Field(default=300, ge=1, description="below: indicative, no verdict")
    few_words: int = Field(default=1000, ge=1, description="below: flagged")
    dominant_speaker_share: float = Field(default=0.25, gt=0, le=1, description="above: flagged")
    min_speakers_equivalent: int = Field(default=30, ge=10, description="needed to say 'equivalent'")
    card_min_speakers: int = Field(default=5, ge=3, description="below: hidden on the card")
    equivalence_ratio: float = Field(default=1.25, gt=1, description="largest ratio called equivalent")
    equivalence_points: float | None = Field(
        default=None, gt=0, le=100, description="largest gap called equivalent; where set, both must hold"
    )
    tolerable_wer: float | None = Field(
        default=0.30,
        gt=0,
        le=1,
        description="WER within which a transcript is of use: the lowest SNR that keeps it is a group's "
        "tolerance; null for none",
    )
    """A judgement, for the customer to replace. Above .30 people took longer to correct a transcript than to
    type it afresh (Gaur et al., W4A 2016, lectures). Readers of transcripts were served at .25 and not at .45
    (Munteanu et al., CHI 2006); words that decide on a dose bear far less."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    n_draws: int = Field(
        default=2000,
        ge=1000,
        le=100_000,
        description="bootstrap draws, and arrangements of a test; 10,000 to publish",
    )
    max_combinations: int = Field(
        default=500, ge=4, description="of groups in one intersection; above: refused"
    )


def _once_each(names: tuple[str, ...]) -> tuple[str, ...]:
    refuse_repeats(names)
    return names


def _two_or_three(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) not in (2, 3):
        msg = "must name two or three dimensions, such as [accent, gender]"
        raise ValueError(msg)
    return names


UniqueNames = Annotated[tuple[str, ...], AfterValidator(_once_each)]
Combination = Annotated[UniqueNames, AfterValidator(_two_or_three)]


class Margin(Strict):
    """How far apart two groups of one dimension may be and still be called equivalent."""

    ratio: float | None = Field(default=None, gt=1, description="instead of equivalence_ratio")
    points: float | None = Field(default=None, gt=0, le=100, description="instead of equivalence_points")


class Family(Strict):
    """Which comparisons are declared together, so that their intervals hold together.

    Whatever a run compares beside them is computed all the same, and labelled exploratory. Systems are
    families of their own.
    """

    conditions: UniqueNames | None = Field(
        default=None, min_length=1, description="names of the conditions; all when absent"
    )
    across: Literal["groups", "dimensions"] = Field(
        default="groups", description="each dimension's groups, or those of all dimensions together"
    )


class Plan(Strict):
    """The analysis plan: declared before the first count; anything else is exploratory."""

    dimensions: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="dimensions analysed; all of the manifest's when absent"
    )
    references: Mapping[str, Reference] = Field(
        default_factory=dict, description="per dimension; without one, each group against the rest"
    )
    covariates: Mapping[str, UniqueNames] = Field(
        default_factory=dict,
        description="per dimension with a reference: what else may differ between its groups and is adjusted "
        "for, as other dimensions, duration_s, words_per_s. Never a mediator: what being in the group "
        "brings about itself explains the gap away",
    )
    mixed_models: Literal["auto", "always", "never"] = Field(
        default="auto", description="models with a random intercept per speaker; auto: up to 1,000 speakers"
    )
    faas: bool = Field(default=False, description="compatibility figure of ASR-FairBench, with its warning")
    intersections: tuple[Combination, ...] = Field(
        default=(), description="combinations of two or three dimensions, analysed like a dimension"
    )
    within: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="per dimension those to hold equal: its gaps within each level of another",
    )
    baseline_system: str | None = Field(
        default=None,
        description="system that the others are compared with; without it all pairs of up to three "
        "systems, and of more the first with each of the others",
    )
    thresholds: Thresholds = Thresholds()
    margins: Mapping[str, Margin] = Field(
        default_factory=dict, description="per dimension; without one, those of the thresholds"
    )
    family: Family = Family()

    @field_validator("thresholds")
    @classmethod
    def _in_order(cls, value: Thresholds) -> Thresholds:
        """Only of a plan that people write: what is handed out raises the first two above the third."""
        steps = ("min_speakers_counted", "min_speakers_shown", "min_speakers_full")
        for low, high in pairwise(steps):
            if getattr(value, low) > getattr(value, high):
                msg = (
                    f"{low} {getattr(value, low)} must not be more than {high} {getattr(value, high)}: "
                    "what is judged is shown, and what is shown is counted. Change both"
                )
                raise ValueError(msg)
        return value

    @field_validator("dimensions")
    @classmethod
    def _each_once(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        refuse_repeats(value or ())
        return value

    @field_validator("intersections")
    @classmethod
    def _each_combination_once(cls, value: tuple[Combination, ...]) -> tuple[Combination, ...]:
        refuse_repeats(" × ".join(sorted(parts)) for parts in value)
        return value

    @field_validator("within")
    @classmethod
    def _others_each_once(cls, value: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for name, controls in value.items():
            refuse_repeats(controls)
            if not controls or name in controls:
                msg = f"{name}: must list other dimensions, such as [gender]"
                raise ValueError(msg)
        return value

    @property
    def is_declared(self) -> bool:
        """Whether somebody wrote a plan, even one that says no more than the default."""
        return bool(self.model_fields_set)

    def limits_of(self, dimension: str) -> Thresholds:
        """The thresholds with the margins of one dimension."""
        return limits_of(dimension, self.thresholds, self.margins)


def limits_of(dimension: str, thresholds: Thresholds, margins: Mapping[str, Margin]) -> Thresholds:
    """The thresholds, and in them the margins that are declared for this dimension."""
    own = margins.get(dimension, Margin()).model_dump(exclude_none=True)
    return thresholds.model_copy(update={f"equivalence_{scale}": limit for scale, limit in own.items()})


class _PlanFile(Strict):
    plan: Plan


def read_plan(path: Path) -> Plan:
    """The analysis plan in a YAML file: its keys at the top, or under `plan:` as in a run configuration."""
    content = load_yaml_mapping(read_utf8(path), name=str(path))
    if "plan" in content:
        if beside := [key for key in content if key != "plan"]:
            problem = f"stands beside {', '.join(map(str, beside))}"
            remedy = "Put all keys under plan:, or all of them at the top"
            raise FaultsError([Fault(file=str(path), field="plan", problem=problem, remedy=remedy)])
        return validate_mapping(_PlanFile, content, name=str(path)).plan
    return validate_mapping(Plan, content, name=str(path))
