"""Rooms: `noise_profiles/rooms/<id>.yaml`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from asr_fair.recipes.evidence import Evidenced
from asr_fair.recipes.recipe import NAMING, Recipe
from asr_fair.records import Seconds

Metres = Annotated[float, Field(gt=0, le=100)]
Point = tuple[Metres, Metres, Metres]

WALL_DISTANCE_M = 0.3
"""Nobody stands nearer to a wall, a floor or a ceiling; nor is a microphone there."""


class Room(Recipe, Evidenced):
    """A rectangular room, and how far the speaker is from the microphone in it."""

    folder: ClassVar[str] = "rooms"
    noun: ClassVar[str] = "room"
    not_figures: ClassVar[frozenset[str]] = NAMING

    size_m: Point = Field(description="length, width, height in metres")
    rt60_s: Seconds = Field(ge=0.05, le=5, description="reverberation time: decay by 60 dB")
    distance_m: Metres = Field(description="from the speaker's mouth to the microphone")
    microphone_m: Point | None = Field(default=None, description="drawn for each response if absent")
    responses: int = Field(default=8, ge=1, le=64, description="pairs of positions in the room's bank")

    @model_validator(mode="after")
    def _positions_fit(self) -> Room:
        free_m = tuple(side - 2 * WALL_DISTANCE_M for side in self.size_m)
        if min(free_m) <= 0:
            msg = f"size_m: every side must be longer than {2 * WALL_DISTANCE_M:g} m"
            raise ValueError(msg)
        if self.distance_m**2 > sum(side**2 for side in free_m):
            msg = f"distance_m: {self.distance_m:g} m does not fit into a room of {self.size_m} m"
            raise ValueError(msg)
        if self.microphone_m is not None and not all(
            WALL_DISTANCE_M <= at <= side - WALL_DISTANCE_M
            for at, side in zip(self.microphone_m, self.size_m, strict=True)
        ):
            msg = f"microphone_m: must lie inside the room, {WALL_DISTANCE_M:g} m from its walls"
            raise ValueError(msg)
        return self
