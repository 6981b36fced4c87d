"""Why a recording cannot be used: the codes that outcomes, losses and reports carry."""

from __future__ import annotations

from enum import StrEnum

from asr_fair.errors import AudioError
from asr_fair.records import AudioSource


class AudioReason(StrEnum):
    """Short code of a fault in a recording; `meaning` says it in one line."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> AudioReason:
        """Keep the meaning beside the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    MISSING = "missing", "there is no such file"
    EMPTY = "empty", "the file holds 0 bytes"
    UNREADABLE = "unreadable", "the file cannot be opened or is not audio that can be decoded"
    TRUNCATED = "truncated", "the file holds less audio than its header says"
    NO_SAMPLES = "no_samples", "the recording is 0 seconds long"
    TOO_LONG = "too_long", "the utterance is longer than an hour"
    NOT_FINITE = "not_finite", "there are samples that are NaN or infinite"
    SILENT = "silent", "neither the RMS nor the active speech level reaches -80 dBFS"
    SEGMENT_OUTSIDE = "segment_outside", "the segment lies outside the recording"
    NO_SPEAKER = "no_speaker", "babble needs to know who speaks, so that nobody hears their own voice"
    CHECKSUM = "checksum", "the file's SHA-256 differs from the manifest's"


def audio_error(source: AudioSource, reason: AudioReason, problem: str, remedy: str) -> AudioError:
    """The error that names utterance, file, what was found and what to do about it."""
    place = f"utterance {source.utterance_id!r}: {source.path}"
    return AudioError(reason.value, f"{place}: {problem}. {remedy}")
