"""Responses that have the reverberation time asked for, as measured on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr_fair.errors import ConfigError
from asr_fair.recipes.library import Found
from asr_fair.recipes.room import Room
from asr_fair.records import Samples, Seconds
from asr_fair.rooms.decay import reflections_of, reverberation_time_s
from asr_fair.rooms.image_sources import (
    MAX_ORDER,
    ImageSources,
    image_order,
    longest_rt60_s,
    sabine_absorption,
)
from asr_fair.rooms.positions import Pair, draw_pairs

TOLERANCE = 0.15
"""No response whose reverberation time is further off than this share of the one asked is taken."""

_AIM = 0.02
_ROUNDS = 10
_MAX_ABSORPTION = 0.9
"""Beyond that a room is a studio, and its few echoes have no decay to measure."""

_STEP = 1.15
_PAIRS_TRIED = 3


@dataclass(frozen=True, slots=True)
class Fitted:
    """A response, shape (n_taps,), its measured reverberation time, and the exponent of its absorption."""

    samples: Samples
    rt60_s: Seconds
    exponent: float


def fitted_responses(room: Found[Room]) -> Iterator[Fitted]:
    """The room's responses, one after the other; as many as its recipe says.

    Raises
    ------
    ConfigError
        The room has no place for speaker and microphone, or no absorption gives its reverberation time.
    """
    recipe = room.recipe
    _refuse_endless(room)
    pairs = _pairs_of(room)
    if sabine_absorption(recipe.size_m, recipe.rt60_s) > 1:
        raise _too_short(room)
    n_spare = len(pairs) - recipe.responses
    n_fitted = 0
    for fitted in _fit_each(recipe, pairs, recipe.rt60_s):
        if fitted is not None:
            n_fitted += 1
            yield fitted
        elif (n_spare := n_spare - 1) < 0:
            raise _too_short(room)
        if n_fitted == recipe.responses:
            return


def _pairs_of(room: Found[Room]) -> list[Pair]:
    recipe = room.recipe
    pairs = draw_pairs(recipe)
    if len(pairs) < recipe.responses:
        msg = (
            f"{room.path}: distance_m: found {len(pairs)} of {recipe.responses} places for a speaker "
            f"{recipe.distance_m:g} m from the microphone, both off the walls. Take a shorter distance, "
            "a larger room or another microphone_m"
        )
        raise ConfigError(msg)
    return pairs


def _refuse_endless(room: Found[Room]) -> None:
    recipe = room.recipe
    order = image_order(recipe.size_m, recipe.rt60_s)
    if order > MAX_ORDER:
        longest_s = math.floor(100 * longest_rt60_s(recipe.size_m)) / 100
        msg = (
            f"{room.path}: rt60_s: a room of {_size(recipe)} is too small for {recipe.rt60_s:g} s: sound is "
            f"reflected {order} times, and {MAX_ORDER} are computed at most. "
            f"Take rt60_s up to {longest_s:g}, or a larger room"
        )
        raise ConfigError(msg)


def _too_short(room: Found[Room]) -> ConfigError:
    recipe = room.recipe
    nearest_s = _shortest_rt60_s(recipe)
    remedy = "Take" if nearest_s is None else f"Take rt60_s from {nearest_s:g}, or"
    msg = (
        f"{room.path}: rt60_s: a room of {_size(recipe)} is too large for {recipe.rt60_s:g} s: it rings "
        f"longer with walls that absorb {_MAX_ABSORPTION:.0%} of the sound. {remedy} a smaller room"
    )
    return ConfigError(msg)


def _shortest_rt60_s(room: Room) -> Seconds | None:
    """The shortest reverberation time above the one asked that its first pairs of positions can have."""
    rt60_s = max(room.rt60_s, sabine_absorption(room.size_m, 1.0))
    while image_order(room.size_m, rt60_s := math.ceil(100 * rt60_s * _STEP) / 100) <= MAX_ORDER:
        pairs = draw_pairs(room.model_copy(update={"rt60_s": rt60_s}))[:_PAIRS_TRIED]
        if all(fitted is not None for fitted in _fit_each(room, pairs, rt60_s)):
            return rt60_s
    return None


def _fit_each(room: Room, pairs: Sequence[Pair], rt60_s: Seconds) -> Iterator[Fitted | None]:
    """A response for each pair of positions; None for one that cannot have the reverberation time."""
    exponent = sabine_absorption(room.size_m, rt60_s)
    for pair in pairs:
        fitted = _fit(ImageSources(room.size_m, pair, rt60_s), rt60_s, exponent)
        exponent = exponent if fitted is None else fitted.exponent
        yield fitted


def _fit(images: ImageSources, rt60_s: Seconds, exponent: float) -> Fitted | None:
    """The response nearest to the reverberation time, starting from an absorption; None beyond tolerance.

    Decay is a straight line in dB: a room that rings too long by a factor needs an exponent larger by it.
    In long or flat rooms it is no straight line, and that step may overshoot: then the middle is taken.
    """
    best: Fitted | None = None
    low, high = 0.0, -math.log(1 - _MAX_ABSORPTION)  # between them lies the one sought
    for _ in range(_ROUNDS):
        samples = images.response(exponent)
        measured_s = reverberation_time_s(reflections_of(samples))
        if measured_s is None:
            break
        if best is None or abs(measured_s - rt60_s) < abs(best.rt60_s - rt60_s):
            best = Fitted(samples, measured_s, exponent)
        if abs(measured_s / rt60_s - 1) <= _AIM:
            break
        low, high = (exponent, high) if measured_s > rt60_s else (low, exponent)
        step = exponent * measured_s / rt60_s
        exponent = step if low < step < high else (low + high) / 2
    return best if best is not None and abs(best.rt60_s / rt60_s - 1) <= TOLERANCE else None


def _size(room: Room) -> str:
    return " x ".join(f"{side:g}" for side in room.size_m) + " m"
