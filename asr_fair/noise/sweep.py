"""Sirens: tones whose frequency moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from asr_fair.noise.scene import Noise, Scene
from asr_fair.noise.tonal import harmonics
from asr_fair.recipes.sources import Sweep
from asr_fair.records import SAMPLE_RATE_HZ


def sweep(source: Sweep, scene: Scene, rng: np.random.Generator) -> Noise:
    """A tone that moves between two frequencies, linearly in Hz, without a pause.

    The phase is the integral of the frequency in closed form, so nothing clicks, however the frequency
    jumps. What is drawn is the point of its cycle at which the utterance begins.
    """
    cycles = np.arange(scene.n_samples) / (SAMPLE_RATE_HZ * source.period_s) + rng.random()
    whole = np.floor(cycles)
    raised = whole / 2 + _RAISED[source.shape](cycles - whole)  # over a cycle, the mean is half way up
    turns = source.period_s * (source.low_hz * cycles + (source.high_hz - source.low_hz) * raised)
    sound = harmonics(2 * np.pi * turns, source.harmonics_db, source.high_hz)
    return Noise(sound.astype(np.float32), np.ones(scene.n_samples, dtype=bool), None)


_Cycle = NDArray[np.float64]


def _triangle(at: _Cycle) -> _Cycle:
    return np.where(at < 0.5, at**2, 0.5 - (1 - at) ** 2)


def _sine(at: _Cycle) -> _Cycle:
    return at / 2 - np.sin(2 * np.pi * at) / (4 * np.pi)


def _rise(at: _Cycle) -> _Cycle:
    return at**2 / 2


def _step(at: _Cycle) -> _Cycle:
    return np.maximum(at - 0.5, 0.0)


_RAISED: Mapping[str, Callable[[_Cycle], _Cycle]] = {
    "triangle": _triangle,
    "sine": _sine,
    "rise": _rise,
    "step": _step,
}
"""How far up the frequency is (0 at low_hz, 1 at high_hz), integrated from a cycle's beginning (0 to 1)."""
