"""The frozen records that stages hand to each other, and the names they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Seconds: TypeAlias = float
Decibels: TypeAlias = float
Samples: TypeAlias = NDArray[np.float32]
"""Mono audio, shape = (n_samples,), full scale is 1.0."""

SAMPLE_RATE_HZ = 16_000
"""Sample rate from decoding to transcription, in Hz: what Whisper was trained on."""

WINDOW_S = 30.0
"""Length of Whisper's input, in seconds: the unit in which a batch is counted."""

SOUND_SUFFIXES = frozenset(
    [
        *(".aac", ".aif", ".aiff", ".amr", ".caf", ".flac", ".m4a"),
        *(".mp3", ".oga", ".ogg", ".opus", ".wav", ".webm"),
    ]
)
"""What counts as a sound file in a folder, beside licences and notes; a file named itself may end in any."""

CLEAN = "clean"
NONE = "none"
DECLINED = "declined"
UNKNOWN = "unknown"
RESERVED_GROUPS = (DECLINED, UNKNOWN)
OVERALL = "overall"
EVERYONE = "all"
REST = "rest"
RAW = "raw"
"""The normaliser that changes nothing: its figures are shown, and nothing is concluded from them."""


class SystemPair(NamedTuple):
    """Two systems that are compared in one condition; differences are of the first less the other."""

    condition: str
    system: str
    other_system: str


@dataclass(frozen=True, slots=True)
class Waveform:
    """Mono audio: samples of shape (n_samples,), float32, full scale 1.0."""

    samples: Samples
    sample_rate_hz: int

    @property
    def duration_s(self) -> Seconds:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True, slots=True)
class AudioSource:
    """Where an utterance's audio lies: a file or fsspec URL, and a segment of it in seconds."""

    utterance_id: str
    path: str
    start_s: Seconds | None = None
    duration_s: Seconds | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What decoding found: length at 16 kHz and the SHA-256 of the samples; or why it failed."""

    utterance_id: str
    duration_s: Seconds | None = None
    content_sha256: str | None = None
    reason: str | None = None
    message: str | None = None

    @property
    def usable(self) -> bool:
        """Whether there is audio to transcribe."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class RenderRecord:
    """What was done to one utterance under one condition; None for what the condition does not have.

    Levels in dB at the point of mixing, between room and handset; `response` counts the responses of the
    room's bank; `clips` names recordings or voices and where in them the noise begins.
    """

    utterance_id: str
    condition: str
    recipe_digest: str
    room: str | None = None
    response: int | None = None
    rt60_s: Seconds | None = None
    profile: str | None = None
    clips: str | None = None
    offset_s: Seconds | None = None
    snr_asked_db: Decibels | None = None
    snr_sounding_db: Decibels | None = None
    snr_whole_db: Decibels | None = None
    speech_level_db: Decibels | None = None
    noise_gain_db: Decibels | None = None
    handset: str | None = None
    codec: str | None = None
    lost_share: float | None = None
    clipped_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser said about one utterance, with the decoder's own facts where it gives them."""

    text: str
    language: str | None = None
    no_speech_probability: float | None = None
    mean_log_probability: float | None = None
    batch_size: int | None = None
    """Windows that were decoded together with it, where the engine knows; at most, over its own windows."""
    n_requests: int = 0
    """To a hosted engine, those that were repeated included."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exactly one per (utterance, condition, system): a text or an error, never neither, never both."""

    utterance_id: str
    condition: str
    system: str
    cache_key: str
    text: str | None = None
    error: str | None = None
    error_message: str | None = None
    language: str | None = None
    no_speech_probability: float | None = None
    mean_log_probability: float | None = None
    batch_id: int | None = None
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.error is None):
            msg = f"outcome of {self.utterance_id!r}: needs either a text or an error"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Substitutions, deletions, insertions and hits; counts are added, and divided once at the end.

    >>> (ErrorCounts(1, 0, 1, 8) + ErrorCounts(0, 1, 0, 0)).wer
    0.3
    >>> ErrorCounts(0, 0, 2, 0).wer is None
    True
    """

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    hits: int = 0

    def __add__(self, other: Self) -> ErrorCounts:
        return ErrorCounts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.hits + other.hits,
        )

    @property
    def errors(self) -> int:
        """S + D + I."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def reference_words(self) -> int:
        """N = S + D + H."""
        return self.substitutions + self.deletions + self.hits

    @property
    def hypothesis_words(self) -> int:
        """M = S + I + H."""
        return self.substitutions + self.insertions + self.hits

    @property
    def wer(self) -> float | None:
        """Word error rate (S + D + I) / N; None without reference words."""
        return self.errors / self.reference_words if self.reference_words else None
