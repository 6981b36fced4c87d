"""When a periodic sound sounds: pulses, their jitter, and their rise and fall."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from asr_fair.recipes.sources import Cyclic, Tones
from asr_fair.records import Seconds


def time_since_onset_s(
    time_s: NDArray[np.float64], source: Tones | Cyclic, rng: np.random.Generator
) -> NDArray[np.float64]:
    """For each moment, how long ago its own pulse began, in seconds; below 0 where it has yet to begin.

    A moment belongs to the pulse that it is in or nearest to. Jitter moves each onset by a draw from an even
    distribution, which has the standard deviation asked for and, unlike a Gaussian one, an end: pulses never
    overlap and none is cut. The pulse that begins at 0 stays where it was placed.

    Parameters
    ----------
    time_s
        Rising moments around 0, where one pulse begins, shape = (n_samples,), n_samples > 0.
    """
    half_pause_s = (source.period_s - source.pulse_s) / 2
    pulse = np.floor((time_s + half_pause_s) / source.period_s).astype(np.int64)
    since_s = time_s - pulse * source.period_s
    if source.jitter:
        reach_s = math.sqrt(3) * source.jitter * source.period_s
        moved_s = rng.uniform(-reach_s, reach_s, int(pulse[-1] - pulse[0]) + 1)
        moved_s[-pulse[0]] = 0.0
        since_s -= moved_s[pulse - pulse[0]]
    return since_s


def trapezoid(
    time_s: NDArray[np.float64], duration_s: Seconds, rise_s: Seconds, fall_s: Seconds
) -> NDArray[np.float64]:
    """Envelope of a pulse that lasts from 0 to `duration_s`, with linear rise and fall; 0 elsewhere."""
    inside = (time_s >= 0) & (time_s < duration_s)
    rise = time_s / rise_s if rise_s else np.inf
    fall = (duration_s - time_s) / fall_s if fall_s else np.inf
    return np.where(inside, np.clip(np.minimum(rise, fall), 0.0, 1.0), 0.0)
