"""The voices that babble is made of: chosen before a run, by nothing but who speaks and what is heard."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from asr_fair.audio.decode import load_audio
from asr_fair.audio.level import active_speech
from asr_fair.audio.reasons import AudioReason
from asr_fair.errors import AudioError, Fault, FaultsError
from asr_fair.noise.clips import Clip, ClipBank, clip_of
from asr_fair.noise.loops import excerpt, joined, loop_of
from asr_fair.recipes.sources import Babble
from asr_fair.records import SAMPLE_RATE_HZ, AudioSource, Decibels, Samples, Seconds

VOICE_LEVEL_DB: Decibels = -26.0
"""Active speech level of every voice in a bank, in dBFS: the customary level of speech files for P.56."""

_CROSSFADE_S: Seconds = 0.05
_LEVEL_SAMPLES = 30 * SAMPLE_RATE_HZ
"""P.56 takes the end of a recording for a pause of 0.2 s; a loop has no end, and is measured going round."""

_SHORTEST = SAMPLE_RATE_HZ // 2
"""Samples: what is still wanted of a speaker's bank is left out where it would be less than a word."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An utterance that babble may be made of; `speaker` is the manifest's cluster."""

    source: AudioSource
    speaker: str
    duration_s: Seconds
    content_sha256: str


def open_babble(source: Babble, voices: Sequence[Voice], *, profile: str, place: str) -> ClipBank:
    """The bank of a source: a clip for each speaker, all at the same active speech level.

    Speakers come in the order of the SHA-256 of their ids, and utterances in that of their content, so that
    the bank depends neither on tags, nor on the order of the manifest, nor on a run's seed.

    Parameters
    ----------
    profile, place
        The profile's file and the source's place in it (`sources.0`), for faults.

    Raises
    ------
    FaultsError
        Fewer speakers than the voices at once and one more, whose own voice is left out.
    AudioError
        A voice's file that cannot be read any more.
    """
    of_speaker: dict[str, dict[str, Voice]] = defaultdict(dict)
    for voice in voices:
        of_speaker[voice.speaker].setdefault(voice.content_sha256, voice)
    _require_speakers(len(of_speaker), source, profile, place)
    clips: list[Clip] = []
    for speaker in sorted(of_speaker, key=_order_of):
        spoken = of_speaker[speaker]
        samples = _speech_of((spoken[content] for content in sorted(spoken)), source.bank_s)
        if samples.size:
            clips.append(clip_of(speaker, samples, speaker))
        if len(clips) == source.bank_speakers:
            break
    _require_speakers(len(clips), source, profile, place)
    return ClipBank(tuple(clips))


def _order_of(speaker: str) -> str:
    return hashlib.sha256(speaker.encode()).hexdigest()


def _require_speakers(found: int, source: Babble, profile: str, place: str) -> None:
    needed = source.voices + 1
    if found >= needed:
        return
    if found:
        problem = (
            f"{source.voices} voices at once need {needed} speakers, so that nobody hears their own voice: "
            f"the manifest has {found} with speech that can be used"
        )
        remedy = "Lower `voices`, or take a recording instead"
    else:
        problem = "babble is made of other speakers: the manifest has no usable speech with a speaker_id"
        remedy = "Add `speaker_id` to the manifest, or take a recording instead"
    raise FaultsError([Fault(file=profile, field=f"{place}.voices", problem=problem, remedy=remedy)])


def _speech_of(voices: Iterable[Voice], bank_s: Seconds) -> Samples:
    """One speaker's utterances, one after the other up to `bank_s`, as a loop; empty without any speech."""
    pieces = list(_pieces(voices, round(bank_s * SAMPLE_RATE_HZ)))
    loop = loop_of(joined(pieces, _CROSSFADE_S), _CROSSFADE_S)
    return _levelled(loop, heard=excerpt(loop, 0, max(_LEVEL_SAMPLES, len(loop)))) if loop.size else loop


def _pieces(voices: Iterable[Voice], wanted: int) -> Iterator[Samples]:
    """Utterances without the silence around them, at one level, `wanted` samples in all."""
    for voice in voices:
        piece = _trimmed(_load(voice, wanted / SAMPLE_RATE_HZ))[:wanted]
        if piece.size:
            yield _levelled(piece, heard=piece)
        wanted -= len(piece)
        if wanted < _SHORTEST:
            return


def _load(voice: Voice, limit_s: Seconds) -> Samples:
    """An utterance, or as much of its beginning as is wanted; empty where that is silent."""
    source = voice.source if voice.duration_s <= limit_s else replace(voice.source, duration_s=limit_s)
    try:
        return load_audio(source)
    except AudioError as error:
        if error.reason == AudioReason.SILENT:
            return np.zeros(0, dtype=np.float32)
        raise


def _trimmed(samples: Samples) -> Samples:
    """Speech without what comes before its first and after its last active sample."""
    active = np.flatnonzero(active_speech(samples, SAMPLE_RATE_HZ).mask)
    return samples[active[0] : active[-1] + 1] if active.size else samples[:0]


def _levelled(samples: Samples, heard: Samples) -> Samples:
    """Speech without a constant offset, at the gain that brings `heard` to `VOICE_LEVEL_DB`."""
    level_db = active_speech(heard, SAMPLE_RATE_HZ).level_db
    centred = samples - np.float32(samples.mean(dtype=np.float64))
    return centred * np.float32(10 ** ((VOICE_LEVEL_DB - level_db) / 20))
