"""Noise from recordings of the place."""

from __future__ import annotations

import numpy as np

from asr_fair.noise.clips import Clip, ClipDraw, draw_clips
from asr_fair.noise.loops import excerpt
from asr_fair.noise.scene import Noise, Scene, draw_onset_s
from asr_fair.noise.stretches import sounding_at
from asr_fair.recipes.sources import Recording
from asr_fair.records import SAMPLE_RATE_HZ, Seconds


def recording(source: Recording, scene: Scene, rng: np.random.Generator) -> Noise:
    """One recording of the bank; of one with pauses, a burst that is drawn begins in the speech."""
    (clip,) = draw_clips(source, scene.bank, rng)
    onset_s: Seconds | None = None
    if clip.bursts:
        burst = clip.bursts[int(rng.integers(len(clip.bursts)))]
        onset_s = draw_onset_s(scene, clip.duration_s, burst.n_samples / SAMPLE_RATE_HZ, rng)
        begin = (burst.onset - round(onset_s * SAMPLE_RATE_HZ)) % len(clip.samples)
    else:
        begin = _draw_begin(clip, source.crossfade_s, scene.n_samples, rng)
    return Noise(
        samples=excerpt(clip.samples, begin, scene.n_samples),
        sounding=sounding_at(clip.levels_db, begin, scene.n_samples, len(clip.samples)),
        onset_s=onset_s,
        clips=(ClipDraw(clip, begin / SAMPLE_RATE_HZ),),
    )


def _draw_begin(clip: Clip, crossfade_s: Seconds, n_samples: int, rng: np.random.Generator) -> int:
    """Where an excerpt begins: past the cross-fade and with no seam in it where the clip is long enough."""
    seam = round(crossfade_s * SAMPLE_RATE_HZ)
    free = len(clip.samples) - seam - n_samples
    return seam + int(rng.integers(free + 1)) if free >= 0 else int(rng.integers(len(clip.samples)))
