"""Noise shaped by bands, measured by filters and by periodograms."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.signal import butter, sosfiltfilt, welch
from scipy.stats import kstest

from asr_fair.recipes.sources import OCTAVES_HZ, THIRD_OCTAVES_HZ, band_edges_hz
from asr_fair.records import SAMPLE_RATE_HZ

from .made_sources import BROADBAND, made

OCTAVE_DB = {31.5: -9, 63: -3, 125: 0, 250: -2, 500: -8, 1000: -10, 2000: -16, 4000: -25, 8000: -30}


def band_level_db(samples: NDArray[np.float32], centre_hz: float, per_octave: int) -> float:
    """Level behind a Butterworth filter whose edges are powers of two about the nominal centre."""
    low_hz, high_hz = (centre_hz * 2 ** (side / (2 * per_octave)) for side in (-1, 1))
    if high_hz < SAMPLE_RATE_HZ / 2:
        sos = butter(8, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    else:
        sos = butter(8, low_hz, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    heard = sosfiltfilt(sos, samples.astype(np.float64))
    return float(10 * np.log10(np.mean(heard**2)))


@settings(max_examples=10, deadline=None)
@given(draw=st.text(max_size=4), speech_s=st.floats(3.0, 6.0))
def test_octave_bands_have_their_levels_in_every_draw(draw: str, speech_s: float) -> None:
    samples = made(BROADBAND, octave_db=OCTAVE_DB, speech=speech_s, draw=draw).samples
    centres = [hz for hz in OCTAVE_DB if 63 <= hz <= 4000]
    heard_db = np.array([band_level_db(samples, hz, 1) for hz in centres])
    expected_db = np.array([OCTAVE_DB[hz] for hz in centres])
    offset = heard_db - expected_db
    assert np.abs(offset - offset.mean()).max() < 0.5


@settings(max_examples=5, deadline=None)
@given(draw=st.text(max_size=4))
def test_third_octave_bands_have_their_levels(draw: str) -> None:
    levels = {hz: -5.0 * (number % 3) for number, hz in enumerate(THIRD_OCTAVES_HZ) if 80 <= hz <= 6300}
    samples = made(BROADBAND, octave_db=None, third_octave_db=levels, speech=20.0, draw=draw).samples
    hz, density = welch(samples, SAMPLE_RATE_HZ, window="blackman", nperseg=64_000)
    heard_db = [  # between edges at 10^1.85 = 71 Hz, 10^1.95 = 89 Hz ... 10^3.85 = 7080 Hz
        10 * np.log10(density[(hz >= 10 ** (tenth - 0.05)) & (hz < 10 ** (tenth + 0.05))].sum())
        for tenth in np.arange(19, 39) / 10
    ]
    offset = np.array(heard_db) - np.array([*levels.values()])
    assert np.abs(offset - offset.mean()).max() < 1.0


def test_the_lowest_and_the_highest_band_have_their_levels_too() -> None:
    # All power of 10 s, line by line: filters this narrow ring longer than the sound lasts.
    samples = made(BROADBAND, octave_db=OCTAVE_DB, speech=10.0).samples
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    heard_db = [
        10 * np.log10(power[(hz >= low) & (hz < high)].sum())
        for low, high in [(22.39, 44.67), (707.9, 1412.5), (5623.4, 8000)]  # IEC 61260, by hand
    ]
    np.testing.assert_allclose(np.array(heard_db) - heard_db[1], [1, 0, -20], atol=0.2)


def test_bands_that_are_not_named_are_empty() -> None:
    samples = made(BROADBAND, octave_db={500: 0, 4000: 0}).samples
    assert band_level_db(samples, 500, 1) == pytest.approx(-3, abs=0.4)  # the filter's skirts take 0.3
    assert band_level_db(samples, 4000, 1) == pytest.approx(-3, abs=0.4)
    frequencies, density = welch(samples, SAMPLE_RATE_HZ, window="blackman", nperseg=4096)
    between = density[(frequencies > 800) & (frequencies < 2700)].max()
    assert between < 1e-6 * density.max()


def test_equal_octaves_are_pink_and_have_no_steps() -> None:
    samples = made(BROADBAND, octave_db=dict.fromkeys((125, 250, 500, 1000, 2000, 4000), 0)).samples
    thirds_db = [band_level_db(samples, hz, 3) for hz in THIRD_OCTAVES_HZ if 160 <= hz <= 4000]
    assert np.std(thirds_db) < 0.25  # white within octaves: 0.8


def test_bands_without_a_gap_share_their_edges() -> None:
    for centres, per_octave in ((OCTAVES_HZ, 1), (THIRD_OCTAVES_HZ, 3)):
        edges = [band_edges_hz(hz, per_octave) for hz in centres]
        assert [high for _, high in edges[:-1]] == [low for low, _ in edges[1:]]
        for hz, (low, high) in zip(centres, edges, strict=True):
            assert np.sqrt(low * high) == pytest.approx(hz, rel=0.02)
            assert high / low == pytest.approx(2 ** (1 / per_octave), rel=0.003)


def test_the_samples_are_gaussian() -> None:
    samples = made(BROADBAND, speech=20.0).samples[::40]
    assert kstest(samples / samples.std(), "norm").pvalue > 0.01


def test_two_utterances_get_noise_of_their_own() -> None:
    first, second = (made(BROADBAND, draw=draw).samples for draw in ("u1", "u2"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05


def test_an_hour_repeats_after_a_minute_without_a_seam() -> None:
    samples = made(BROADBAND, octave_db={125: 0}, speech=70.0).samples
    turn = 2**20
    np.testing.assert_array_equal(samples[turn:], samples[: len(samples) - turn])
    steepest = np.abs(np.diff(samples[:turn])).max()
    assert abs(samples[turn] - samples[turn - 1]) <= steepest


def test_the_level_wanders_as_far_and_as_slowly_as_asked() -> None:
    noise = made(BROADBAND, speech=200.0, variation_db=4.0, variation_s=0.5)
    frames = librosa.feature.rms(y=noise.samples, frame_length=800, hop_length=800, center=False)[0]
    level_db = 20 * np.log10(frames) - np.mean(20 * np.log10(frames))
    assert level_db.std() == pytest.approx(4.0, rel=0.12)  # 200 s have some 320 independent levels
    after_keep = np.mean(level_db[10:] * level_db[:-10]) / level_db.var()
    assert after_keep == pytest.approx(np.exp(-1), abs=0.12)
    assert noise.sounding.all()


def test_steady_noise_keeps_its_level() -> None:
    samples = made(BROADBAND, octave_db={1000: 0, 2000: 0, 4000: 0}, speech=20.0).samples
    frames = librosa.feature.rms(y=samples, frame_length=8000, hop_length=8000, center=False)[0]
    assert np.std(20 * np.log10(frames)) < 0.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"octave_db": {315: 0}}, "315 is the centre of a third of an octave"),
        ({"octave_db": {300: 0}}, "300 is no nominal centre"),
        ({"octave_db": {}}, "with one band at least"),
        ({"third_octave_db": {315: 0}}, "either octave_db or third_octave_db"),
    ],
)
def test_bands_that_are_none_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        made(BROADBAND, **changes)
