"""Tones that pulse, and alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asr_fair.noise.pulses import time_since_onset_s, trapezoid
from asr_fair.noise.scene import Noise, Scene, draw_onset_s, first_sample_at
from asr_fair.recipes.sources import Alarm, Tones
from asr_fair.records import SAMPLE_RATE_HZ, Decibels


def tones(source: Tones, scene: Scene, rng: np.random.Generator) -> Noise:
    """A hum that pulses: its phase runs on through the pauses, from the onset that was placed.

    A steady hum (duty 1) has no onset; what is drawn is its phase.
    """
    onset_s = draw_onset_s(scene, source.period_s, source.pulse_s, rng)
    time_s = np.arange(scene.n_samples) / SAMPLE_RATE_HZ - onset_s
    sound = harmonics(2 * np.pi * source.fundamental_hz * time_s, source.harmonics_db, source.fundamental_hz)
    if source.duty == 1:
        return Noise(sound.astype(np.float32), np.ones(scene.n_samples, dtype=bool), None)
    since_s = time_since_onset_s(time_s, source, rng)
    sounding = (since_s >= 0) & (since_s < source.pulse_s)
    sound *= trapezoid(since_s, source.pulse_s, source.ramp_s, source.ramp_s)
    return Noise(sound.astype(np.float32), sounding, onset_s)


def alarm(source: Alarm, scene: Scene, rng: np.random.Generator) -> Noise:
    """Bursts of pulses; each pulse begins with the same phase."""
    onset_s = draw_onset_s(scene, source.burst_period_s, source.burst_s, rng)
    samples = np.zeros(scene.n_samples, dtype=np.float32)
    sounding = np.zeros(scene.n_samples, dtype=bool)
    ramp_s = source.rise_share * source.pulse_s
    first_burst = -math.ceil(onset_s / source.burst_period_s)
    last_burst = math.floor((scene.length_s - onset_s) / source.burst_period_s)
    for burst in range(first_burst, last_burst + 1):
        for after_onset_s, fundamental_hz in source.pulses:
            pulse_onset_s = onset_s + burst * source.burst_period_s + after_onset_s
            begin = max(0, first_sample_at(pulse_onset_s))
            end = min(scene.n_samples, first_sample_at(pulse_onset_s + source.pulse_s))
            if begin >= end:
                continue
            time_s = np.arange(begin, end) / SAMPLE_RATE_HZ - pulse_onset_s
            tone = harmonics(2 * np.pi * fundamental_hz * time_s, source.harmonics_db, fundamental_hz)
            samples[begin:end] = tone * trapezoid(time_s, source.pulse_s, ramp_s, ramp_s)
            sounding[begin:end] = True
    return Noise(samples, sounding, onset_s)


def harmonics(
    phase: NDArray[np.float64], levels_db: Sequence[Decibels], highest_fundamental_hz: float
) -> NDArray[np.float64]:
    """Sum of the harmonics below half the sample rate, all in sine phase where `phase` (radians) is 0.

    By Clenshaw's recurrence, which takes one sine and one cosine for any number of harmonics; with 100 of
    them its rounding errors stay some 200 dB below the sum.
    """
    below_nyquist = math.ceil(SAMPLE_RATE_HZ / 2 / highest_fundamental_hz) - 1
    amplitudes = [10 ** (level_db / 20) for level_db in levels_db[:below_nyquist]]
    twice_cosine = 2 * np.cos(phase)
    current, after, next_one = np.zeros_like(phase), np.zeros_like(phase), np.empty_like(phase)
    for amplitude in reversed(amplitudes):
        np.multiply(twice_cosine, current, out=next_one)
        next_one -= after
        next_one += amplitude
        current, after, next_one = next_one, current, after
    return np.sin(phase) * current
