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

TONES: dict[str, Any] = {
    "kind": "tones",
    "fundamental_hz": 500,
    "harmonics_db": [0, -6],
    "repetition_hz": 4,
    "duty": 0.4,
    "ramp_s": 0.01,
}
ALARM: dict[str, Any] = {
    "kind": "alarm",
    "groups_per_burst": 2,
    "pulses_per_group": 3,
    "pulse_s": 0.1,
    "spacing_s": 0.05,
    "gap_s": 0.2,
    "burst_period_s": 2.0,
    "fundamental_hz": 900,
    "harmonics_db": [0, -3, -6],
    "rise_share": 0.1,
}


def source_of(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A source with evidence for all its figures."""
    source = {**base, **changes}
    figures = [key for key in source if key not in {"kind", "evidence"}]
    return {"evidence": [{"figures": figures, "origin": "assumed"}], **source}


def profile_of(*sources: dict[str, Any], **changes: Any) -> Profile:
    content = {"id": "test", "version": "1", "title": "Test", "description": "For tests", "licence": "none"}
    return Profile.model_validate({**content, "sources": list(sources), **changes})


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


def runs_of(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Begin and end of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
