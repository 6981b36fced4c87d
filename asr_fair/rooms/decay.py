"""How a room's response dies away, measured on its samples.

A response begins with the direct sound, whose level is 1. Reverberation is what comes after it: close to a
speaker the direct sound alone would make any decay look steep.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

AUDIBLE_DECAY_DB: Decibels = -60.0
"""What is left of a response below this is cut off: it would only make every recording longer."""

_FIT_DB: tuple[Decibels, Decibels] = (-5.0, -35.0)


def energy_decay_db(response: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Schroeder's backward integral: energy from each sample to the end, shape (n_taps,), 0 dB at first.

    -inf where nothing follows. M. R. Schroeder, "New method of measuring reverberation time", 1965.
    """
    remaining = np.cumsum(np.square(response, dtype=np.float64)[::-1])[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(10 * np.log10(remaining / remaining[0]))


def reverberation_time_s(reflections: NDArray[np.floating[Any]]) -> Seconds | None:
    """Time of decay by 60 dB at `SAMPLE_RATE_HZ`, from the slope between -5 and -35 dB (T30, ISO 3382).

    `reflections`, shape (n_taps,), is a response without its direct sound. None where there is no slope.
    """
    decay_db = energy_decay_db(reflections)
    first_db, last_db = _FIT_DB
    (sloping,) = np.nonzero((decay_db <= first_db) & (decay_db >= last_db))
    if len(sloping) < 2:
        return None
    # Least squares by sums of its own: a linear-algebra library's would depend on its number of threads.
    offset = sloping - sloping.mean()
    db_per_sample = float(np.sum(offset * decay_db[sloping]) / np.sum(offset * offset))
    return -60 / db_per_sample / SAMPLE_RATE_HZ if db_per_sample < 0 else None


def reflections_of(response: Samples) -> Samples:
    """The response without its direct sound, shape (n_taps,)."""
    reflections = response.copy()
    reflections[0] -= 1
    return reflections


def direct_to_reverberant_db(response: Samples) -> Decibels:
    """Energy of the direct sound to that of all reflections; inf where there are none."""
    reverberant = float(np.sum(np.square(reflections_of(response), dtype=np.float64)))
    return -10 * math.log10(reverberant) if reverberant else math.inf


def cut_inaudible(response: Samples) -> Samples:
    """The response up to where what is left of its energy falls below -60 dB."""
    n_audible = int(np.count_nonzero(energy_decay_db(response) >= AUDIBLE_DECAY_DB))
    return response[:n_audible].copy()
