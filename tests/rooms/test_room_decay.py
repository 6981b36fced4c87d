"""Reverberation time against decays that are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.rooms.decay import (
    cut_inaudible,
    direct_to_reverberant_db,
    energy_decay_db,
    reverberation_time_s,
)


def exponential(rt60_s: float, length_s: float) -> np.ndarray:
    """An envelope that falls by 60 dB in `rt60_s`."""
    time_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return 10 ** (-3 * time_s / rt60_s)


@pytest.mark.parametrize("rt60_s", [0.08, 0.3, 1.0, 2.5])
def test_an_exponential_decay_has_its_own_reverberation_time(rt60_s: float) -> None:
    assert reverberation_time_s(exponential(rt60_s, 2 * rt60_s)) == pytest.approx(rt60_s, rel=1e-3)


@pytest.mark.parametrize("rt60_s", [0.3, 1.0])
def test_decaying_noise_has_the_reverberation_time_of_its_envelope(rt60_s: float) -> None:
    noise = np.random.default_rng(1).standard_normal(round(2 * rt60_s * SAMPLE_RATE_HZ))
    measured_s = reverberation_time_s(noise * exponential(rt60_s, 2 * rt60_s))
    assert measured_s == pytest.approx(rt60_s, rel=0.05)


def test_a_single_echo_has_no_reverberation_time() -> None:
    assert reverberation_time_s(np.array([0.0, 1.0, 0.0])) is None


def test_silence_has_no_reverberation_time() -> None:
    assert reverberation_time_s(np.zeros(100)) is None


def test_decay_by_hand() -> None:
    # Energies 9, 0, 1: what is left of 10 is 10, 1, 1.
    np.testing.assert_allclose(energy_decay_db(np.array([3.0, 0.0, 1.0])), [0, -10, -10])


def test_direct_to_reverberant_by_hand() -> None:
    # A direct sound of 1, with an echo of 0.1 in the same sample and one of 0.3 later: energies 1 and 0.1.
    assert direct_to_reverberant_db(np.array([1.1, 0.0, 0.3], np.float32)) == pytest.approx(10, abs=1e-5)


def test_a_response_ends_where_60_db_have_decayed() -> None:
    response = exponential(0.2, 1.0).astype(np.float32)
    assert len(cut_inaudible(response)) == pytest.approx(0.2 * SAMPLE_RATE_HZ, abs=2)
