"""The kinds of sound that a noise profile is made of: one small class each, joined in `NoiseSource`.

A new kind is a class here, its place in `NoiseSource`, and its function in `asr_fair.noise`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate
from pathlib import PurePath
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from asr_fair.recipes.evidence import Evidenced
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Seconds
from asr_fair.validation import Strict

OCTAVES_HZ = (31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000)
THIRD_OCTAVES_HZ = (
    *(25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800),
    *(1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000),
)
"""Nominal centre frequencies (IEC 61260) up to half the sample rate."""

SHORTEST_PULSE_S: Seconds = 0.001
"""A shorter pulse could fall between two samples."""

RelativeLevel = Annotated[Decibels, Field(ge=-120, le=120)]
Frequency = Annotated[float, Field(ge=1, lt=SAMPLE_RATE_HZ / 2)]
Spacing = Annotated[Seconds, Field(ge=0, le=10)]
Spacings = Annotated[
    Annotated[Spacing, Tag("one")] | Annotated[tuple[Spacing, ...], Tag("many")],
    Discriminator(lambda value: "many" if isinstance(value, list | tuple) else "one"),
]
"""Told apart by their form, so that a fault is named once."""

Jitter = Annotated[
    float,
    Field(
        ge=0,
        le=0.2,
        description="standard deviation of an onset, evenly distributed, as a share of the period",
    ),
]


def band_edges_hz(centre_hz: float, bands_per_octave: int) -> tuple[float, float]:
    """Edges of the band with a nominal centre, for 1 or 3 bands an octave (IEC 61260, base ten).

    Ten thirds of an octave make a decade, so neighbouring bands share an edge exactly.
    """
    tenths_of_a_decade = round(10 * math.log10(centre_hz / 1000))
    half_width = 1.5 / bands_per_octave
    return (
        1000 * 10 ** ((tenths_of_a_decade - half_width) / 10),
        1000 * 10 ** ((tenths_of_a_decade + half_width) / 10),
    )


def _check_pulses(pulse_s: Seconds, duty: float, jitter: float) -> None:
    """Raise ValueError for pulses that no sample hears, or that would run into each other."""
    if pulse_s < SHORTEST_PULSE_S:
        msg = f"duty: a pulse lasts {pulse_s:g} s; nothing shorter than {SHORTEST_PULSE_S:g} s can be made"
        raise ValueError(msg)
    limit = (1 - duty) / (2 * math.sqrt(3))  # an even distribution reaches sqrt(3) standard deviations
    if jitter > limit:
        most = math.floor(limit * 1000) / 1000
        msg = f"jitter: pulses of duty {duty:g} would overlap; at most {most:g} there"
        raise ValueError(msg)


class Source(Evidenced):
    """What every kind of sound has: a level among the profile's sources, and evidence for its figures."""

    not_figures: ClassVar[frozenset[str]] = frozenset({"kind"})

    level_db: RelativeLevel = Field(default=0.0, description="relative to the other sources, while it sounds")


class Harmonic(Source):
    """A sound of a fundamental and its harmonics."""

    fundamental_hz: Frequency
    harmonics_db: tuple[RelativeLevel, ...] = Field(
        min_length=1,
        max_length=100,
        description="level of the fundamental, then of its 2nd, 3rd ... harmonic; left out from 8000 Hz on",
    )


class Tones(Harmonic):
    """A hum with harmonics that pulses at its own rate, such as a scanner's."""

    kind: Literal["tones"]
    repetition_hz: float = Field(ge=1e-4, le=1000, description="pulses a second")
    duty: float = Field(gt=0, le=1, description="sounding share of a period; 1 is a steady hum")
    ramp_s: Seconds = Field(ge=0, description="rise, and fall, of a pulse; inside its sounding time")
    jitter: Jitter = 0.0

    @property
    def period_s(self) -> Seconds:
        """From one onset to the next."""
        return 1 / self.repetition_hz

    @property
    def pulse_s(self) -> Seconds:
        """Sounding time of one pulse."""
        return self.duty * self.period_s

    @model_validator(mode="after")
    def _pulses_fit(self) -> Tones:
        _check_pulses(self.pulse_s, self.duty, self.jitter)
        if 2 * self.ramp_s > self.pulse_s:
            msg = f"ramp_s: two ramps of {self.ramp_s:g} s do not fit into a pulse of {self.pulse_s:g} s"
            raise ValueError(msg)
        return self


