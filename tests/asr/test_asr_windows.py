from __future__ import annotations

import numpy as np
import pytest

from asr_fair.asr.windows import (
    WINDOW_SAMPLES,
    DecodedWindow,
    cut_windows,
    join_texts,
    join_windows,
    n_windows,
    stack_windows,
)


def noise(n_samples: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


@pytest.mark.parametrize("n_samples", [0, 1, WINDOW_SAMPLES])
def test_audio_of_up_to_30_s_is_one_window(n_samples: int) -> None:
    assert [len(window) for window in cut_windows(noise(n_samples))] == [n_samples]


@pytest.mark.parametrize(
    ("duration_s", "expected"), [(0.0, 1), (0.4, 1), (30.0, 1), (30.001, 2), (60.0, 2), (3600.0, 120)]
)
def test_windows_are_planned_by_duration(duration_s: float, expected: int) -> None:
    assert n_windows(duration_s) == expected


def test_stacked_windows_are_padded_at_the_end_with_zeros() -> None:
    stacked = stack_windows([noise(3), noise(WINDOW_SAMPLES)])
    assert stacked.shape == (2, 480_000)
    np.testing.assert_array_equal(stacked[0, :3], noise(3))
    assert not stacked[0, 3:].any()
    np.testing.assert_array_equal(stacked[1], noise(WINDOW_SAMPLES))


def test_empty_texts_leave_no_double_spaces() -> None:
    assert join_texts([" one two.", "", "  ", "Three "]) == "one two. Three"


def test_joined_facts_are_those_of_the_whole_recording() -> None:
    joined = join_windows([DecodedWindow("a", "fr", 0.9, -3.0, 2), DecodedWindow("b", "en", 0.2, -1.0, 6)])
    assert joined.text == "a b"
    assert joined.language == "fr"
    assert joined.no_speech_probability == 0.2
    assert joined.mean_log_probability == -0.5  # (-3 - 1) / (2 + 6), not the mean of -1.5 and -1/6
