"""Babble: other speakers of the manifest talking at once."""

from __future__ import annotations

import numpy as np

from asr_fair.audio.reasons import AudioReason
from asr_fair.errors import AudioError
from asr_fair.noise.clips import ClipDraw, draw_clips
from asr_fair.noise.loops import excerpt
from asr_fair.noise.scene import Noise, Scene
from asr_fair.recipes.sources import Babble
from asr_fair.records import SAMPLE_RATE_HZ


def babble(source: Babble, scene: Scene, rng: np.random.Generator) -> Noise:
    """Voices at the same active speech level, each from a moment of its own; it sounds throughout.

    Raises AudioError (no_speaker) where it is not known who speaks: the voice behind them could be theirs.
    """
    if scene.speaker is None:
        msg = "nobody knows who speaks, so that babble could hold their own voice. Add a `speaker_id`"
        raise AudioError(AudioReason.NO_SPEAKER.value, msg)
    draws: list[ClipDraw] = []
    mixed = np.zeros(scene.n_samples, dtype=np.float32)
    for clip in draw_clips(source, scene.bank, rng):
        begin = int(rng.integers(len(clip.samples)))
        mixed += excerpt(clip.samples, begin, scene.n_samples)
        draws.append(ClipDraw(clip, begin / SAMPLE_RATE_HZ))
    return Noise(mixed, np.ones(scene.n_samples, dtype=bool), None, tuple(draws))
