"""Noise that comes and goes."""

from __future__ import annotations

import numpy as np

from asr_fair.noise.pulses import time_since_onset_s, trapezoid
from asr_fair.noise.scene import Noise, Scene, draw_onset_s
from asr_fair.noise.shaped import shaped_noise
from asr_fair.recipes.sources import Cyclic
from asr_fair.records import SAMPLE_RATE_HZ


def cyclic(source: Cyclic, scene: Scene, rng: np.random.Generator) -> Noise:
    """Shaped noise in pulses; what sounds at rest, between them, does not count as sounding."""
    onset_s = draw_onset_s(scene, source.period_s, source.pulse_s, rng)
    time_s = np.arange(scene.n_samples) / SAMPLE_RATE_HZ - onset_s
    since_s = time_since_onset_s(time_s, source, rng)
    sounding = (since_s >= 0) & (since_s < source.pulse_s)
    gain = trapezoid(since_s, source.pulse_s, source.rise_s, source.fall_s)
    if source.rest_db is not None:
        gain = np.maximum(gain, 10 ** (source.rest_db / 20))
    sound = gain * shaped_noise(source, scene.n_samples, rng)
    return Noise(sound.astype(np.float32), sounding, onset_s)
