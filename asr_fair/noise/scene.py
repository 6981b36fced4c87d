"""What a source of noise is told about the utterance, and what it gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from asr_fair.noise.clips import ClipBank, ClipDraw
from asr_fair.records import SAMPLE_RATE_HZ, Samples, Seconds

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scene:
    """One utterance, as a source of noise sees it.

    Attributes
    ----------
    speech
        Where the speech is active, shape = (n_samples,): bursts and onsets are placed there.
    speaker
        Who speaks (the manifest's cluster), or None where it is not known.
    bank
        The recordings or voices that the source draws from, with nothing of `speaker`; None where it is
        made from figures.
    """

    speech: Mask
    speaker: str | None = None
    bank: ClipBank | None = None

    @property
    def n_samples(self) -> int:
        """Length of the noise to be made."""
        return len(self.speech)

    @property
    def length_s(self) -> Seconds:
        """Length of the noise to be made, in seconds."""
        return self.n_samples / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of any level at `SAMPLE_RATE_HZ`: samples and where they sound, both of shape (n_samples,).

    `onset_s` is the onset of the pulse or burst that was placed into the speech; None for what has no onset.
    """

    samples: Samples
    sounding: Mask
    onset_s: Seconds | None
    clips: tuple[ClipDraw, ...] = field(default=())


def first_sample_at(moment_s: Seconds) -> int:
    """Number of the first sample at or after a moment: what floating point adds to a sample is none."""
    return math.ceil(round(moment_s * SAMPLE_RATE_HZ, 6))


def draw_onset_s(scene: Scene, period_s: Seconds, burst_s: Seconds, rng: np.random.Generator) -> Seconds:
    """Onset of a burst of a periodic sound: in active speech, with the whole burst before the speech ends.

    All such samples of one period from the beginning of the speech are equally likely. Where the burst is
    longer than the speech, it begins with it; without any speech, with the utterance.
    """
    active = np.flatnonzero(scene.speech)
    if not active.size:
        return 0.0
    first, end = int(active[0]), int(active[-1]) + 1
    latest_in_period = first + round(period_s * SAMPLE_RATE_HZ) - 1
    latest_that_fits = end - first_sample_at(burst_s)
    latest = max(first, min(latest_in_period, latest_that_fits))
    candidates = int(np.searchsorted(active, latest, side="right"))
    return float(active[int(rng.integers(candidates))]) / SAMPLE_RATE_HZ
