"""Sources of noise made for the tests, and what they sound like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from asr_fair.noise.scene import Noise, Scene
from asr_fair.noise.synth import SYNTHESES
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import NoiseSource, Source
from asr_fair.records import SAMPLE_RATE_HZ
from asr_fair.seed import rng_for

Base = dict[str, Any]
Mask = NDArray[np.bool_]

TONES: Base = {
    "kind": "tones",
    "fundamental_hz": 500,
    "harmonics_db": [0, -6],
    "repetition_hz": 4,
    "duty": 0.4,
    "ramp_s": 0.01,
}
ALARM: Base = {
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
SWEEP: Base = {
    "kind": "sweep",
    "low_hz": 500,
    "high_hz": 1500,
    "period_s": 1.0,
    "shape": "triangle",
    "harmonics_db": [0],
}
BROADBAND: Base = {"kind": "broadband", "octave_db": {125: 0, 250: 0, 500: 0, 1000: 0, 2000: 0, 4000: 0}}
CYCLIC: Base = {
    "kind": "cyclic",
    "octave_db": {500: 0, 1000: 0, 2000: 0, 4000: 0},
    "period_s": 0.5,
    "duty": 0.4,
    "rise_s": 0.05,
    "fall_s": 0.1,
}
IMPULSES: Base = {
    "kind": "impulses",
    "octave_db": {1000: 0, 2000: 0},
    "per_minute": 60,
    "timing": "regular",
    "decay_s": 0.3,
}
ALL = (TONES, ALARM, SWEEP, BROADBAND, CYCLIC, IMPULSES)

_SOURCES: TypeAdapter[Source] = TypeAdapter(NoiseSource)


def source_of(base: Base, **changes: Any) -> Base:
    """A source as YAML gives it, with evidence for all its figures; None takes a key away."""
    source = {key: value for key, value in {**base, **changes}.items() if value is not None}
    figures = [key for key in source if key not in {"kind", "evidence"}]
    return {"evidence": [{"figures": figures, "origin": "assumed"}], **source}


def profile_of(*sources: Base, **changes: Any) -> Profile:
    content = {"id": "test", "version": "1", "title": "Test", "description": "For tests", "licence": "none"}
    return Profile.model_validate({**content, "sources": list(sources), **changes})


def made(base: Base, *, speech: Mask | float = 4.0, draw: str = "u1", **changes: Any) -> Noise:
    """What a source sounds like behind speech: a mask, or the seconds for which somebody speaks."""
    mask = speech if isinstance(speech, np.ndarray) else np.ones(round(speech * SAMPLE_RATE_HZ), dtype=bool)
    source = _SOURCES.validate_python(source_of(base, **changes))
    return SYNTHESES[type(source)](source, Scene(mask), rng_for(1, draw, "test"))


def onset_of(noise: Noise) -> int:
    """The sample at which the burst that was placed into the speech begins."""
    assert noise.onset_s is not None
    return round(noise.onset_s * SAMPLE_RATE_HZ)


def runs_of(mask: Mask) -> list[tuple[int, int]]:
    """Begin and end of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def whole_runs_of(mask: Mask) -> list[tuple[int, int]]:
    """The same, without those that the beginning or the end of the noise may cut."""
    return [(begin, end) for begin, end in runs_of(mask) if begin > 0 and end < len(mask)]


def levels_db(samples: NDArray[Any], *frequencies_hz: float) -> NDArray[np.float64]:
    """Height of the spectrum at some frequencies, in dB, by a Blackman window of the samples' length."""
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples)), size))
    lines = np.rint(np.array(frequencies_hz) * size / SAMPLE_RATE_HZ).astype(int)
    return 20 * np.log10(spectrum[lines])
