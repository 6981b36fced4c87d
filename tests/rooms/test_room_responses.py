"""A room's responses: reverberation time, direct sound, positions; against pyroomacoustics' own ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyroomacoustics as pra
import pytest
from numpy.typing import NDArray
from pyroomacoustics.experimental import measure_rt60
from scipy.signal import firwin, oaconvolve

from asr_fair.errors import ConfigError
from asr_fair.recipes.library import Found
from asr_fair.recipes.room import WALL_DISTANCE_M, Room
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.rooms.bank import open_room
from asr_fair.rooms.fit import TOLERANCE
from asr_fair.rooms.image_sources import (
    MAX_ORDER,
    ImageSources,
    image_order,
    longest_rt60_s,
    sabine_absorption,
)
from asr_fair.rooms.positions import draw_pairs
from asr_fair.rooms.reverberate import reverberate

MakeRoom = Callable[..., Found[Room]]

ROOMS = [
    {},
    {"size_m": [2.6, 1.4, 1.2], "rt60_s": 0.08, "distance_m": 0.5},
    {"size_m": [6.0, 4.5, 2.7], "rt60_s": 0.3, "distance_m": 1.5},
    {"size_m": [8.0, 2.0, 2.4], "rt60_s": 0.3, "distance_m": 2.0},
]


@pytest.mark.parametrize("figures", ROOMS)
def test_measured_reverberation_time_is_the_one_asked(found_room: MakeRoom, figures: dict) -> None:
    bank = open_room(found_room(**figures))
    asked_s = bank.room.rt60_s
    independent_s = [measure_rt60(each, SAMPLE_RATE_HZ, decay_db=30) for each in bank.responses]
    assert len(independent_s) == bank.room.responses
    np.testing.assert_allclose(independent_s, asked_s, rtol=TOLERANCE)
    np.testing.assert_allclose(bank.rt60_s, asked_s, rtol=TOLERANCE)
    assert np.mean(bank.rt60_s) == pytest.approx(asked_s, rel=0.05)


def test_close_to_the_mouth_the_reverberation_still_has_the_time_asked(found_room: MakeRoom) -> None:
    # The direct sound holds nearly all energy: with it, any decay would look steep.
    bank = open_room(found_room(distance_m=0.1))
    reflections = [np.concatenate([[each[0] - 1], each[1:]]) for each in bank.responses]
    independent_s = [measure_rt60(each, SAMPLE_RATE_HZ, decay_db=30) for each in reflections]
    np.testing.assert_allclose(independent_s, bank.room.rt60_s, rtol=TOLERANCE)


def test_the_direct_sound_comes_first_with_level_1(found_room: MakeRoom) -> None:
    for response in open_room(found_room()).responses:
        assert np.abs(response).argmax() == 0
        assert response[0] == pytest.approx(1, abs=0.05)  # the tail of a reflection's pulse may lie on it
        assert response.dtype == np.float32


def test_a_response_is_that_of_the_plain_room_of_pyroomacoustics(found_room: MakeRoom) -> None:
    room = found_room().recipe
    pair = draw_pairs(room)[0]
    ours = ImageSources(room.size_m, pair, room.rt60_s).response(0.4)
    other = pra.ShoeBox(
        room.size_m,
        fs=SAMPLE_RATE_HZ,
        materials=pra.Material(1 - np.exp(-0.4)),
        max_order=image_order(room.size_m, room.rt60_s),
    )
    other.add_source(pair.mouth_m)
    other.add_microphone(pair.microphone_m)
    other.compute_rir()
    distance_m = np.linalg.norm(pair.mouth_m - pair.microphone_m)
    theirs = other.rir[0][0][40 + round(distance_m / 343 * SAMPLE_RATE_HZ) :][: len(ours)] * distance_m
    # Theirs has another high-pass filter, which reaches back before the direct sound.
    off = _above_500_hz(ours) - _above_500_hz(theirs)
    reflected = _above_500_hz(np.concatenate([[theirs[0] - 1], theirs[1:]]))
    assert np.sum(off**2) < 5e-3 * np.sum(reflected**2)


def _above_500_hz(samples: NDArray) -> NDArray:
    return oaconvolve(samples, firwin(801, 500, pass_zero=False, fs=SAMPLE_RATE_HZ))


def test_formulas_are_those_of_pyroomacoustics() -> None:
    for size_m, rt60_s in [((5.0, 4.0, 2.7), 0.5), ((20.0, 14.0, 6.0), 1.2), ((2.6, 1.4, 1.2), 0.1)]:
        absorption, order = pra.inverse_sabine(rt60_s, size_m)
        assert sabine_absorption(size_m, rt60_s) == pytest.approx(absorption)
        assert image_order(size_m, rt60_s) == order
        assert image_order(size_m, 0.999 * longest_rt60_s(size_m)) == MAX_ORDER


@pytest.mark.parametrize("microphone_m", [None, [1.8, 1.4, 1.0]])
def test_positions_keep_distance_from_walls_and_each_other(
    found_room: MakeRoom, microphone_m: list[float] | None
) -> None:
    room = found_room(microphone_m=microphone_m) if microphone_m else found_room()
    pairs = draw_pairs(room.recipe)
    assert len(pairs) == 2 * room.recipe.responses
    for pair in pairs:
        for point in (pair.mouth_m, pair.microphone_m):
            assert (point >= WALL_DISTANCE_M).all()
            assert (point <= np.array(room.recipe.size_m) - WALL_DISTANCE_M).all()
        assert np.linalg.norm(pair.mouth_m - pair.microphone_m) == pytest.approx(1.0, abs=0.011)
        assert microphone_m is None or pair.microphone_m.tolist() == microphone_m
    assert len({tuple(pair.mouth_m) for pair in pairs}) == len(pairs)


def test_speech_begins_where_it_began_and_its_last_sample_rings_off(found_room: MakeRoom) -> None:
    response = open_room(found_room()).responses[0]
    speech = np.zeros(SAMPLE_RATE_HZ, np.float32)
    speech[4000:12000] = np.random.default_rng(3).standard_normal(8000)
    heard = reverberate(speech, response)
    assert len(heard) == len(speech) + len(response) - 1
    correlation = oaconvolve(heard, speech[::-1])
    assert correlation.argmax() == len(speech) - 1
    assert np.abs(heard[:4000]).max() < 1e-5 < 0.1 < abs(heard[4000])
    click = np.zeros(500, np.float32)
    click[-1] = 1
    np.testing.assert_allclose(reverberate(click, response)[499:], response, atol=1e-6)


def test_reverberation_is_the_plain_convolution(found_room: MakeRoom) -> None:
    response = open_room(found_room()).responses[1]
    speech = np.random.default_rng(4).standard_normal(3000).astype(np.float32)
    plain = np.convolve(speech.astype(np.float64), response.astype(np.float64))
    np.testing.assert_allclose(reverberate(speech, response), plain, atol=1e-5)


def test_a_room_too_small_is_refused_at_once_and_the_advice_holds(found_room: MakeRoom) -> None:
    with pytest.raises(ConfigError) as caught:
        open_room(found_room(rt60_s=3))
    assert str(caught.value).startswith("rooms/small.yaml: rt60_s: a room of 3.6 x 2.9 x 2.5 m is too small")
    advice = _advised_s(caught, "up to")
    assert image_order((3.6, 2.9, 2.5), advice) <= MAX_ORDER < image_order((3.6, 2.9, 2.5), advice + 0.01)


@pytest.mark.parametrize("size_m", [(20, 15, 5), (30, 3, 3)])
def test_a_room_too_large_is_refused_and_the_advice_holds(found_room: MakeRoom, size_m: tuple) -> None:
    with pytest.raises(ConfigError) as caught:
        open_room(found_room(size_m=size_m, rt60_s=0.1, distance_m=2))
    assert str(caught.value).startswith("rooms/small.yaml: rt60_s: a room of")
    assert "is too large for 0.1 s" in str(caught.value)
    rt60_s = _advised_s(caught, "from")
    bank = open_room(found_room(size_m=size_m, rt60_s=rt60_s, distance_m=2))
    np.testing.assert_allclose(bank.rt60_s, rt60_s, rtol=TOLERANCE)


def _advised_s(caught: pytest.ExceptionInfo[ConfigError], word: str) -> float:
    return float(str(caught.value).split(f"Take rt60_s {word} ")[1].split(",")[0])


def test_a_distance_without_a_place_is_refused(found_room: MakeRoom) -> None:
    with pytest.raises(ConfigError, match=r"^rooms/small.yaml: distance_m: found 0 of 3 places .* Take a"):
        open_room(found_room(size_m=[3, 3, 3], distance_m=4.15))
