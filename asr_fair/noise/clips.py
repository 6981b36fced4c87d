"""Banks of sound that are fixed before a run: recordings of a place, or voices for babble."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from asr_fair.noise.stretches import FrameLevels, Stretch, bursts_of, frame_levels
from asr_fair.recipes.sources import Babble, Recording
from asr_fair.records import SAMPLE_RATE_HZ, Samples, Seconds
from asr_fair.validation import digest_of

STRANGER = ""
"""The speaker of an utterance that is not of the manifest: no voice of a bank can be theirs."""


@dataclass(frozen=True, eq=False)
class Clip:
    """One sound of a bank: mono audio at `SAMPLE_RATE_HZ`, shape (n_samples,), whose end meets its beginning.

    `speaker` is whose voice it is (the manifest's cluster), None for a recording of a place.
    """

    name: str
    samples: Samples
    content_sha256: str
    speaker: str | None = None

    @property
    def duration_s(self) -> Seconds:
        """From the beginning to the beginning again."""
        return len(self.samples) / SAMPLE_RATE_HZ

    @cached_property
    def levels_db(self) -> FrameLevels:
        """Level of each of its frames, relative to the loud ones."""
        return frame_levels(self.samples)

    @cached_property
    def bursts(self) -> tuple[Stretch, ...]:
        """Its bursts or pulses; none where it sounds without a pause."""
        return bursts_of(self.levels_db, len(self.samples))


@dataclass(frozen=True, slots=True)
class ClipDraw:
    """A clip of a bank, and where in it the utterance begins, in seconds."""

    clip: Clip
    offset_s: Seconds


@dataclass(frozen=True)
class ClipBank:
    """The sounds that one source of a profile draws from."""

    clips: tuple[Clip, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all clips: names, speakers and samples, in order."""
        return digest_of([(each.name, each.speaker, each.content_sha256) for each in self.clips])

    def without(self, speaker: str | None) -> Self:
        """The bank without one speaker's voice."""
        return type(self)(tuple(each for each in self.clips if speaker is None or each.speaker != speaker))


def clip_of(name: str, samples: Samples, speaker: str | None = None) -> Clip:
    """A clip with the SHA-256 of its samples (float32, little-endian)."""
    content = samples.astype("<f4", copy=False).tobytes()
    return Clip(name, samples, hashlib.sha256(content).hexdigest(), speaker)


def draw_clips(
    source: Recording | Babble, bank: ClipBank | None, rng: np.random.Generator
) -> tuple[Clip, ...]:
    """The clips of a bank that an utterance meets, all different and equally likely.

    This is the first thing drawn from a source's generator, so that shares can be told without any sound
    being made. Raises ValueError where the bank was not opened or has too few clips.
    """
    if bank is None:
        msg = f"a {source.kind} needs a bank: open the profile with `open_bed`"
        raise ValueError(msg)
    at_once = source.voices if isinstance(source, Babble) else 1
    return tuple(bank.clips[number] for number in rng.choice(len(bank.clips), at_once, replace=False))
