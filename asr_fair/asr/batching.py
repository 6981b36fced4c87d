"""Clips through a decoder in batches of windows: the part that both Whisper engines share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from asr_fair.asr.options import DETECT
from asr_fair.asr.windows import DecodedWindow, cut_windows, join_windows
from asr_fair.records import Hypothesis, Samples

EncodedT = TypeVar("EncodedT")


class WindowDecoder(Protocol[EncodedT]):
    """Recognises batches of windows of at most 30 s each."""

    def encode(self, windows: Sequence[Samples]) -> EncodedT:
        """The encoder's output for a batch."""

    def detect_languages(self, encoded: EncodedT) -> list[str]:
        """The most probable language code of each window."""

    def decode(self, encoded: EncodedT, languages: Sequence[str]) -> list[DecodedWindow]:
        """Recognise each window in its language."""


def transcribe_clips(
    decoder: WindowDecoder[EncodedT], clips: Sequence[Samples], *, language: str, batch_windows: int
) -> list[Hypothesis]:
    """Cut `clips` into windows, decode at most `batch_windows` of them at once, and join the results.

    With language 'detect', a clip's first window decides for the whole clip.
    """
    windows = [(clip, window) for clip, samples in enumerate(clips) for window in cut_windows(samples)]
    detected: dict[int, str] = {}
    decoded: list[list[DecodedWindow]] = [[] for _ in clips]
    for start in range(0, len(windows), batch_windows):
        batch = windows[start : start + batch_windows]
        encoded = decoder.encode([window for _, window in batch])
        if language == DETECT:
            for (clip, _), found in zip(batch, decoder.detect_languages(encoded), strict=True):
                detected.setdefault(clip, found)
        languages = [detected.get(clip, language) for clip, _ in batch]
        for (clip, _), result in zip(batch, decoder.decode(encoded, languages), strict=True):
            decoded[clip].append(result)
    return [join_windows(results) for results in decoded]
