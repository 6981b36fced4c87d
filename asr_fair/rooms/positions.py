"""Where a speaker and a microphone are in a room: drawn from the room alone, the same for every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.recipes.room import WALL_DISTANCE_M, Room
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.seed import rng_for

SPEED_OF_SOUND_M_S = 343.0

_DRAWS = 50_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A speaker's mouth and a microphone: each a point of shape (3,), in metres."""

    mouth_m: NDArray[np.float64]
    microphone_m: NDArray[np.float64]


def travel_samples(room: Room) -> int:
    """How long the direct sound travels, in whole samples.

    Rounding moves the mouth by 1.1 cm at most, so that the direct sound is one sample and not a ripple.
    """
    return max(1, round(room.distance_m / SPEED_OF_SOUND_M_S * SAMPLE_RATE_HZ))


def draw_pairs(room: Room) -> list[Pair]:
    """Pairs that keep the room's distance, off its walls: for each response of its bank one to spare.

    Fewer where they are hard to find.
    """
    rng = rng_for(0, room.digest, "positions in the room")
    size_m = np.array(room.size_m)
    low_m, high_m = np.full(3, WALL_DISTANCE_M), size_m - WALL_DISTANCE_M
    microphones_m = rng.uniform(low_m, high_m, size=(_DRAWS, 3))
    if room.microphone_m is not None:
        microphones_m[:] = room.microphone_m
    directions = rng.standard_normal((_DRAWS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    distance_m = travel_samples(room) * SPEED_OF_SOUND_M_S / SAMPLE_RATE_HZ
    mouths_m = microphones_m + distance_m * directions
    (inside,) = np.nonzero(((mouths_m >= low_m) & (mouths_m <= high_m)).all(axis=1))
    return [Pair(mouths_m[draw], microphones_m[draw]) for draw in inside[: 2 * room.responses]]
