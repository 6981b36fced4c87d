"""Sirens: their frequency from moment to moment, by the analytic signal."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.signal import hilbert

from asr_fair.noise.scene import Noise
from asr_fair.records import SAMPLE_RATE_HZ

from .made_sources import SWEEP, levels_db, made

EDGE = 400
"""Samples at both ends where the analytic signal is not to be trusted."""


def frequency_hz(noise: Noise) -> NDArray[np.float64]:
    phase = np.unwrap(np.angle(hilbert(noise.samples)))
    heard = np.diff(phase) * SAMPLE_RATE_HZ / (2 * np.pi)
    return np.convolve(heard, np.ones(32) / 32, mode="same")[EDGE:-EDGE]


def test_a_triangle_goes_up_and_down_at_one_speed() -> None:
    heard_hz = frequency_hz(made(SWEEP, period_s=1.0))
    assert heard_hz.min() == pytest.approx(500, rel=0.02)
    assert heard_hz.max() == pytest.approx(1500, rel=0.02)
    speed_hz_s = np.abs(heard_hz[800:] - heard_hz[:-800]) / 0.05
    assert np.median(speed_hz_s) == pytest.approx(2000, rel=0.01)  # 1000 Hz in half a second
    assert (np.diff(heard_hz[::100]) > 0).mean() == pytest.approx(0.5, abs=0.03)


def test_a_sine_is_a_sine_about_the_middle() -> None:
    heard_hz = frequency_hz(made(SWEEP, shape="sine", period_s=0.8))
    time_s = np.arange(len(heard_hz)) / SAMPLE_RATE_HZ
    turn = 2 * np.pi * time_s / 0.8
    basis = np.stack([np.ones_like(turn), np.cos(turn), np.sin(turn)], axis=1)
    (middle, *rest), *_ = np.linalg.lstsq(basis, heard_hz, rcond=None)
    assert middle == pytest.approx(1000, abs=2)
    assert np.hypot(*rest) == pytest.approx(500, abs=3)
    assert np.abs(heard_hz - basis @ [middle, *rest]).max() < 15


def test_a_rise_falls_back_at_once() -> None:
    heard_hz = frequency_hz(made(SWEEP, shape="rise", period_s=1.0))
    speed_hz_s = (heard_hz[800:] - heard_hz[:-800]) / 0.05
    assert np.median(speed_hz_s) == pytest.approx(1000, rel=0.01)
    falling = np.flatnonzero(np.diff(heard_hz[::100]) < -50)
    assert len(falling) > 0
    gaps = np.diff(falling)
    assert ((gaps <= 2) | (np.abs(gaps - 160) <= 2)).all()  # once a period of 16 000 samples


def test_a_step_is_two_tones_in_turn_for_half_a_period_each() -> None:
    heard_hz = frequency_hz(made(SWEEP, shape="step", period_s=0.5, low_hz=440, high_hz=585))
    low, high = np.abs(heard_hz - 440) < 5, np.abs(heard_hz - 585) < 5
    assert low.mean() == pytest.approx(0.5, abs=0.05)
    assert high.mean() == pytest.approx(0.5, abs=0.05)
    switches = np.flatnonzero(np.diff((heard_hz > 512.5).astype(int)))
    np.testing.assert_allclose(np.diff(switches), 4000, atol=40)


@pytest.mark.parametrize("shape", ["triangle", "sine", "rise", "step"])
def test_nothing_clicks(shape: str) -> None:
    samples = made(SWEEP, shape=shape, period_s=0.31).samples
    steepest = 2 * np.pi * 1500 / SAMPLE_RATE_HZ  # of a sine of amplitude 1 at the highest frequency
    assert np.abs(np.diff(samples)).max() <= steepest


def test_harmonics_follow_and_keep_their_levels() -> None:
    noise = made(SWEEP, shape="step", low_hz=500, high_hz=600, period_s=2.0, harmonics_db=[0, -6, -12])
    for fundamental_hz in (500, 600):
        heard_db = levels_db(noise.samples, fundamental_hz, 2 * fundamental_hz, 3 * fundamental_hz)
        np.testing.assert_allclose(heard_db - heard_db[0], [0, -6, -12], atol=1.0)


def test_harmonics_that_would_pass_half_the_sample_rate_are_left_out_throughout() -> None:
    two, four = (
        made(SWEEP, high_hz=3000, harmonics_db=[0, 0]),
        made(SWEEP, high_hz=3000, harmonics_db=[0, 0, 0, 0]),
    )
    np.testing.assert_array_equal(two.samples, four.samples)


def test_a_sweep_always_sounds_and_utterances_meet_it_anywhere() -> None:
    starts_hz = []
    for number in range(60):
        noise = made(SWEEP, shape="rise", period_s=10.0, speech=0.2, draw=f"u{number}")
        assert noise.sounding.all()
        assert noise.onset_s is None
        starts_hz.append(frequency_hz(noise)[0])
    counts, _ = np.histogram(starts_hz, bins=3, range=(480, 1520))
    assert counts.sum() == 60
    assert counts.min() >= 9  # 20 expected; 9 is 3 standard deviations below


def test_a_sweep_that_does_not_go_up_is_refused() -> None:
    with pytest.raises(ValidationError, match="must lie above low_hz"):
        made(SWEEP, low_hz=1500, high_hz=500)
