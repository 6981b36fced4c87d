"""What is made up for lost packets."""

from __future__ import annotations

import numpy as np
import pytest

from asr_fair.handsets.concealment import conceal
from asr_fair.handsets.packet_loss import draw_lost
from asr_fair.recipes.handset import PacketLoss
from asr_fair.records import SAMPLE_RATE_HZ

from .sounds import vowel


def missing_from(n_samples: int, begin_s: float, end_s: float) -> np.ndarray:
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    return (time_s >= begin_s) & (time_s < end_s)


@pytest.mark.parametrize("f0_hz", [80.0, 125.0, 200.0, 320.0])
def test_the_first_10_ms_of_a_periodic_sound_are_restored(f0_hz: float) -> None:
    sound = vowel(1.0, f0_hz)
    missing = missing_from(len(sound), 0.5, 0.52)
    filled = conceal(sound, missing, SAMPLE_RATE_HZ)
    restored = slice(8_000, 8_160)
    np.testing.assert_allclose(filled[restored], sound[restored], atol=2e-3)
    assert np.corrcoef(filled[8_160:8_320], sound[8_160:8_320])[0, 1] > 0.99


def test_with_one_packet_in_20_lost_it_is_nearer_to_the_voice_than_silence() -> None:
    sound = vowel(6.0)
    lost = draw_lost(300, PacketLoss(rate=0.05, mean_burst=1.5), np.random.default_rng(0))
    missing = np.repeat(lost, 320)
    filled = conceal(sound, missing, SAMPLE_RATE_HZ)
    silent = np.where(missing, 0, sound)
    assert lost.sum() >= 5
    assert np.corrcoef(sound, silent)[0, 1] < 0.985
    assert np.corrcoef(sound, filled)[0, 1] > 0.995


def test_it_fades_and_is_mute_after_60_ms() -> None:
    sound = vowel(1.0)
    filled = conceal(sound, missing_from(len(sound), 0.5, 0.6), SAMPLE_RATE_HZ)
    assert not filled[round(0.56 * SAMPLE_RATE_HZ) : round(0.6 * SAMPLE_RATE_HZ)].any()
    levels = [float(np.sqrt(np.mean(filled[begin : begin + 128] ** 2))) for begin in range(8_160, 8_928, 128)]
    assert levels == sorted(levels, reverse=True)


def test_there_is_no_click_at_the_seams() -> None:
    sound = np.sin(2 * np.pi * 137 * np.arange(16_000) / SAMPLE_RATE_HZ).astype(np.float32)
    filled = conceal(sound, missing_from(len(sound), 0.5, 0.53), SAMPLE_RATE_HZ)
    assert np.abs(np.diff(filled)).max() < 2 * np.abs(np.diff(sound)).max()
    silent = np.where(missing_from(len(sound), 0.5, 0.53), 0, sound)
    assert np.abs(np.diff(silent)).max() > 4 * np.abs(np.diff(sound)).max()


def test_all_else_is_left_as_it_was() -> None:
    sound = vowel(1.0) + np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32)
    missing = missing_from(len(sound), 0.5, 0.54)
    filled = conceal(sound, missing, SAMPLE_RATE_HZ)
    assert len(filled) == len(sound)
    before, after = slice(0, 8_000 - 60), slice(8_640 + 64, None)
    np.testing.assert_array_equal(filled[before], sound[before])
    np.testing.assert_array_equal(filled[after], sound[after])


def test_a_gap_at_the_beginning_is_silent_and_one_at_the_end_is_filled() -> None:
    sound = vowel(0.5)
    filled = conceal(sound, missing_from(len(sound), 0, 0.02), SAMPLE_RATE_HZ)
    assert not filled[:320].any()
    filled = conceal(sound, missing_from(len(sound), 0.48, 0.5), SAMPLE_RATE_HZ)
    assert filled[-320:].any()


def test_nothing_is_made_up_in_silence() -> None:
    silence = np.zeros(16_000, np.float32)
    assert not conceal(silence, missing_from(16_000, 0.5, 0.52), SAMPLE_RATE_HZ).any()
