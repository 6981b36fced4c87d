"""Noise profiles and speech made for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from asr_fair.conditions.plan import Condition, Outline, condition_of
from asr_fair.noise.synth import NoiseBed
from asr_fair.recipes.library import Found
from asr_fair.recipes.profile import Profile
from asr_fair.records import SAMPLE_RATE_HZ, Samples
from noise.made_sources import ALARM, TONES, profile_of, source_of

__all__ = [
    "ALARM",
    "TONES",
    "alarm_at",
    "noise_condition",
    "profile_of",
    "source_of",
    "steady_speech",
    "tones_at",
]


def noise_condition(profile: Profile, snr_db: float) -> Condition:
    """A profile made from figures alone, at an SNR."""
    outline = Outline(profile=Found(profile, Path("test.yaml")), snr_db=snr_db)
    return condition_of(outline, None, NoiseBed(profile, (None,) * len(profile.sources)))


def tones_at(snr_db: float, **changes: Any) -> Condition:
    return noise_condition(profile_of(source_of(TONES, **changes)), snr_db)


def alarm_at(snr_db: float, **changes: Any) -> Condition:
    return noise_condition(profile_of(source_of(ALARM, **changes)), snr_db)


def steady_speech(duration_s: float, *, peak: float = 0.05) -> Samples:
    """A long tone: its active speech level is its RMS, known by hand as peak / sqrt(2)."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (peak * np.sin(2 * np.pi * 211 * time_s)).astype(np.float32)
