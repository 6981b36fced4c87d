"""Where a recording sounds, and where its bursts or pulses begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples

FrameLevels: TypeAlias = NDArray[np.float64]
"""Level of each frame of a loop, shape (n_frames,), in dB; the last frame holds what is left over."""

FRAME = SAMPLE_RATE_HZ // 100
"""Length of a frame in samples: 10 ms, shorter than a pulse of any alarm."""

SOUNDING_DB: Decibels = -20.0
"""Frames above this level sound: pulses with their decay, not the room between them."""

BURST_DB: Decibels = -10.0
"""A stretch of sounding frames that never reaches this is no burst: a rustle, or the end of an echo."""

_PAUSE_FRAMES = 5
"""50 ms: what comes after a shorter gap belongs to the same stretch."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A burst or pulse of a loop: first sample and length in samples; it may run on past the loop's end."""

    onset: int
    n_samples: int


def frame_levels(loop: Samples) -> FrameLevels:
    """Level of each frame of 10 ms, relative to that of the loud ones; -inf in digital silence.

    Parameters
    ----------
    loop
        Audio at `SAMPLE_RATE_HZ`, shape = (n_samples,), not silent.

    Returns
    -------
    array of float64, shape = (max(1, n_samples // FRAME),)

    Notes
    -----
    The level of the loud frames is the power averaged with the power itself as the weight, sum(p^2) / sum(p):
    the level at which the typical part of the energy sounds. A percentile of the frames' levels would be
    that of the room for an alarm with long pauses (a low-priority one sounds for half a second in 16 s), and
    their maximum would let one bump in half an hour of steady noise stand for all of it.
    """
    begins = np.arange(max(1, len(loop) // FRAME)) * FRAME
    power = np.add.reduceat(np.square(loop), begins, dtype=np.float64) / np.diff(begins, append=len(loop))
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(power * np.sum(power) / np.sum(np.square(power))))


def sounding_at(levels_db: FrameLevels, begin: int, n_samples: int, loop_samples: int) -> NDArray[np.bool_]:
    """Where an excerpt of a loop sounds, from sample `begin` of it on: shape (n_samples,)."""
    frames = (np.arange(begin, begin + n_samples) % loop_samples) // FRAME
    return np.take(levels_db >= SOUNDING_DB, frames, mode="clip")  # what is left over is in the last frame


def bursts_of(levels_db: FrameLevels, loop_samples: int) -> tuple[Stretch, ...]:
    """Stretches of sound that reach -10 dB, each after a pause of 50 ms or more, in order.

    The loop's beginning follows its end. There are none in a loop that sounds without a pause.
    """
    sounding = levels_db >= SOUNDING_DB
    before = [np.roll(sounding, shift) for shift in range(1, _PAUSE_FRAMES + 1)]
    first = np.flatnonzero(sounding & ~np.any(before, axis=0))
    if not first.size:
        return ()
    at = np.flatnonzero(sounding)
    # The last sounding frame before the next onset; after the last onset, index -1 leads round the loop.
    last = at[np.roll(np.searchsorted(at, first), -1) - 1]
    edges = np.append(np.arange(len(levels_db)) * FRAME, loop_samples)
    return tuple(
        Stretch(int(edges[begin]), int(edges[end + 1] - edges[begin]) % loop_samples)
        for begin, end in zip(first, last, strict=True)
        if np.take(levels_db, np.arange(begin, begin + 1 + (end - begin) % len(levels_db)), mode="wrap").max()
        >= BURST_DB
    )
