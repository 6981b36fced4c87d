"""Hits: when they come, how they ring off, and how loud they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, hilbert, sosfiltfilt
from scipy.stats import kstest

from asr_fair.audio.level import rms_db
from asr_fair.records import SAMPLE_RATE_HZ

from .made_sources import IMPULSES, Base, levels_db, made, onset_of, runs_of, whole_runs_of

TONAL = {**IMPULSES, "modes_hz": [2000], "modes_db": 80}
"""Hits that are as good as pure tones."""


def envelope_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    return 20 * np.log10(np.abs(hilbert(samples)) + 1e-12)


def test_a_hit_falls_by_60_db_in_its_decay() -> None:
    noise = made(TONAL, decay_s=0.5)
    begin = onset_of(noise)
    heard_db = envelope_db(noise.samples[begin : begin + 8000])
    time_s = np.arange(8000) / SAMPLE_RATE_HZ
    slope, _ = np.polyfit(time_s[400:6000], heard_db[400:6000], 1)
    assert slope == pytest.approx(-120, rel=0.01)


def test_the_noise_of_a_hit_falls_alike() -> None:
    noise = made(IMPULSES, speech=100.0, decay_s=0.5)
    hits = [noise.samples[begin : begin + 6400] for begin, _ in whole_runs_of(noise.sounding)]
    power = np.mean(np.stack([hit for hit in hits if len(hit) == 6400]).astype(np.float64) ** 2, axis=0)
    level_db = 10 * np.log10(power.reshape(-1, 400).mean(axis=1))
    slope, _ = np.polyfit(np.arange(16) * 0.025, level_db, 1)
    assert slope == pytest.approx(-120, rel=0.03)


def test_a_hit_sounds_until_it_has_fallen_by_20_db() -> None:
    noise = made(TONAL)
    begin, end = whole_runs_of(noise.sounding)[0]
    assert (end - begin) / SAMPLE_RATE_HZ == pytest.approx(0.1, abs=1e-3)
    heard_db = envelope_db(noise.samples[begin : begin + 4000])
    assert heard_db[end - begin] - heard_db[200] == pytest.approx(-20 + 200 * 60 / 4800, abs=0.3)


def test_regular_hits_come_at_their_rate() -> None:
    noise = made(IMPULSES, speech=20.0, per_minute=90)
    begins = [begin for begin, _ in whole_runs_of(noise.sounding)]
    np.testing.assert_allclose(np.diff(begins), 60 / 90 * SAMPLE_RATE_HZ, atol=1)
    assert onset_of(noise) in [begin for begin, _ in runs_of(noise.sounding)]


def test_random_hits_come_at_their_rate_with_exponential_gaps() -> None:
    noise = made(IMPULSES, speech=600.0, timing="random", per_minute=60, decay_s=0.003)
    begins_s = np.array([begin for begin, _ in runs_of(noise.sounding)]) / SAMPLE_RATE_HZ
    assert len(begins_s) == pytest.approx(601, abs=75)  # 3 standard deviations
    gaps_s = np.diff(begins_s)
    assert kstest(gaps_s, "expon", args=(0, gaps_s.mean())).pvalue > 0.01


def test_rare_random_hits_come_once_in_every_utterance_anywhere_in_the_speech() -> None:
    onsets_s = []
    for number in range(150):
        noise = made(IMPULSES, speech=2.1, timing="random", per_minute=0.001, draw=f"u{number}")
        assert len(runs_of(noise.sounding)) == 1
        onsets_s.append(noise.onset_s)
    counts, _ = np.histogram(onsets_s, bins=3, range=(0, 2.0))
    assert counts.sum() == 150
    assert counts.min() >= 33  # 50 expected; 33 is 3 standard deviations below


def test_earlier_hits_still_ring_when_the_utterance_begins() -> None:
    speech = np.zeros(16_000, dtype=bool)
    speech[8000:] = True
    noise = made(TONAL, speech=speech, per_minute=60, decay_s=4.0)
    begin = onset_of(noise)
    assert begin >= 8000
    before_db, after_db = (envelope_db(noise.samples)[at] for at in (begin - 500, begin + 500))
    # A hit each second, 15 dB a second, in phase: by hand 1.3 dB after and -12.8 dB before the last one.
    assert after_db - before_db == pytest.approx(14.1, abs=0.5)


def test_the_tones_ring_at_their_frequencies_with_their_level() -> None:
    noise = made(IMPULSES, speech=60.0, octave_db={500: 0}, modes_hz=[3000, 4500], modes_db=6, decay_s=0.6)
    tones, body = (
        sosfiltfilt(butter(6, 1500, kind, fs=SAMPLE_RATE_HZ, output="sos"), noise.samples)
        for kind in ("highpass", "lowpass")
    )
    sounding = noise.sounding
    ratio_db = 10 * np.log10(np.mean(tones[sounding] ** 2) / np.mean(body[sounding] ** 2))
    assert ratio_db == pytest.approx(6, abs=0.8)
    begin = onset_of(noise)
    heard_db = levels_db(noise.samples[begin : begin + 4000], 3000, 4500, 3750)
    assert heard_db[0] == pytest.approx(heard_db[1], abs=0.5)
    assert heard_db[2] < heard_db[0] - 40


@pytest.mark.parametrize("base", [TONAL, IMPULSES], ids=["tones", "noise"])
def test_hits_differ_in_level_as_asked(base: Base) -> None:
    noise = made(base, speech=400.0, spread_db=5)
    heights_db = [rms_db(noise.samples[begin:end]) for begin, end in whole_runs_of(noise.sounding)]
    assert len(heights_db) > 390
    assert np.std(heights_db) == pytest.approx(5, rel=0.11)  # 3 standard errors


def test_noises_of_hits_that_overlap_add_their_powers() -> None:
    # A hit's power falls by 10^6 in a second: its integral is 1 / (6 ln 10) s, 40 times a second.
    dense = made(IMPULSES, speech=60.0, timing="random", per_minute=2400, decay_s=1.0)
    expected = 40 / (6 * np.log(10))
    assert np.mean(dense.samples.astype(np.float64) ** 2) == pytest.approx(expected, rel=0.06)
    assert dense.sounding.all()