class Alarm(Harmonic):
    """Bursts of pulses in the pattern of IEC 60601-1-8, with no claim of conformity to it."""

    kind: Literal["alarm"]
    groups_per_burst: int = Field(ge=1, le=20)
    pulses_per_group: int = Field(ge=1, le=50)
    pulse_s: Seconds = Field(ge=SHORTEST_PULSE_S, le=10, description="one pulse, with its rise and fall")
    spacing_s: Spacings = Field(
        description="silence between pulses of a group: one figure, or one for each pair of neighbours"
    )
    gap_s: Seconds = Field(default=0.0, ge=0, le=60, description="silence between groups of a burst")
    burst_period_s: Seconds = Field(gt=0, le=3600, description="from one burst's onset to the next")
    rise_share: float = Field(ge=0, le=0.5, description="rise, and fall, as a share of the pulse")
    melody: tuple[Annotated[float, Field(gt=0, le=20)], ...] = Field(
        default=(), description="fundamental of each pulse of a group, as a multiple of fundamental_hz"
    )

    @property
    def pulses(self) -> tuple[tuple[Seconds, float], ...]:
        """Each pulse of a burst: its onset after the burst's, and its fundamental in Hz."""
        onsets_s = [0.0, *accumulate(self.pulse_s + spacing_s for spacing_s in self.spacings_s)]
        group_s = onsets_s[-1] + self.pulse_s + self.gap_s
        multiples = self.melody or (1.0,) * self.pulses_per_group
        return tuple(
            (group * group_s + onset_s, self.fundamental_hz * multiple)
            for group in range(self.groups_per_burst)
            for onset_s, multiple in zip(onsets_s, multiples, strict=True)
        )

    @property
    def spacings_s(self) -> tuple[Seconds, ...]:
        """Silence after each pulse of a group but the last."""
        if isinstance(self.spacing_s, tuple):
            return self.spacing_s
        return (self.spacing_s,) * (self.pulses_per_group - 1)

    @property
    def burst_s(self) -> Seconds:
        """From a burst's first onset to the end of its last pulse."""
        return self.pulses[-1][0] + self.pulse_s

    @model_validator(mode="after")
    def _bursts_do_not_overlap(self) -> Alarm:
        if len(self.spacings_s) != self.pulses_per_group - 1:
            needed = f"one figure, or {self.pulses_per_group - 1}, one between each two pulses of a group"
            msg = f"spacing_s: needs {needed}; got {len(self.spacings_s)}"
            raise ValueError(msg)
        if self.melody and len(self.melody) != self.pulses_per_group:
            msg = f"melody: needs {self.pulses_per_group} entries, one a pulse, got {len(self.melody)}"
            raise ValueError(msg)
        if (highest_hz := max(hz for _, hz in self.pulses)) >= SAMPLE_RATE_HZ / 2:
            msg = f"melody: a pulse of {highest_hz:g} Hz; all must lie below {SAMPLE_RATE_HZ / 2:g} Hz"
            raise ValueError(msg)
        if self.burst_s > self.burst_period_s:
            msg = (
                f"burst_period_s: a burst lasts {self.burst_s:g} s, longer than the {self.burst_period_s:g} s"
            )
            raise ValueError(f"{msg} to the next one")
        return self


class Sweep(Source):
    """A tone whose fundamental moves between two frequencies, such as a siren's."""

    kind: Literal["sweep"]
    low_hz: Frequency
    high_hz: Frequency
    period_s: Seconds = Field(ge=0.01, le=600, description="from one lowest point to the next")
    shape: Literal["triangle", "sine", "rise", "step"] = Field(
        description="up and down; the same smoothly; up only, then back at once; two tones in turn"
    )
    harmonics_db: tuple[RelativeLevel, ...] = Field(
        min_length=1,
        max_length=100,
        description="level of the fundamental, then of its harmonics; one that reaches 8000 Hz is left out",
    )

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Sweep:
        if self.low_hz >= self.high_hz:
            msg = f"high_hz: must lie above low_hz ({self.low_hz:g}), got {self.high_hz:g}"
            raise ValueError(msg)
        return self


class Shaped(Source):
    """Random noise with a level in each octave band, or in each third of an octave; other bands are empty.

    Levels are relative to each other. The highest band counts up to 8000 Hz, half the sample rate.
    """

    octave_db: Mapping[float, RelativeLevel] | None = Field(
        default=None, description=f"level in bands centred at {', '.join(f'{hz:g}' for hz in OCTAVES_HZ)} Hz"
    )
    third_octave_db: Mapping[float, RelativeLevel] | None = Field(
        default=None, description="level in bands centred at 25, 31.5, 40 ... 6300, 8000 Hz"
    )

    @field_validator("octave_db", "third_octave_db")
    @classmethod
    def _centres_are_nominal(cls, levels: Mapping[float, float] | None) -> Mapping[float, float] | None:
        nominal = {*OCTAVES_HZ, *THIRD_OCTAVES_HZ}
        if levels is not None and (odd := sorted(set(levels) - nominal)):
            msg = f"{', '.join(f'{hz:g}' for hz in odd)} is no nominal centre frequency (63, 125, 250 ...)"
            raise ValueError(msg)
        return levels

    @model_validator(mode="after")
    def _bands_of_one_width(self) -> Shaped:
        if bool(self.octave_db) == bool(self.third_octave_db):
            msg = "give either octave_db or third_octave_db, with one band at least"
            raise ValueError(msg)
        if self.octave_db and (odd := sorted(set(self.octave_db) - set(OCTAVES_HZ))):
            msg = f"octave_db: {', '.join(f'{hz:g}' for hz in odd)} is the centre of a third of an octave"
            raise ValueError(msg)
        return self

    @property
    def bands_db(self) -> Mapping[float, Decibels]:
        """Level of each band by its centre frequency in Hz."""
        return self.octave_db or self.third_octave_db or {}

    @property
    def bands_per_octave(self) -> int:
        """1 or 3."""
        return 1 if self.octave_db else 3


