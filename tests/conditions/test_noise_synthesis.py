"""What the noise sounds like, measured by other means than those that made it."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.conditions.profile import find_profile, profiles_folder
from asr_fair.conditions.seed import rng_for
from asr_fair.conditions.synth import Noise, synthesise
from asr_fair.records import SAMPLE_RATE_HZ

from .recipes import ALARM, TONES, profile_of, runs_of, source_of

SHIPPED = ("scanner", "alarm")


def make(profile_id: str, duration_s: float, utterance_id: str = "u1") -> Noise:
    profile = find_profile(profiles_folder(), profile_id)
    return synthesise(
        profile, round(duration_s * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, rng_for(1, utterance_id, "c")
    )


def test_librosa_hears_the_scanners_fundamental() -> None:
    noise = make("scanner", 4.0)
    heard_hz = librosa.yin(noise.samples, fmin=200, fmax=1500, sr=SAMPLE_RATE_HZ, frame_length=1024)
    loud = librosa.feature.rms(y=noise.samples, frame_length=1024, hop_length=256)[0] > 0.8
    assert np.median(heard_hz[loud]) == pytest.approx(620, rel=0.005)


def test_librosa_hears_the_scanners_repetition() -> None:
    noise = make("scanner", 10.0)
    onsets = librosa.onset.onset_strength(y=noise.samples, sr=SAMPLE_RATE_HZ, hop_length=32)
    similarity = librosa.autocorrelate(onsets - onsets.mean())
    shortest = SAMPLE_RATE_HZ // 32 // 10  # at most 10 Hz
    lag = shortest + int(np.argmax(similarity[shortest : SAMPLE_RATE_HZ // 32]))
    assert SAMPLE_RATE_HZ / 32 / lag == pytest.approx(4.0, rel=0.02)


def test_the_scanners_harmonics_have_their_levels() -> None:
    noise = make("scanner", 2.0)
    begin, _ = runs_of(noise.sounding)[1]
    pulse = noise.samples[begin + 160 : begin + 2160]  # inside the ramps
    window = np.blackman(len(pulse))
    spectrum = np.abs(np.fft.rfft(pulse * window, 1 << 18))
    hz_per_bin = SAMPLE_RATE_HZ / (1 << 18)
    levels_db = [20 * np.log10(spectrum[round(k * 620 / hz_per_bin)]) for k in range(1, 9)]
    expected_db = [0, -6, -10, -8, -15, -18, -20, -24]
    np.testing.assert_allclose(np.array(levels_db) - levels_db[0], expected_db, atol=0.1)


def test_harmonics_above_half_the_sample_rate_are_left_out() -> None:
    with_alias = profile_of(source_of(TONES, fundamental_hz=3000, harmonics_db=[0, 0, 0, 0]))
    without = profile_of(source_of(TONES, fundamental_hz=3000, harmonics_db=[0, 0]))
    first, second = (
        synthesise(profile, 8000, 16_000, rng_for(1, "u", "c")) for profile in (with_alias, without)
    )
    np.testing.assert_array_equal(first.samples, second.samples)


def test_the_alarms_pulses_come_when_the_profile_says() -> None:
    noise = make("alarm", 16.0)
    # 5 pulses 0.1 s long, 0.08 s apart; 0.4 s; 5 more; every 5 s. By hand:
    burst_s = np.array([0, 0.18, 0.36, 0.54, 0.72, 1.22, 1.40, 1.58, 1.76, 1.94])
    expected_s = np.sort(np.concatenate([noise.onset_s + burst_s + 5.0 * k for k in range(-1, 4)]))
    heard = librosa.feature.rms(y=noise.samples, frame_length=64, hop_length=16, center=True)[0] > 0.1
    runs = [run for run in runs_of(heard) if run[0] > 0 and run[1] < len(heard)]
    heard_s = np.array([begin * 16 / SAMPLE_RATE_HZ for begin, _ in runs])
    inside = expected_s[(expected_s >= 0) & (expected_s < 15.9)]
    assert len(heard_s) == len(inside) >= 30
    assert np.abs(heard_s - inside).max() < 0.004
    lengths_s = [(end - begin) * 16 / SAMPLE_RATE_HZ for begin, end in runs]
    assert np.abs(np.array(lengths_s) - 0.1).max() < 0.008


def test_a_pulse_rises_and_falls_in_its_share_of_the_time() -> None:
    profile = profile_of(source_of(ALARM, rise_share=0.2, fundamental_hz=4000, harmonics_db=[0]))
    noise = synthesise(profile, 48_000, 16_000, rng_for(1, "u", "c"))
    begin, end = next(run for run in runs_of(noise.sounding) if run[0] > 0 and run[1] < 48_000)
    envelope = np.abs(noise.samples[begin:end])
    peak = envelope.max()
    near_full = np.flatnonzero(envelope > 0.97 * peak)
    assert near_full[0] == pytest.approx(0.2 * 1600, abs=16)
    assert len(envelope) - near_full[-1] == pytest.approx(0.2 * 1600, abs=16)


def test_a_duty_of_one_is_a_steady_hum() -> None:
    noise = synthesise(profile_of(source_of(TONES, duty=1, ramp_s=0)), 16_000, 16_000, rng_for(1, "u", "c"))
    assert noise.sounding.all()
    level = librosa.feature.rms(y=noise.samples, frame_length=1600, hop_length=400, center=False)[0]
    assert level.max() / level.min() < 1.01


def test_sources_keep_their_relative_levels() -> None:
    low = source_of(TONES, fundamental_hz=400, harmonics_db=[0], duty=1, ramp_s=0)
    high = source_of(TONES, fundamental_hz=3000, harmonics_db=[0], duty=1, ramp_s=0, level_db=-12)
    noise = synthesise(profile_of(low, high), 16_000, 16_000, rng_for(1, "u", "c"))
    spectrum = np.abs(np.fft.rfft(noise.samples))
    assert 20 * np.log10(spectrum[3000] / spectrum[400]) == pytest.approx(-12, abs=0.01)


def test_a_profile_sounds_where_any_of_its_sources_does() -> None:
    profile = profile_of(source_of(TONES), source_of(ALARM))
    noise = synthesise(profile, 32_000, 16_000, rng_for(1, "u", "c"))
    assert not noise.samples[~noise.sounding].any()
    assert 0.4 < noise.sounding.mean() < 1


@settings(max_examples=60, deadline=None)
@given(
    duration_s=st.floats(0.02, 8.0),
    utterance_id=st.text(max_size=5),
    recipe=st.sampled_from([(TONES, 0.1), (ALARM, 1.0)]),
)
def test_a_whole_pulse_or_burst_lies_inside_or_as_much_as_fits_from_its_onset(
    duration_s: float, utterance_id: str, recipe: tuple[dict[str, object], float]
) -> None:
    base, burst_s = recipe
    n_samples = round(duration_s * SAMPLE_RATE_HZ)
    noise = synthesise(profile_of(source_of(base)), n_samples, SAMPLE_RATE_HZ, rng_for(1, utterance_id, "c"))
    begins = [begin for begin, _ in runs_of(noise.sounding)]
    onset = np.ceil(noise.onset_s * SAMPLE_RATE_HZ - 1e-6)
    assert min(abs(begin - onset) for begin in begins) <= 1
    if duration_s > burst_s + 1e-3:
        assert noise.onset_s + burst_s <= duration_s + 1e-3
    else:
        assert noise.onset_s < 1e-3


@pytest.mark.parametrize("profile_id", SHIPPED)
def test_offsets_differ_between_utterances_and_cover_the_period(profile_id: str) -> None:
    period_s, length_s = {"scanner": (0.25, 0.5), "alarm": (5.0, 7.5)}[profile_id]
    onsets_s = [make(profile_id, length_s, f"u{number}").onset_s for number in range(200)]
    assert len(set(onsets_s)) == 200
    counts, _ = np.histogram(onsets_s, bins=4, range=(0, period_s))
    assert counts.sum() == 200
    assert counts.min() > 30  # 50 expected; 30 is 3.3 standard deviations below


def test_no_two_keys_share_a_generator() -> None:
    keys = [
        (1, "a", "b@c"),
        (1, "a,b", "@c"),
        (1, "ab", "@c"),
        (1, "a", 'b"@c'),
        (11, "a", "b@c"),
        (1, "1a", "b@c"),
    ]
    keys += [(1, 'a", "b', "c"), (1, "a", 'b", "c')]
    draws = {rng_for(*key).integers(1 << 62) for key in keys}
    assert len(draws) == len(keys)
