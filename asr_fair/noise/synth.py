"""From a noise profile to samples: pure functions of the profile, its banks, the speech and the seed.

A source sounds as if it had always been running; only the moment at which the utterance meets it is drawn,
such that at least one whole pulse or burst (or as much of one as fits, from its onset) lies in the speech.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from asr_fair.audio.level import rms_db
from asr_fair.noise.babble import babble
from asr_fair.noise.clips import ClipBank, ClipDraw
from asr_fair.noise.cyclic import cyclic
from asr_fair.noise.impulses import impulses
from asr_fair.noise.recordings import recording
from asr_fair.noise.scene import Mask, Noise, Scene
from asr_fair.noise.shaped import broadband
from asr_fair.noise.sweep import sweep
from asr_fair.noise.tonal import alarm, tones
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import (
    Alarm,
    Babble,
    Broadband,
    Cyclic,
    Impulses,
    Recording,
    Source,
    Sweep,
    Tones,
)
from asr_fair.seed import rng_for
from asr_fair.validation import digest_of

SYNTHESES: Mapping[type[Source], Callable[[Any, Scene, np.random.Generator], Noise]] = {
    Tones: tones,
    Alarm: alarm,
    Sweep: sweep,
    Broadband: broadband,
    Cyclic: cyclic,
    Impulses: impulses,
    Recording: recording,
    Babble: babble,
}
"""How each kind of source becomes sound."""


@dataclass(frozen=True)
class NoiseBed:
    """A profile with its banks: one for each source, None where the source is made from figures."""

    profile: Profile
    banks: tuple[ClipBank | None, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that shapes the sound."""
        return digest_of([self.profile.digest, [bank and bank.digest for bank in self.banks]])

    @property
    def has_voices(self) -> bool:
        """Whether the sound depends on who speaks: nobody hears their own voice behind them."""
        return any(clip.speaker is not None for bank in self.banks if bank for clip in bank.clips)


def synthesise(bed: NoiseBed, speech: Mask, *, seed: int, utterance_id: str, speaker: str | None) -> Noise:
    """Noise of a profile, each source at its level relative to the others.

    A source's level is the RMS of its sounding part; the profile sounds where any of its sources does.

    Parameters
    ----------
    speech
        Where the speech is active, shape = (n_samples,): the noise has the same length.
    """
    mixed = np.zeros(len(speech))
    sounding = np.zeros(len(speech), dtype=bool)
    onsets_s: list[float] = []
    clips: list[ClipDraw] = []
    for index, (source, bank) in enumerate(zip(bed.profile.sources, bed.banks, strict=True)):
        scene = Scene(speech, speaker, bank and bank.without(speaker))
        noise = SYNTHESES[type(source)](source, scene, source_rng(bed.profile, index, seed, utterance_id))
        level_db = rms_db(noise.samples[noise.sounding])
        if math.isfinite(level_db):
            mixed += noise.samples * 10 ** ((source.level_db - level_db) / 20)
            sounding |= noise.sounding
        if noise.onset_s is not None:
            onsets_s.append(noise.onset_s)
        clips.extend(noise.clips)
    return Noise(mixed.astype(np.float32), sounding, onsets_s[0] if onsets_s else None, tuple(clips))


def source_rng(profile: Profile, index: int, seed: int, utterance_id: str) -> np.random.Generator:
    """The random generator of one source: a source added to a profile leaves the others as they were."""
    return rng_for(seed, utterance_id, f"noise {profile.id} {index}")
