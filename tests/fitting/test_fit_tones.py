from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.fitting.partials import find_partials
from asr_fair.fitting.tone_part import measure_tones
from fitting.made import gate, harmonic_tone, in_octaves, mixed, regular, time_s, white


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    hz=st.floats(250, 1500),
    rate_hz=st.floats(1, 6),
    duty=st.floats(0.2, 0.7),
    snr_db=st.sampled_from([10.0, 20.0]),
    seed=st.integers(0, 1000),
)
def test_pulsing_tones_are_found_off_the_grid_and_in_noise(
    hz: float, rate_hz: float, duty: float, snr_db: float, seed: int
) -> None:
    envelope = gate(regular(rate_hz, 8), duty / rate_hz, 8)
    tone = harmonic_tone(hz, [0, -6, -10, -8], 8, seed) * envelope
    (sound,) = measure_tones(mixed(tone, white(8, seed), snr_db, envelope)).sounds
    (group,) = sound.groups
    assert group.fundamental_hz == pytest.approx(hz, rel=0.01)
    assert group.harmonics_db == pytest.approx((0, -6, -10, -8), abs=1)
    assert sound.pulses is not None
    assert sound.pattern is not None
    assert sound.pattern.period_s == pytest.approx(1 / rate_hz, rel=0.02)
    assert sound.pulses.pulse_s * rate_hz == pytest.approx(duty, abs=0.03)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
def test_mains_hum_is_one_steady_sound(snr_db: float) -> None:
    levels_db = (0, -3, -6, -9, -12, -14)
    (sound,) = measure_tones(mixed(harmonic_tone(50, levels_db, 10), white(10), snr_db)).sounds
    assert sound.pulses is None
    assert sound.groups[0].fundamental_hz == pytest.approx(50, rel=0.01)
    # At 0 dB the 6th harmonic is no louder than the noise that its filter lets through.
    assert sound.groups[0].harmonics_db == pytest.approx(levels_db, abs=1 if snr_db else 3)


def test_a_fundamental_that_does_not_sound_is_found_from_its_harmonics() -> None:
    levels_db = [-200, -3, 0, -6, -9]
    (sound,) = measure_tones(mixed(harmonic_tone(211.7, levels_db, 5), white(5), 20)).sounds
    assert sound.groups[0].fundamental_hz == pytest.approx(211.7, rel=0.01)
    assert sound.groups[0].harmonics_db[0] == -120


def test_two_steady_fundamentals_stay_two_sounds() -> None:
    tones = harmonic_tone(440, [0, -6, -9], 8) + harmonic_tone(617.3, [-3, -6], 8, seed=2)
    sounds = measure_tones(mixed(tones, white(8), 20)).sounds
    assert [each.groups[0].fundamental_hz for each in sounds] == pytest.approx([440, 617.3], rel=0.01)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("duration_s", [1, 3, 10])
def test_noise_has_no_tones(seed: int, duration_s: int) -> None:
    walk = np.cumsum(white(duration_s, seed))
    for noise in (
        white(duration_s, seed),
        walk - walk.mean(),
        in_octaves({125: 0, 250: -5, 1000: -20, 4000: -30}, duration_s, seed),
        in_octaves({2000: 0}, duration_s, seed) + 1e-4 * white(duration_s, seed),
    ):
        assert find_partials((0.05 * noise / noise.std()).astype(np.float32)) == ()


def test_a_gliding_tone_is_none_that_a_profile_could_hold() -> None:
    t = time_s(8)
    siren = np.sin(2 * np.pi * np.cumsum(900 + 400 * np.sin(2 * np.pi * 0.3 * t)) / 16_000)
    assert measure_tones(mixed(siren, white(8), 20)).sounds == ()
