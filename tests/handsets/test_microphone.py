"""Filters, gain, limiter and clipping of a microphone."""

from __future__ import annotations

import random  # noqa: TID251 - to see that nobody uses it

import numpy as np
import pytest

from asr_fair.handsets.microphone import pick_up
from asr_fair.recipes.handset import Microphone
from asr_fair.records import Samples

from .sounds import speech_like, tone


def change_db(microphone: Microphone, frequency_hz: float) -> float:
    sent = tone(frequency_hz, peak=0.01)
    heard, _ = pick_up(sent, microphone)
    settled = slice(8_000, 16_000)
    return float(10 * np.log10(np.mean(heard[settled] ** 2) / np.mean(sent[settled] ** 2)))


def microphone(**keys: object) -> Microphone:
    return Microphone.model_validate(keys)


@pytest.mark.parametrize("steepness", [12, 24, 36, 48])
@pytest.mark.parametrize(
    ("kind", "cutoff_hz", "octave_hz"), [("high_pass", 400, 200), ("low_pass", 500, 1000)]
)
def test_a_pass_filter_has_its_cutoff_and_steepness(
    kind: str, cutoff_hz: float, octave_hz: float, steepness: int
) -> None:
    """A Butterworth filter of order n is down by 10 log10(1 + 2^2n) one octave away (here within warping)."""
    used = microphone(filters=[{"kind": kind, "cutoff_hz": cutoff_hz, "rolloff_db_per_octave": steepness}])
    assert change_db(used, cutoff_hz) == pytest.approx(-3.01, abs=0.05)
    assert change_db(used, octave_hz) == pytest.approx(-10 * np.log10(1 + 2 ** (steepness / 3)), rel=0.03)


def test_bells_have_their_gain_where_they_should() -> None:
    peak = microphone(filters=[{"kind": "peak", "centre_hz": 1000, "gain_db": 9, "q": 3}])
    assert change_db(peak, 1000) == pytest.approx(9, abs=0.05)
    assert abs(change_db(peak, 100)) < 0.1
    low = microphone(filters=[{"kind": "low_shelf", "centre_hz": 1000, "gain_db": -8, "q": 0.7}])
    assert change_db(low, 50) == pytest.approx(-8, abs=0.2)
    assert abs(change_db(low, 7000)) < 0.2
    high = microphone(filters=[{"kind": "high_shelf", "centre_hz": 1000, "gain_db": 6, "q": 0.7}])
    assert change_db(high, 7000) == pytest.approx(6, abs=0.2)
    assert abs(change_db(high, 50)) < 0.2


def test_filters_and_gain_add_up_and_nothing_renormalises() -> None:
    peak = {"kind": "peak", "centre_hz": 1000, "gain_db": 4, "q": 2}
    assert change_db(microphone(filters=[peak, peak], gain_db=-20), 1000) == pytest.approx(-12, abs=0.05)


def test_clipped_samples_are_counted() -> None:
    sent = tone(1000, peak=1.0)
    heard, clipped_share = pick_up(sent, microphone(clip_db=-6.0206))
    assert np.abs(heard).max() == pytest.approx(0.5, abs=1e-5)
    assert clipped_share == pytest.approx(
        2 / 3, abs=0.05
    )  # |sin| > 1/2 for two thirds of the time; 16 phases
    _, clipped_share = pick_up(sent, microphone())
    assert clipped_share == 0


def test_the_limiter_holds_peaks_after_its_attack_and_leaves_quiet_sound_alone() -> None:
    limiter = {"threshold_db": -12, "attack_s": 0.005, "release_s": 0.1}
    loud, _ = pick_up(tone(500, peak=0.9), microphone(limiter=limiter))
    assert np.abs(loud[1_600:]).max() < 10 ** (-12 / 20) * 1.2
    quiet = tone(500, peak=0.1)
    np.testing.assert_allclose(pick_up(quiet, microphone(limiter=limiter))[0], quiet, atol=1e-6)


def full_microphone() -> Microphone:
    return microphone(
        filters=[
            {"kind": "high_pass", "cutoff_hz": 300},
            {"kind": "peak", "centre_hz": 1500, "gain_db": 6, "q": 2},
        ],
        gain_db=6,
        limiter={"threshold_db": -10, "attack_s": 0.01, "release_s": 0.1},
    )


def test_no_generator_is_touched_and_none_changes_the_sound() -> None:
    sent, used = speech_like(1.0), full_microphone()
    first, _ = pick_up(sent, used)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002, TID251
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    again, _ = pick_up(sent, used)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    np.testing.assert_array_equal(first, again)


def test_one_recording_leaves_nothing_behind_for_the_next() -> None:
    used = full_microphone()
    quiet: Samples = 0.05 * speech_like(1.0)
    alone, _ = pick_up(quiet, used)
    pick_up(speech_like(1.0, seed=1) * 3, used)
    np.testing.assert_array_equal(pick_up(quiet, used)[0], alone)
