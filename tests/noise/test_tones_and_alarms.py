"""Tones and alarms, heard by librosa and by Fourier analysis."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from asr_fair.noise.tonal import harmonics
from asr_fair.records import SAMPLE_RATE_HZ

from .made_sources import ALARM, TONES, levels_db, made, onset_of, runs_of, whole_runs_of

SCANNER = {
    **TONES,
    "fundamental_hz": 620,
    "harmonics_db": [0, -6, -10, -8, -15, -18, -20, -24],
    "duty": 0.6,
    "ramp_s": 0.005,
}


def test_librosa_hears_the_fundamental() -> None:
    noise = made(SCANNER)
    heard_hz = librosa.yin(noise.samples, fmin=200, fmax=1500, sr=SAMPLE_RATE_HZ, frame_length=1024)
    loud = librosa.feature.rms(y=noise.samples, frame_length=1024, hop_length=256)[0] > 0.6
    assert loud.mean() > 0.4
    assert np.median(heard_hz[loud]) == pytest.approx(620, rel=0.005)


def test_librosa_hears_the_repetition() -> None:
    noise = made(SCANNER, speech=10.0)
    onsets = librosa.onset.onset_strength(y=noise.samples, sr=SAMPLE_RATE_HZ, hop_length=32)
    similarity = librosa.autocorrelate(onsets - onsets.mean())
    shortest = SAMPLE_RATE_HZ // 32 // 10  # at most 10 Hz
    lag = shortest + int(np.argmax(similarity[shortest : SAMPLE_RATE_HZ // 32]))
    assert SAMPLE_RATE_HZ / 32 / lag == pytest.approx(4.0, rel=0.02)


def test_harmonics_have_their_levels() -> None:
    noise = made(SCANNER)
    begin, _ = whole_runs_of(noise.sounding)[0]
    pulse = noise.samples[begin + 160 : begin + 2160]  # inside the ramps
    heard_db = levels_db(pulse, *(620 * k for k in range(1, 9)))
    np.testing.assert_allclose(heard_db - heard_db[0], [0, -6, -10, -8, -15, -18, -20, -24], atol=0.1)


def test_a_hundred_harmonics_are_the_sum_of_their_sines() -> None:
    phase = np.concatenate([np.linspace(-10, 10, 2001), np.pi * np.arange(-5, 6) + 1e-9, [1e7, 1e7 + 0.1]])
    levels = [-0.1 * number for number in range(100)]
    direct = sum(10 ** (level / 20) * np.sin((k + 1) * phase) for k, level in enumerate(levels))
    np.testing.assert_allclose(harmonics(phase, levels, 79.0), direct, atol=1e-5)  # of a height of some 60
    inside = slice(0, 2001)
    np.testing.assert_allclose(harmonics(phase[inside], levels, 79.0), direct[inside], atol=1e-9)


def test_harmonics_from_half_the_sample_rate_on_are_left_out() -> None:
    with_alias = made(TONES, fundamental_hz=2000, harmonics_db=[0, 0, 0, 0, 0])  # the 4th is 8000 Hz
    without = made(TONES, fundamental_hz=2000, harmonics_db=[0, 0, 0])
    np.testing.assert_array_equal(with_alias.samples, without.samples)


def test_a_duty_of_one_is_a_steady_hum_with_no_onset() -> None:
    noise = made(TONES, duty=1, ramp_s=0)
    assert noise.onset_s is None
    assert noise.sounding.all()
    level = librosa.feature.rms(y=noise.samples, frame_length=1600, hop_length=400, center=False)[0]
    assert level.max() / level.min() < 1.01


def test_jitter_is_the_standard_deviation_of_an_onset() -> None:
    noise = made(TONES, speech=250.0, jitter=0.08)
    begins_s = np.array([begin for begin, _ in whole_runs_of(noise.sounding)]) / SAMPLE_RATE_HZ
    assert noise.onset_s is not None
    periods = (begins_s - noise.onset_s) / 0.25
    moved = periods - np.rint(periods)
    assert len(moved) > 990
    assert moved.std() == pytest.approx(0.08, rel=0.05)  # 1.4 % is the standard error
    assert abs(moved.mean()) < 0.01


def test_jitter_leaves_every_pulse_whole_and_where_it_was_placed() -> None:
    noise = made(TONES, speech=60.0, jitter=0.17)
    lengths = [end - begin for begin, end in whole_runs_of(noise.sounding)]
    assert {*lengths} <= {1599, 1600, 1601}
    assert onset_of(noise) in [begin for begin, _ in runs_of(noise.sounding)]


def test_jitter_that_would_make_pulses_overlap_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"pulses of duty 0\.8 would overlap; at most 0\.057"):
        made(TONES, duty=0.8, jitter=0.1)
    with pytest.raises(ValidationError, match="duty 1 would overlap; at most 0 there"):
        made(TONES, duty=1, jitter=0.001)


def test_a_pulse_between_two_samples_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing shorter than"):
        made(TONES, duty=0.0001, ramp_s=0)


def test_a_tone_that_nobody_could_hear_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than 8000"):
        made(TONES, fundamental_hz=8000)
    with pytest.raises(ValidationError, match="a pulse of 9000 Hz"):
        made(ALARM, melody=[1, 10, 1])


def test_an_alarms_pulses_come_when_the_profile_says() -> None:
    changes = {"pulses_per_group": 5, "spacing_s": 0.08, "gap_s": 0.4, "burst_period_s": 5}
    noise = made(ALARM, speech=16.0, **changes)
    # 5 pulses 0.1 s long, 0.08 s apart; 0.4 s; 5 more; every 5 s. By hand:
    burst_s = np.array([0, 0.18, 0.36, 0.54, 0.72, 1.22, 1.40, 1.58, 1.76, 1.94])
    assert noise.onset_s is not None
    expected_s = np.sort(np.concatenate([noise.onset_s + burst_s + 5.0 * k for k in range(-1, 4)]))
    heard = librosa.feature.rms(y=noise.samples, frame_length=64, hop_length=16, center=True)[0] > 0.1
    runs = whole_runs_of(heard)
    heard_s = np.array([begin * 16 / SAMPLE_RATE_HZ for begin, _ in runs])
    inside = expected_s[(expected_s >= 0) & (expected_s < 15.9)]
    assert len(heard_s) == len(inside) >= 30
    assert np.abs(heard_s - inside).max() < 0.004
    lengths_s = [(end - begin) * 16 / SAMPLE_RATE_HZ for begin, end in runs]
    assert np.abs(np.array(lengths_s) - 0.1).max() < 0.008


def test_each_spacing_of_a_group_may_be_its_own() -> None:
    noise = made(ALARM, speech=4.0, pulses_per_group=5, spacing_s=[0.05, 0.05, 0.2, 0.05], burst_period_s=5)
    # 5 pulses 0.1 s long as 3 and 2; 0.2 s; the same again. By hand:
    by_hand_s = [0, 0.15, 0.3, 0.6, 0.75, 1.05, 1.2, 1.35, 1.65, 1.8]
    begins = [begin for begin, _ in whole_runs_of(noise.sounding)]
    assert (np.array(begins) - onset_of(noise)) / SAMPLE_RATE_HZ == pytest.approx(by_hand_s, abs=1e-4)


@pytest.mark.parametrize(
    ("spacing_s", "said"),
    [
        ([0.1], r"one figure, or 2, .* got 1"),
        ([0.1, -0.1], r"many\.1\n  Input should be greater"),
        ("wide", r"one\n  Input should be a valid number"),
    ],
)
def test_spacings_that_do_not_fit_are_refused(spacing_s: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(ALARM, spacing_s=spacing_s)


def test_an_alarms_pulse_rises_and_falls_in_its_share_of_the_time() -> None:
    noise = made(ALARM, rise_share=0.2, fundamental_hz=4000, harmonics_db=[0])
    begin, end = whole_runs_of(noise.sounding)[0]
    envelope = np.abs(noise.samples[begin:end])
    near_full = np.flatnonzero(envelope > 0.97 * envelope.max())
    assert near_full[0] == pytest.approx(0.2 * 1600, abs=16)
    assert len(envelope) - near_full[-1] == pytest.approx(0.2 * 1600, abs=16)


def test_an_alarm_plays_its_melody_in_every_group() -> None:
    noise = made(ALARM, melody=[1, 1.25, 1.5], fundamental_hz=600, harmonics_db=[0])
    begin = onset_of(noise)
    for onset_s, expected_hz in [(0, 600), (0.15, 750), (0.3, 900), (0.6, 600), (0.75, 750), (0.9, 900)]:
        first = begin + round(onset_s * SAMPLE_RATE_HZ)
        pulse = noise.samples[first : first + 1600]
        spectrum = np.abs(np.fft.rfft(pulse * np.hanning(1600), 1 << 16))
        assert np.argmax(spectrum) * SAMPLE_RATE_HZ / (1 << 16) == pytest.approx(expected_hz, abs=1)


def test_each_pulse_of_a_melody_keeps_the_harmonics_that_fit() -> None:
    noise = made(ALARM, melody=[1, 2, 1], fundamental_hz=2400, harmonics_db=[0, 0, 0])
    begin = onset_of(noise)
    low, high = (noise.samples[at : at + 1600] for at in (begin, begin + 2400))
    np.testing.assert_allclose(levels_db(low, 2400, 4800, 7200), levels_db(low, 2400)[0], atol=0.1)
    aliases_db = levels_db(high, 16_000 - 9600, 16_000 - 14_400)  # of 4800 Hz and its harmonics
    assert (aliases_db < levels_db(high, 4800)[0] - 60).all()
