"""Hits that ring off."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from asr_fair.noise.scene import Noise, Scene, draw_onset_s, first_sample_at
from asr_fair.noise.shaped import shaped_noise
from asr_fair.recipes.sources import Impulses
from asr_fair.records import SAMPLE_RATE_HZ, Seconds


def impulses(source: Impulses, scene: Scene, rng: np.random.Generator) -> Noise:
    """Hits that begin at once and decay exponentially, those before the utterance included.

    A hit sounds until it has fallen by 20 dB, a third of its decay; its tail beyond does not count. Where
    hits overlap, the powers of their noises add. Each of their tones begins with a hit, as a sine.
    """
    sounding_s = source.decay_s / 3
    spacing_s = scene.length_s if source.timing == "random" else 60 / source.per_minute
    onset_s = draw_onset_s(scene, spacing_s, sounding_s, rng)
    before = first_sample_at(source.decay_s)  # what hit earlier has fallen by 60 dB
    length = before + scene.n_samples
    hits = before + _draw_hits(source, onset_s, -before, scene.n_samples, rng)
    strengths = 10 ** (rng.normal(0.0, source.spread_db, len(hits)) / 20)
    fall = 10 ** (-3 / (source.decay_s * SAMPLE_RATE_HZ))  # of an amplitude, from one sample to the next
    power = lfilter([1.0], [1.0, -(fall**2)], _train(hits, strengths**2, length))[before:]
    sound = np.sqrt(power) * shaped_noise(source, scene.n_samples, rng)
    if source.modes_hz:
        sound += _ringing(source, _train(hits, strengths, length), fall)[before:]
    sounding = _within(hits, first_sample_at(sounding_s), length)[before:]
    return Noise(sound.astype(np.float32), sounding, onset_s)


def _draw_hits(
    source: Impulses, onset_s: Seconds, begin: int, end: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Samples from `begin` up to `end` at which something hits, the one placed into the speech among them.

    A Poisson process that is known to have a point somewhere is elsewhere as it always was.
    """
    placed = round(onset_s * SAMPLE_RATE_HZ)
    per_sample = source.per_minute / 60 / SAMPLE_RATE_HZ
    if source.timing == "random":
        others = rng.integers(begin, end, rng.poisson((end - begin) * per_sample))
        return np.append(others, placed)
    first, last = math.ceil((begin - placed) * per_sample), math.ceil((end - placed) * per_sample)
    hits = placed + np.rint(np.arange(first, last) / per_sample).astype(np.int64)
    return hits[(hits >= begin) & (hits < end)]


def _ringing(source: Impulses, strikes: NDArray[np.float64], fall: float) -> NDArray[np.float64]:
    """Each tone as a resonator that is struck; all tones together, when struck by 1, have an RMS of modes_db.

    A strike of 1 gives fall^n sin(w n), for which the filter has two poles.
    """
    amplitude = 10 ** (source.modes_db / 20) * math.sqrt(2 / len(source.modes_hz))
    ringing = np.zeros(len(strikes))
    for mode_hz in source.modes_hz:
        step = 2 * math.pi * mode_hz / SAMPLE_RATE_HZ
        poles = [1.0, -2 * fall * math.cos(step), fall**2]
        ringing += lfilter([0.0, amplitude * fall * math.sin(step)], poles, strikes)
    return ringing


def _train(hits: NDArray[np.int64], strengths: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The strength of all hits at each sample, shape = (length,)."""
    train = np.zeros(length)
    np.add.at(train, hits, strengths)
    return train


def _within(hits: NDArray[np.int64], sounding: int, length: int) -> NDArray[np.bool_]:
    """Where a hit was at most `sounding` samples ago, shape = (length,)."""
    begun = np.cumsum(_train(hits, np.ones(len(hits)), length))
    return np.asarray(begun > np.pad(begun, (sounding, 0))[:length])
