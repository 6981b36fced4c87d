"""Levels against hand computation and against published code for ITU-T P.56."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.audio.level import active_speech, rms_db
from asr_fair.audio.resample import resample
from asr_fair.records import Samples

from .sound_files import noise, tone

RATE_HZ = 16_000


def phrases(pattern: str, *, rate_hz: int = RATE_HZ) -> Samples:
    """A made-up talker: modulated noise for each digit at that level (9 loudest), silence for a dot."""
    rng = np.random.Generator(np.random.PCG64(11))
    n = rate_hz // 4
    swell = np.sin(np.pi * np.arange(n) / n) ** 0.5
    parts = [
        np.zeros(n) if mark == "." else rng.standard_normal(n) * swell * 0.02 * 10 ** ((int(mark) - 9) / 4)
        for mark in pattern
    ]
    return np.concatenate(parts).astype(np.float32)


def test_a_full_scale_square_wave_has_0_dbfs() -> None:
    square = np.where(np.arange(16_000) % 32 < 16, 1.0, -1.0).astype(np.float32)
    assert rms_db(square) == pytest.approx(0.0, abs=1e-9)
    assert rms_db(tone(RATE_HZ, peak=1.0)) == pytest.approx(-3.0103, abs=1e-4)


def test_silence_has_no_level() -> None:
    for samples in (np.zeros(16_000, np.float32), np.zeros(0, np.float32), np.full(16_000, 0.3, np.float32)):
        silent = active_speech(samples, RATE_HZ)
        assert (silent.level_db, silent.activity) == (-math.inf, 0.0)
        assert silent.mask.shape == samples.shape
        assert not silent.mask.any()
    assert rms_db(np.zeros(4)) == rms_db(np.zeros(0)) == -math.inf


def test_the_active_level_of_a_long_tone_is_its_rms() -> None:
    heard = active_speech(tone(RATE_HZ, 60.0), RATE_HZ)
    # The tone is active for 60 s and for the 0.2 s that hang over: 10 lg(60.2/60) = 0.014 dB, and the
    # envelope's fall to 15.9 dB below takes another 0.1 s.
    assert heard.level_db == pytest.approx(rms_db(tone(RATE_HZ, 60.0)), abs=0.025)
    assert heard.activity == pytest.approx(1.0, abs=0.006)


def test_two_thirds_of_silence_move_the_rms_by_4_77_db_and_the_active_level_not_at_all() -> None:
    sound = tone(RATE_HZ, 5.0)
    padded = np.concatenate([sound, np.zeros(2 * len(sound), np.float32)])
    assert rms_db(sound) - rms_db(padded) == pytest.approx(10 * math.log10(3), abs=1e-6)
    before, after = (active_speech(samples, RATE_HZ) for samples in (sound, padded))
    assert after.level_db == pytest.approx(before.level_db, abs=0.01)
    assert after.activity == pytest.approx(5.3 / 15, abs=0.01)  # the tone, the hang-over, the envelope's fall


def test_pauses_inside_speech_do_not_move_the_active_level() -> None:
    fluent, halting = phrases("5988695778"), phrases("5988......695....778....")
    difference_db = active_speech(fluent, RATE_HZ).level_db - active_speech(halting, RATE_HZ).level_db
    # Two more stretches of 0.2 s + the envelope's fall, beside 2.5 s of speech.
    assert 0 < difference_db < 10 * math.log10((2.5 + 0.9) / (2.5 + 0.25))
    assert rms_db(fluent) - rms_db(halting) == pytest.approx(10 * math.log10(24 / 10), abs=0.5)


@settings(max_examples=25, deadline=None)
@given(st.floats(-40, 20))
def test_a_gain_moves_the_level_by_itself(gain_db: float) -> None:
    speech = phrases("59..8869.5...77.8..")
    louder = speech * np.float32(10 ** (gain_db / 20))
    moved_db = active_speech(louder, RATE_HZ).level_db - active_speech(speech, RATE_HZ).level_db
    assert moved_db == pytest.approx(gain_db, abs=0.05)


def test_twice_the_amplitude_is_6_02_db_more() -> None:
    speech = phrases("59..8869.5...77.8..")
    levels = [active_speech(samples, RATE_HZ) for samples in (speech, 2 * speech)]
    assert levels[1].level_db - levels[0].level_db == pytest.approx(20 * math.log10(2), abs=1e-9)
    assert levels[1].activity == pytest.approx(levels[0].activity, abs=1e-12)


def test_a_constant_offset_is_not_speech() -> None:
    speech = phrases("59..8869.5...77.8..")
    level_db = active_speech(speech, RATE_HZ).level_db
    assert active_speech(speech + np.float32(0.2), RATE_HZ).level_db == pytest.approx(level_db, abs=0.01)


def test_a_click_has_a_finite_level_above_its_rms() -> None:
    click = np.zeros(RATE_HZ, np.float32)
    click[4000] = 1.0
    heard = active_speech(click, RATE_HZ)
    assert rms_db(click) < heard.level_db < 0
    assert 0 < heard.activity < 0.5


PUBLISHED = {
    # v_activlev(x, 16000, "d0h") of pyvoicebox-sap 0.1.1 (a port of VOICEBOX), on phrases(pattern)
    "59..8869.5...77.8..": (-42.067, 0.699),
    "5988695778": (-40.878, 1.010),
    "9................": (-38.912, 0.119),
    "...9.1.9.1.1.1.9....": (-39.026, 0.304),
    "123456789": (-41.325, 0.570),
}


@pytest.mark.parametrize("pattern", PUBLISHED)
def test_the_active_level_agrees_with_voicebox(pattern: str) -> None:
    heard = active_speech(phrases(pattern), RATE_HZ)
    expected_db, expected_activity = PUBLISHED[pattern]
    # VOICEBOX interpolates over thresholds 3 dB apart, we over 0.75 dB.
    assert heard.level_db == pytest.approx(expected_db, abs=0.45)
    assert heard.activity == pytest.approx(min(1.0, expected_activity), abs=0.06)


def level_by_definition(samples: Samples) -> float:
    """P.56 with loops: halve the interval of thresholds until level minus threshold is 15.9 dB."""
    pole = math.exp(-1 / (RATE_HZ * 0.03))
    first = second = 0.0
    envelope = []
    for sample in [*(samples - samples.mean()).tolist(), *([0.0] * round(0.35 * RATE_HZ))]:
        first = pole * first + (1 - pole) * abs(sample)
        second = pole * second + (1 - pole) * first
        envelope.append(second)
    energy = float(np.sum((samples - samples.mean()).astype(np.float64) ** 2))

    def level_db(threshold: float) -> float:
        active, hang = 0, 0
        for value in envelope:
            hang = round(0.2 * RATE_HZ) if value >= threshold else hang - 1
            active += hang > 0
        return 10 * math.log10(energy / active)

    low, high = -100.0, 20 * math.log10(max(envelope))
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (low, middle) if level_db(10 ** (middle / 20)) - middle <= 15.9 else (middle, high)
    return level_db(10 ** (low / 20))


@pytest.mark.parametrize("pattern", ["59..8869.5...77.8..", "123456789", "9......."])
def test_the_active_level_is_the_one_of_the_definition(pattern: str) -> None:
    samples = phrases(pattern, rate_hz=RATE_HZ)
    assert active_speech(samples, RATE_HZ).level_db == pytest.approx(level_by_definition(samples), abs=0.03)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_the_level_does_not_depend_on_the_sample_rate(rate_hz: int) -> None:
    sound = np.concatenate([tone(rate_hz, 2.0), np.zeros(rate_hz, np.float32)])
    at_16k = np.concatenate([tone(RATE_HZ, 2.0), np.zeros(RATE_HZ, np.float32)])
    expected_db = active_speech(at_16k, RATE_HZ).level_db
    assert active_speech(sound, rate_hz).level_db == pytest.approx(expected_db, abs=0.01)


@pytest.mark.parametrize("from_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 44_101])
def test_resampling_has_no_alias_and_no_image(from_hz: int) -> None:
    band_edge_hz = min(from_hz, 16_000) / 2
    outside_hz = band_edge_hz * (1.05 if from_hz > 16_000 else 0.95)
    samples = resample(tone(from_hz, 1.0, hz=outside_hz, peak=1.0), from_hz, 16_000)[2000:-2000]
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples)))) / (0.42 * len(samples) / 2)
    frequencies_hz = np.fft.rfftfreq(len(samples), 1 / 16_000)
    spectrum[np.abs(frequencies_hz - outside_hz) < 30] = 0  # the tone itself, where it is allowed to be
    assert 20 * np.log10(spectrum.max()) < -100


def test_resampling_agrees_with_scipy_inside_the_band() -> None:
    from scipy.signal import resample_poly

    sound = noise(44_100, 1.0)
    ours = resample(sound, 44_100, 16_000)
    theirs = resample_poly(sound, 160, 441, window=("kaiser", 14.0))
    assert len(ours) == len(theirs)
    error_db = rms_db((ours - theirs)[500:-500]) - rms_db(ours)
    assert error_db < -30


def test_equal_rates_return_the_same_array() -> None:
    samples = tone(16_000)
    assert resample(samples, 16_000, 16_000) is samples


def test_resampling_is_the_same_bit_for_bit_on_any_number_of_threads() -> None:
    import torch

    before = torch.get_num_threads()
    sound = noise(44_100, 3.0)
    results = []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            results.append(resample(sound, 44_100, 16_000).tobytes())
    finally:
        torch.set_num_threads(before)
    assert len(set(results)) == 1
