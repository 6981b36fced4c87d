from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.pipeline.noise_fit import fit_recording, write_profile
from asr_fair.recipes.library import read_recipe
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import Alarm, Tones

pytestmark = pytest.mark.shared

A3, C4, E4, A4, C5 = 220.0, 261.63, 329.63, 440.0, 523.25
"""Notes of the tempered scale: what the makers of these alarms are likely to have meant, within 1 %."""

ALARMS = {
    "patient_monitor_alarms/Alarm_High_Priority.wav": (A4, 3, 2.0),
    "patient_monitor_alarms/Alarm_IABP_Augmentation.wav": (E4, 2, 5.0),
    "patient_monitor_alarms/Alarm_Low_Priority.wav": (A3, 1, None),
    "patient_monitor_alarms/Alarm_Medium_Priority.wav": (E4, 2, 5.0),
    "ventilator_alarms/alarm_high.wav": (C4, 5, 3.1),
    "ventilator_alarms/alarm_low.wav": (C5, 3, 1.22),
    "ventilator_alarms/alarm_medium.wav": (C4, 3, None),
}
"""Fundamental, pulses a burst and burst period in seconds, the latter two counted and read off a picture."""

HUMS = {"alarm_1": 3617, "alarm_17": 1020, "alarm_31": 950, "alarm_44": 1021, "alarm_9": 1022}
PULSING = {"alarm_12": (1000, 1.41), "alarm_23": (None, 1.45), "alarm_5": (950, 1.0), "alarm_60": (650, 0.88)}
"""Hz and pulses a second, read off a picture."""


@pytest.mark.parametrize("name", ALARMS)
def test_a_real_alarm_is_fitted_written_read_again_and_sounds_alike(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    fundamental_hz, pulses, burst_period_s = ALARMS[name]
    fitted = fit_recording(shared_data / "noise" / name, profile_id="real")
    write_profile(fitted, tmp_path / "real.yaml")
    assert read_recipe(Profile, tmp_path / "real.yaml").recipe == fitted.profile
    (alarm,) = fitted.profile.sources
    assert isinstance(alarm, Alarm)
    assert alarm.fundamental_hz == pytest.approx(fundamental_hz, rel=0.01)
    assert len(alarm.pulses) == pulses
    if burst_period_s is not None:
        assert alarm.burst_period_s == pytest.approx(burst_period_s, rel=0.02)
    else:
        assert any("one burst only" in each for each in fitted.warnings)
    assert fitted.resemblance.mean_db < 3


def test_pulses_of_different_lengths_keep_the_pause_between_them(shared_data: Path) -> None:
    """0.75 and 1.0 s long, 0.25 s apart, read off a picture: 0.75 s for both leaves the pause."""
    name = "patient_monitor_alarms/Alarm_IABP_Augmentation.wav"
    fitted = fit_recording(shared_data / "noise" / name, profile_id="real")
    (alarm,) = fitted.profile.sources
    assert isinstance(alarm, Alarm)
    assert alarm.spacings_s == pytest.approx((0.25,), abs=0.02)
    assert any("different lengths" in each for each in fitted.warnings)


@pytest.mark.parametrize("name", HUMS)
def test_a_real_alarm_that_sounds_on_is_a_steady_tone(name: str, shared_data: Path) -> None:
    fitted = fit_recording(shared_data / "noise" / "icu_alarms" / f"{name}.wav", profile_id="real")
    loudest = fitted.profile.sources[0]
    assert isinstance(loudest, Tones)
    assert loudest.duty == 1
    assert loudest.fundamental_hz == pytest.approx(HUMS[name], rel=0.01)
    assert fitted.resemblance.mean_db < 1


@pytest.mark.parametrize("name", PULSING)
def test_a_real_alarm_that_pulses_has_its_rate(name: str, shared_data: Path) -> None:
    hz, rate_hz = PULSING[name]
    fitted = fit_recording(shared_data / "noise" / "icu_alarms" / f"{name}.wav", profile_id="real")
    loudest = fitted.profile.sources[0]
    assert isinstance(loudest, Tones)
    assert loudest.repetition_hz == pytest.approx(rate_hz, rel=0.02)
    if hz is not None:
        assert loudest.fundamental_hz == pytest.approx(hz, rel=0.01)
    assert fitted.resemblance.mean_db < 3


def test_a_real_alarm_under_clatter_is_said_to_be_described_badly(shared_data: Path) -> None:
    fitted = fit_recording(shared_data / "noise" / "icu_alarms" / "alarm_2.wav", profile_id="real")
    assert any("in no order" in each for each in fitted.warnings)
    assert any("listen before you use it" in each for each in fitted.warnings)


def test_voices_on_a_ward_are_not_taken_for_tones(shared_data: Path) -> None:
    fitted = fit_recording(shared_data / "noise" / "icu_alarms" / "normal_3.wav", profile_id="real")
    assert [each.kind for each in fitted.profile.sources] == ["broadband"]
