"""What is done to every utterance: `conditions` of the run configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from asr_fair.records import CLEAN, NONE, Decibels
from asr_fair.validation import Strict, refuse_repeats


class Grid(Strict):
    """Conditions: every combination of the noise profiles, SNRs, rooms and handsets named here.

    'none' among profiles, rooms or handsets stands for a combination without one.
    """

    profile: tuple[str, ...] = Field(default=(NONE,), min_length=1, description="ids of noise profiles")
    snr_db: tuple[Decibels, ...] = Field(default=(), description="dB of active speech over sounding noise")
    room: tuple[str, ...] = Field(default=(NONE,), min_length=1, description="ids of rooms")
    handset: tuple[str, ...] = Field(default=(NONE,), min_length=1, description="ids of handsets")

    @field_validator("profile", "snr_db", "room", "handset", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return value if isinstance(value, list | tuple) else (value,)

    @field_validator("profile", "snr_db", "room", "handset")
    @classmethod
    def _each_once(cls, values: tuple[str | float, ...]) -> tuple[str | float, ...]:
        refuse_repeats(values)
        return values

    @model_validator(mode="after")
    def _noise_has_a_level(self) -> Grid:
        has_noise = any(each != NONE for each in self.profile)
        if has_noise and not self.snr_db:
            msg = "snr_db: is missing: say at which signal-to-noise ratios the profile is heard"
            raise ValueError(msg)
        if self.snr_db and not has_noise:
            msg = "snr_db: needs a profile: a ratio of speech to which noise?"
            raise ValueError(msg)
        if not has_noise and all(each == NONE for each in (*self.room, *self.handset)):
            msg = "names no profile, room or handset; write 'clean' for the recording as it is"
            raise ValueError(msg)
        return self


def _only_clean(value: object) -> object:
    if value != CLEAN:
        msg = "must be 'clean', or a grid such as {profile: scanner, snr_db: 10}"
        raise ValueError(msg)
    return value


def _kind_of_condition(value: object) -> str:
    return "grid" if isinstance(value, Mapping | Grid) else "clean"


ConditionConfig = Annotated[
    Annotated[Literal["clean"], BeforeValidator(_only_clean), Tag("clean")] | Annotated[Grid, Tag("grid")],
    Discriminator(_kind_of_condition),
]
"""'clean', or a grid of conditions; told apart by their form, so that a fault is named once."""