class Broadband(Shaped):
    """Steady or slowly varying noise: ventilation, fans, tyres."""

    kind: Literal["broadband"]
    variation_db: Decibels = Field(default=0.0, ge=0, le=20, description="standard deviation of the level")
    variation_s: Seconds = Field(
        default=1.0,
        ge=0.05,
        le=60,
        description="how long the level keeps: after it, its autocorrelation has fallen to 1/e",
    )


class Cyclic(Shaped):
    """Noise that comes and goes: a ventilator's breath, suction, rotor blades."""

    kind: Literal["cyclic"]
    period_s: Seconds = Field(ge=0.01, le=600, description="from one onset to the next")
    duty: float = Field(gt=0, lt=1, description="sounding share of a period")
    rise_s: Seconds = Field(ge=0, description="inside the sounding time")
    fall_s: Seconds = Field(ge=0, description="inside the sounding time")
    rest_db: Annotated[Decibels, Field(ge=-80, le=0)] | None = Field(
        default=None, description="level between, relative to the full level; silent if absent"
    )
    jitter: Jitter = 0.0

    @property
    def pulse_s(self) -> Seconds:
        """Sounding time of one period."""
        return self.duty * self.period_s

    @model_validator(mode="after")
    def _pulses_fit(self) -> Cyclic:
        _check_pulses(self.pulse_s, self.duty, self.jitter)
        if self.rise_s + self.fall_s > self.pulse_s:
            msg = f"rise_s, fall_s: do not fit into the sounding {self.pulse_s:g} s of a period"
            raise ValueError(msg)
        return self


class Impulses(Shaped):
    """Hits that ring off: dropped instruments, doors, cups; each sounds until it has fallen by 20 dB."""

    kind: Literal["impulses"]
    per_minute: float = Field(
        ge=1e-3, le=6000, description="mean number of hits, beside one put into the speech"
    )
    timing: Literal["random", "regular"] = Field(
        default="random", description="independent of each other (a Poisson process), or evenly spaced"
    )
    decay_s: Seconds = Field(
        ge=3 * SHORTEST_PULSE_S,
        le=10,
        description="time in which a hit falls by 60 dB; its level is that of the first third",
    )
    modes_hz: tuple[Frequency, ...] = Field(default=(), max_length=20, description="tones that ring with it")
    modes_db: RelativeLevel = Field(
        default=0.0, description="level of those tones together, relative to the noise of the hit"
    )
    spread_db: Decibels = Field(default=0.0, ge=0, le=20, description="standard deviation of a hit's level")


BANK_LIMIT_S: Seconds = 1800.0
"""Sound in one source's bank, in seconds: it lies in the memory of every worker."""


class ClipFile(Strict):
    """A recording, or all sound files that lie directly in a folder."""

    path: PurePath = Field(description="relative to the profile's own folder")
    licence: str = Field(min_length=1)
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="of the file, or of all files of the folder; the error for a missing one tells it",
    )
    start_s: Seconds | None = Field(default=None, ge=0, description="in each file; its beginning if absent")
    duration_s: Seconds | None = Field(default=None, gt=0, description="of each file; to its end if absent")


class Recording(Source):
    """Recordings of the place: one is drawn for each utterance, and looped where it is too short."""

    kind: Literal["recording"]
    not_figures: ClassVar[frozenset[str]] = frozenset({"kind", "files"})
    files: tuple[ClipFile, ...] = Field(min_length=1)
    crossfade_s: Seconds = Field(default=0.05, ge=0, le=5, description="where the end meets the beginning")


class Babble(Source):
    """Other speakers of the manifest talking at once; never the utterance's own speaker."""

    kind: Literal["babble"]
    voices: int = Field(ge=1, le=30, description="voices at once, all at the same active speech level")
    bank_speakers: int = Field(default=40, ge=2, le=200, description="speakers in the bank, where there are")
    bank_s: Seconds = Field(default=20.0, ge=1, le=120, description="speech of each speaker in the bank")

    @model_validator(mode="after")
    def _the_bank_has_enough(self) -> Babble:
        if self.bank_speakers <= self.voices:
            msg = f"bank_speakers: needs more than the {self.voices} voices: one may be the utterance's own"
            raise ValueError(msg)
        if self.bank_speakers * self.bank_s > BANK_LIMIT_S:
            msg = f"bank_s: {self.bank_speakers} speakers of {self.bank_s:g} s are more than"
            raise ValueError(f"{msg} {BANK_LIMIT_S / 60:g} minutes")
        return self


NoiseSource = Annotated[
    Tones | Alarm | Sweep | Broadband | Cyclic | Impulses | Recording | Babble,
    Field(discriminator="kind"),
]
