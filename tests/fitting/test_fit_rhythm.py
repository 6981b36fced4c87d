from __future__ import annotations

import numpy as np
import pytest

from asr_fair.fitting.fit import fit
from asr_fair.fitting.rhythm import find_pattern
from asr_fair.recipes.sources import Alarm, Tones
from fitting.made import gate, harmonic_tone, mixed, white


def _pattern(onsets_s: list[float], duration_s: float, pitches_hz: list[float] | None = None):
    pitches = np.array(pitches_hz or [800.0] * len(onsets_s))
    return find_pattern(np.array(onsets_s), pitches, duration_s)


def test_even_pulses_come_one_by_one() -> None:
    pattern = _pattern([0.1, 0.6, 1.1, 1.6, 2.1], 2.5)
    assert pattern.onsets_s == (0.0,)
    assert pattern.period_s == pytest.approx(0.5)
    assert pattern.jitter == 0


def test_bursts_begin_after_the_longest_pause_also_where_the_recording_begins_inside_one() -> None:
    burst = [0.0, 0.2, 0.4]
    onsets_s = [start + each for start in (-0.2, 2.3, 4.8) for each in burst][1:]
    pattern = _pattern(onsets_s, 6.0)
    assert pattern.onsets_s == pytest.approx((0, 0.2, 0.4))
    assert pattern.period_s == pytest.approx(2.5)


def test_a_melody_is_a_burst_even_where_its_pulses_are_evenly_spaced() -> None:
    pattern = _pattern([0, 0.5, 1.0, 1.5, 2.0, 2.5], 3.0, [800, 600] * 3)
    assert len(pattern.onsets_s) == 2
    assert pattern.period_s == pytest.approx(1.0)


def test_one_burst_has_no_period() -> None:
    assert _pattern([0.0, 0.4, 0.8], 4.0).period_s is None


def test_pulses_in_no_order_are_said_to_be_so() -> None:
    onsets_s = np.cumsum(np.random.default_rng(0).exponential(0.4, 30)).tolist()
    assert not _pattern(onsets_s, onsets_s[-1] + 0.3).regular


def test_the_jitter_of_onsets_is_measured() -> None:
    moved = np.random.default_rng(3).uniform(-1, 1, 60) * 3**0.5 * 0.03
    pattern = _pattern((np.arange(60) * 0.5 + 0.5 * moved + 0.1).tolist(), 30.1)
    assert pattern.jitter == pytest.approx(0.03, rel=0.15)
    assert pattern.period_s == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("snr_db", [10.0, 20.0])
def test_an_alarm_of_five_and_five_pulses_is_found(snr_db: float) -> None:
    burst = [group * 1.22 + pulse * 0.18 for group in range(2) for pulse in range(5)]
    envelope = gate([start + each for start in (0.7, 6.7, 12.7) for each in burst], 0.1, 18, 0.01, 0.01)
    alarm = harmonic_tone(817.3, [0, -3, -6, -9], 18) * envelope
    source = fit(mixed(alarm, white(18), snr_db, envelope), measured_from="test").sources[0]
    assert isinstance(source, Alarm)
    assert (source.groups_per_burst, source.pulses_per_group) == (2, 5)
    assert source.fundamental_hz == pytest.approx(817.3, rel=0.01)
    assert source.burst_period_s == pytest.approx(6.0, rel=0.02)
    assert source.pulse_s == pytest.approx(0.1, abs=0.005)
    assert source.spacing_s == pytest.approx(0.08, abs=0.005)
    assert source.gap_s == pytest.approx(1.22 - 4 * 0.18 - 0.1, abs=0.01)
    assert source.rise_share == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("bursts_s", [(0.7, 6.7, 12.7), (0.7,)], ids=["three bursts", "one burst"])
def test_five_pulses_as_three_and_two_twice_are_found(bursts_s: tuple[float, ...]) -> None:
    half = [0, 0.22, 0.44, 0.88, 1.10]  # the high-priority pattern: one pulse is left out
    burst = [group * 1.72 + pulse for group in range(2) for pulse in half]
    duration_s = bursts_s[-1] + 5
    envelope = gate([start + each for start in bursts_s for each in burst], 0.12, duration_s, 0.015, 0.015)
    alarm = harmonic_tone(551.3, [0, -3, -6, -9], duration_s) * envelope
    found = fit(mixed(alarm, white(duration_s), 20, envelope), measured_from="test")
    source = found.sources[0]
    assert isinstance(source, Alarm)
    assert (source.groups_per_burst, source.pulses_per_group) == (2, 5)
    assert source.spacings_s == pytest.approx((0.1, 0.1, 0.32, 0.1), abs=0.005)
    assert source.gap_s == pytest.approx(1.72 - 1.10 - 0.12, abs=0.01)
    if len(bursts_s) > 1:
        assert source.burst_period_s == pytest.approx(6.0, rel=0.02)
    else:
        assert any("one burst only" in each for each in found.warnings)


def test_pitches_that_take_turns_are_one_alarm_with_a_melody() -> None:
    parts = []
    for place, hz in enumerate((523.25, 493.88, 440.0)):
        envelope = gate([start + 0.4 * place for start in (0.2, 3.2, 6.2)], 0.25, 9, 0.01, 0.01)
        parts.append(harmonic_tone(hz, [0, -6], 9) * envelope)
    (source, *_) = fit(mixed(np.sum(parts, axis=0), white(9), 20), measured_from="test").sources
    assert isinstance(source, Alarm)
    assert source.fundamental_hz == pytest.approx(523.25, rel=0.01)
    assert source.melody == pytest.approx((1, 493.88 / 523.25, 440 / 523.25), rel=0.01)
    assert source.burst_period_s == pytest.approx(3.0, rel=0.02)


def test_a_warning_names_a_melody_by_the_pitch_that_the_profile_holds() -> None:
    parts = []
    for place, (hz, height) in enumerate(((392.0, 0.5), (523.25, 1.0), (440.0, 0.5))):
        parts.append(height * harmonic_tone(hz, [0, -6], 6) * gate([0.4 + 0.4 * place], 0.25, 6, 0.01, 0.01))
    found = fit(mixed(np.sum(parts, axis=0), white(6), 30), measured_from="test")
    alarm = found.sources[0]
    assert isinstance(alarm, Alarm)
    assert alarm.fundamental_hz == pytest.approx(392, rel=0.01)
    assert any("392 Hz sound in one burst only" in each for each in found.warnings)


def test_tones_that_are_no_harmonics_but_pulse_together_stay_in_step() -> None:
    envelope = gate([0.3 + 0.7 * each for each in range(8)], 0.1, 6)
    chord = sum(harmonic_tone(hz, [0], 6, seed=round(hz)) for hz in (1281.5, 1795.9, 3827.4)) * envelope
    found = fit(mixed(chord, white(6), 25, envelope), measured_from="test")
    (tones,) = [each for each in found.sources if isinstance(each, Tones)]
    sounding_hz = [
        tones.fundamental_hz * number
        for number, level_db in enumerate(tones.harmonics_db, start=1)
        if level_db > -100
    ]
    assert sounding_hz == pytest.approx([1281.5, 1795.9, 3827.4], rel=0.01)
    assert any("common divisor" in each for each in found.warnings)
