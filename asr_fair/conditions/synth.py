"""From a noise profile to samples: pure functions of the profile, the length and the random generator.

A source sounds as if it had always been running; only the moment at which the utterance meets it is drawn,
such that at least one whole pulse or burst (or as much of one as fits, from its onset) lies inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.audio.level import rms_db
from asr_fair.conditions.profile import Profile
from asr_fair.conditions.sources import Alarm, Harmonic, Tones
from asr_fair.records import Samples, Seconds

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of any level: samples and where they sound, both of shape (n_samples,).

    `onset_s` is the onset of the first pulse or burst that begins inside; of the first source's, where
    there are several.
    """

    samples: Samples
    sounding: Mask
    onset_s: Seconds


def synthesise(profile: Profile, n_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> Noise:
    """Noise of a profile, each source at its level relative to the others.

    A source's level is the RMS of its sounding part; the profile sounds where any of its sources does.
    """
    mixed = np.zeros(n_samples)
    sounding = np.zeros(n_samples, dtype=bool)
    onsets_s = []
    for source in profile.sources:
        noise = render_source(source, n_samples, sample_rate_hz, rng)
        level_db = rms_db(noise.samples[noise.sounding])
        if math.isfinite(level_db):
            mixed += noise.samples * 10 ** ((source.level_db - level_db) / 20)
            sounding |= noise.sounding
        onsets_s.append(noise.onset_s)
    return Noise(mixed.astype(np.float32), sounding, onsets_s[0])


@singledispatch
def render_source(source: Any, n_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> Noise:
    """Noise of one source; each kind registers its function here."""
    msg = f"no synthesis for sources of kind {type(source).__name__}"
    raise NotImplementedError(msg)


@render_source.register
def _tones(source: Tones, n_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> Noise:
    onset_s = draw_onset_s(source.period_s, source.pulse_s, n_samples / sample_rate_hz, rng)
    time_s = np.arange(n_samples) / sample_rate_hz - onset_s
    sound = _harmonics(source, time_s, sample_rate_hz)
    if source.duty == 1:
        return Noise(sound.astype(np.float32), np.ones(n_samples, dtype=bool), onset_s)
    in_pulse_s = time_s % source.period_s
    sounding = in_pulse_s < source.pulse_s
    sound *= trapezoid(in_pulse_s, source.pulse_s, source.ramp_s)
    return Noise(sound.astype(np.float32), sounding, onset_s)


@render_source.register
def _alarm(source: Alarm, n_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> Noise:
    length_s = n_samples / sample_rate_hz
    onset_s = draw_onset_s(source.burst_period_s, source.burst_s, length_s, rng)
    samples = np.zeros(n_samples, dtype=np.float32)
    sounding = np.zeros(n_samples, dtype=bool)
    ramp_s = source.rise_share * source.pulse_s
    first_burst = -math.ceil(onset_s / source.burst_period_s)
    last_burst = math.floor((length_s - onset_s) / source.burst_period_s)
    for burst in range(first_burst, last_burst + 1):
        for after_onset_s in source.pulse_onsets_s:
            pulse_onset_s = onset_s + burst * source.burst_period_s + after_onset_s
            begin = max(0, math.ceil(pulse_onset_s * sample_rate_hz))
            end = min(n_samples, math.ceil((pulse_onset_s + source.pulse_s) * sample_rate_hz))
            if begin >= end:
                continue
            time_s = np.arange(begin, end) / sample_rate_hz - pulse_onset_s
            sound = _harmonics(source, time_s, sample_rate_hz) * trapezoid(time_s, source.pulse_s, ramp_s)
            samples[begin:end] = sound
            sounding[begin:end] = True
    return Noise(samples, sounding, onset_s)


def draw_onset_s(period_s: Seconds, burst_s: Seconds, length_s: Seconds, rng: np.random.Generator) -> Seconds:
    """Onset of the first burst inside: uniform over one period, as far as the burst then ends inside.

    Nothing to draw where the burst is longer than the utterance: it then begins with it.
    """
    latest_s = min(period_s, max(0.0, length_s - burst_s))
    return float(rng.random() * latest_s)


def trapezoid(time_s: NDArray[np.float64], duration_s: Seconds, ramp_s: Seconds) -> NDArray[np.float64]:
    """Envelope of a pulse that lasts from 0 to `duration_s`, with linear rise and fall; 0 elsewhere."""
    if ramp_s == 0:
        return ((time_s >= 0) & (time_s < duration_s)).astype(np.float64)
    return np.clip(np.minimum(time_s, duration_s - time_s) / ramp_s, 0.0, 1.0)


def _harmonics(source: Harmonic, time_s: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Sum of the harmonics below half the sample rate, all in sine phase at time 0.

    By sin(kx) = 2 cos(x) sin((k-1)x) - sin((k-2)x).
    """
    phase = 2 * np.pi * source.fundamental_hz * time_s
    before, current = np.zeros_like(phase), np.sin(phase)
    twice_cosine = 2 * np.cos(phase)
    below_nyquist = math.ceil(sample_rate_hz / 2 / source.fundamental_hz) - 1
    sound = np.zeros_like(phase)
    for level_db in source.harmonics_db[:below_nyquist]:
        sound += 10 ** (level_db / 20) * current
        before, current = current, twice_cosine * current - before
    return sound
