"""The kinds of sound that a noise profile is made of: one small class each, joined in `NoiseSource`.

A new kind is a class here, its place in `NoiseSource`, and its function in `conditions.synth`.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from asr_fair.records import Decibels, Seconds
from asr_fair.validation import Strict

_NOT_FIGURES = frozenset({"kind", "evidence"})


class Origin(StrEnum):
    """Where a figure comes from."""

    MEASURED = "measured"
    READ = "read"
    RECALLED = "recalled"
    ASSUMED = "assumed"


class Evidence(Strict):
    """Where the named figures of a source come from."""

    figures: tuple[str, ...] = Field(min_length=1, description="keys of the source that this holds for")
    origin: Origin
    source: str | None = Field(default=None, min_length=1, description="what was read, or what was measured")
    note: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _a_claim_has_a_source(self) -> Evidence:
        if self.origin in (Origin.READ, Origin.MEASURED) and self.source is None:
            msg = f"'{self.origin}' needs a `source`: say what was {self.origin}, or use 'assumed'"
            raise ValueError(msg)
        return self


class Source(Strict):
    """What every kind of sound has: a level among the profile's sources, and evidence for its figures."""

    level_db: Decibels = Field(default=0.0, ge=-120, le=120, description="relative to the other sources")
    evidence: tuple[Evidence, ...] = Field(description="for each figure given, where it comes from")

    @model_validator(mode="after")
    def _each_figure_has_evidence_once(self) -> Source:
        given = self.model_fields_set - _NOT_FIGURES
        named = Counter(figure for entry in self.evidence for figure in entry.figures)
        if missing := sorted(given - named.keys()):
            msg = f"evidence: no entry says where {', '.join(missing)} comes from"
            raise ValueError(msg)
        if surplus := sorted(named.keys() - given):
            msg = f"evidence: {', '.join(surplus)} is not a figure given here"
            raise ValueError(msg)
        if twice := sorted(figure for figure, times in named.items() if times > 1):
            msg = f"evidence: {', '.join(twice)} has more than one entry"
            raise ValueError(msg)
        return self


class Harmonic(Source):
    """A sound of a fundamental and its harmonics."""

    fundamental_hz: float = Field(gt=0, le=20_000)
    harmonics_db: tuple[Decibels, ...] = Field(
        min_length=1,
        max_length=100,
        description="level of the fundamental, then of its 2nd, 3rd ... harmonic",
    )

    @field_validator("harmonics_db")
    @classmethod
    def _levels_are_plausible(cls, levels_db: tuple[Decibels, ...]) -> tuple[Decibels, ...]:
        if any(abs(level_db) > 120 for level_db in levels_db):
            msg = "levels must lie in [-120, 120] dB"
            raise ValueError(msg)
        return levels_db


class Tones(Harmonic):
    """A hum with harmonics that pulses at its own rate, such as a scanner's."""

    kind: Literal["tones"]
    repetition_hz: float = Field(gt=0, le=1000, description="pulses a second")
    duty: float = Field(gt=0, le=1, description="sounding share of a period; 1 is a steady hum")
    ramp_s: Seconds = Field(ge=0, description="rise, and fall, of a pulse; inside its sounding time")

    @property
    def period_s(self) -> Seconds:
        """From one onset to the next."""
        return 1 / self.repetition_hz

    @property
    def pulse_s(self) -> Seconds:
        """Sounding time of one pulse."""
        return self.duty * self.period_s

    @model_validator(mode="after")
    def _ramps_fit_into_the_pulse(self) -> Tones:
        if 2 * self.ramp_s > self.pulse_s:
            msg = f"ramp_s: two ramps of {self.ramp_s:g} s do not fit into a pulse of {self.pulse_s:g} s"
            raise ValueError(msg)
        return self


class Alarm(Harmonic):
    """Bursts of pulses in the pattern of IEC 60601-1-8, with no claim of conformity to it."""

    kind: Literal["alarm"]
    groups_per_burst: int = Field(ge=1, le=20)
    pulses_per_group: int = Field(ge=1, le=50)
    pulse_s: Seconds = Field(gt=0, le=10, description="one pulse, with its rise and fall")
    spacing_s: Seconds = Field(ge=0, le=10, description="silence between pulses of a group")
    gap_s: Seconds = Field(default=0.0, ge=0, le=60, description="silence between groups of a burst")
    burst_period_s: Seconds = Field(gt=0, le=3600, description="from one burst's onset to the next")
    rise_share: float = Field(ge=0, le=0.5, description="rise, and fall, as a share of the pulse")

    @property
    def pulse_onsets_s(self) -> tuple[Seconds, ...]:
        """Onset of every pulse after the onset of its burst."""
        step_s = self.pulse_s + self.spacing_s
        group_s = self.pulses_per_group * step_s - self.spacing_s + self.gap_s
        return tuple(
            group * group_s + pulse * step_s
            for group in range(self.groups_per_burst)
            for pulse in range(self.pulses_per_group)
        )

    @property
    def burst_s(self) -> Seconds:
        """From a burst's first onset to the end of its last pulse."""
        return self.pulse_onsets_s[-1] + self.pulse_s

    @model_validator(mode="after")
    def _bursts_do_not_overlap(self) -> Alarm:
        if self.burst_s > self.burst_period_s:
            msg = (
                f"burst_period_s: a burst lasts {self.burst_s:g} s, longer than the {self.burst_period_s:g} s"
            )
            raise ValueError(f"{msg} to the next one")
        return self


NoiseSource = Annotated[Tones | Alarm, Field(discriminator="kind")]
