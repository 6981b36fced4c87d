"""Where long audio is cut, with a made-up listener and with the real model of voices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.asr.pauses import (
    LOOK_SAMPLES,
    SEARCH_FRAMES,
    Hear,
    best_pause,
    cut_at_pause,
)
from asr_fair.asr.voice import FRAME_SAMPLES, Probabilities
from asr_fair.asr.windows import LAST_WINDOW_SAMPLES, WINDOW_SAMPLES, cut_windows, n_windows
from asr_fair.records import SAMPLE_RATE_HZ, Samples

SPEAKS, SILENT = 0.9, 0.1


def noise(n_samples: int, seed: int = 1) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


def speech_with(*pauses: tuple[int, int, float]) -> Probabilities:
    """Speech in every frame that is searched, but (first frame, frames, probability)."""
    probabilities = np.full(SEARCH_FRAMES, SPEAKS, np.float32)
    for first, n_frames, probability in pauses:
        probabilities[first : first + n_frames] = probability
    return probabilities


def hearing(searched: Probabilities) -> Hear:
    """A listener that says this of the frames that are searched, and speech of what comes before."""

    def hear(samples: Samples) -> Probabilities:
        assert len(samples) == LOOK_SAMPLES
        before = np.full(LOOK_SAMPLES // FRAME_SAMPLES - len(searched), SPEAKS, np.float32)
        return np.concatenate((before, searched))

    return hear


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([(50, 31, SILENT), (200, 20, SILENT), (290, 19, SILENT)], (200, 220)),  # the latest long one
        ([(50, 5, SILENT), (100, 9, SILENT), (300, 4, SILENT)], (100, 109)),  # else the longest
        ([(50, 6, SILENT), (100, 6, SILENT)], (100, 106)),  # the latest of equally long ones
        ([(50, 3, SILENT), (100, 1, 0.05), (200, 1, 0.4)], (100, 101)),  # else the least likely speech
        ([(306, 6, SILENT)], (306, 312)),  # a pause that goes on behind the window
        ([(0, 6, SILENT)], (0, 6)),
        ([(50, 30, 0.36)], (79, 80)),  # between Silero's two thresholds: no pause, and no speech
        ([(50, 30, 0.51)], None),
        ([], None),
    ],
)
def test_the_best_pause(pauses: list[tuple[int, int, float]], expected: tuple[int, int] | None) -> None:
    assert best_pause(speech_with(*pauses)) == expected


def test_the_cut_lies_in_the_middle_of_the_pause() -> None:
    window = noise(WINDOW_SAMPLES)
    begin = WINDOW_SAMPLES - SEARCH_FRAMES * FRAME_SAMPLES
    cut = cut_at_pause(window, hearing(speech_with((100, 20, SILENT))))
    assert cut == begin + 110 * FRAME_SAMPLES


def test_where_speech_never_stops_the_quietest_stretch_is_cut() -> None:
    window = noise(WINDOW_SAMPLES)
    window[27 * SAMPLE_RATE_HZ :][:4000] *= 0.1
    cut = cut_at_pause(window, hearing(speech_with()))
    assert 27 <= cut / SAMPLE_RATE_HZ <= 27.25


def test_speech_that_the_model_does_not_hear_is_cut_where_it_is_quietest() -> None:
    """A model that is deaf to a voice must not cut its words: one long pause says nothing of where."""
    window = noise(WINDOW_SAMPLES)
    quiet = slice(int(26.5 * SAMPLE_RATE_HZ), int(26.8 * SAMPLE_RATE_HZ))
    window[quiet] *= 0.1
    deaf = hearing(np.full(SEARCH_FRAMES, 0.01, np.float32))
    assert quiet.start < cut_at_pause(window, deaf) < quiet.stop


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5 * WINDOW_SAMPLES), st.integers(0, 999))
def test_every_sample_lies_in_exactly_one_window_whatever_is_heard(n_samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-1, 1, n_samples).astype(np.float32)
    windows = cut_windows(samples, lambda heard: rng.random(len(heard) // FRAME_SAMPLES, np.float32))
    np.testing.assert_array_equal(np.concatenate(windows), samples)
    assert all(len(window) <= WINDOW_SAMPLES for window in windows)
    if len(windows) > 1:
        assert min(map(len, windows)) >= LAST_WINDOW_SAMPLES
    assert n_windows(n_samples / SAMPLE_RATE_HZ) <= len(windows) <= 1 + n_samples / (15 * SAMPLE_RATE_HZ)


def test_thirty_seconds_are_one_window_and_a_hundredth_more_leaves_no_scrap() -> None:
    assert len(cut_windows(noise(WINDOW_SAMPLES))) == 1
    first, last = cut_windows(noise(WINDOW_SAMPLES + 160))
    assert len(last) >= LAST_WINDOW_SAMPLES
    assert len(first) + len(last) == WINDOW_SAMPLES + 160
