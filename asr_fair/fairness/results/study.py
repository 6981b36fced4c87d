"""What the figures rest on: data, plan, conditions, systems."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from asr_fair.config import Family, Margin, Thresholds
from asr_fair.records import Decibels, Seconds
from asr_fair.validation import Strict


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
    batch_windows: int | None = Field(default=None, description="30-second windows in a batch")


class Probes(Strict):
    """What a system wrote down where nobody spoke: silence, or the condition's noise alone.

    No group's errors hold any of it.
    """

    system: str
    condition: str
    n_probes: int = Field(description="recordings in which nobody speaks")
    n_failed: int = Field(default=0, description="of them without an outcome that can be counted")
    n_with_words: int = Field(description="of them with at least one word")
    n_words: int = Field(description="made up, under the headline normaliser")
    duration_s: Seconds = Field(description="of those that did not fail, together")
    has_voices: bool = Field(default=False, description="whether the noise is made of people's voices")


class ManifestInfo(Strict):
    """The data that the figures rest on."""

    name: str
    version: str | None
    title: str | None
    description: str | None
    licence: str | None
    collected: str | None
    language: str | None = Field(default=None, description="of the utterances; None: not recorded")
    empty_groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by a dimension's title: groups that it declares and nobody is in"
    )
    digest: str
    synthetic: bool = Field(description="the voices are a synthesiser's, not people's")
    share_results: bool = Field(description="whether `permitted_use` allows results to be shared")
    n_speakers: int | None
    n_utterances: int
    duration_s: float | None


class SharedInfo(Strict):
    """What was left out of results that are handed out; what is left out is not in them anywhere."""

    min_speakers: int = Field(description="k: no figure rests on fewer people")
    n_hidden: dict[str, int] = Field(
        default_factory=dict, description="groups left out, by title of the dimension"
    )
    has_losses: bool = Field(default=False, description="whether anything was lost, told of here or not")
    hidden: dict[str, tuple[str, ...]] | None = Field(
        default=None, description="their names, by dimension; None: they are not named"
    )


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
