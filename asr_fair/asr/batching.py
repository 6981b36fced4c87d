"""Clips through a decoder in batches of windows: the part that both Whisper engines share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from asr_fair.asr.memory import BatchLimit, is_out_of_memory
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
    decoder: WindowDecoder[EncodedT], clips: Sequence[Samples], *, language: str, limit: BatchLimit
) -> list[Hypothesis]:
    """Cut `clips` into windows, decode at most `limit` of them at once, and join the results.

    With language 'detect', a clip's first window decides for the whole clip. Where the memory does not hold
    a batch, it is decoded by halves, and `limit` is lower from then on; a single window that does not fit
    raises what the decoder raised.
    """
    windows = [(clip, window) for clip, samples in enumerate(clips) for window in cut_windows(samples)]
    detected: dict[int, str] = {}
    decoded: list[list[DecodedWindow]] = [[] for _ in clips]
    together = [0] * len(clips)
    start = 0
    while start < len(windows):
        batch = windows[start : start + limit.windows]
        results = _decode_batch(decoder, batch, language, detected)
        if results is None:
            limit.halve(len(batch))
            continue
        for (clip, _), result in zip(batch, results, strict=True):
            decoded[clip].append(result)
            together[clip] = max(together[clip], len(batch))
        start += len(batch)
    return [
        replace(join_windows(results), batch_size=n_together)
        for results, n_together in zip(decoded, together, strict=True)
    ]


def _decode_batch(
    decoder: WindowDecoder[EncodedT],
    batch: Sequence[tuple[int, Samples]],
    language: str,
    detected: dict[int, str],
) -> list[DecodedWindow] | None:
    """The result for each (clip, window), None where they do not fit into memory together.

    `detected`: languages of clips by their first windows, to which those of this batch are added.
    """
    try:
        encoded = decoder.encode([window for _, window in batch])
        if language == DETECT:
            for (clip, _), found in zip(batch, decoder.detect_languages(encoded), strict=True):
                detected.setdefault(clip, found)
        return decoder.decode(encoded, [detected.get(clip, language) for clip, _ in batch])
    except (MemoryError, RuntimeError) as error:
        if len(batch) == 1 or not is_out_of_memory(error):
            raise
        # The error holds the frames in which it rose, and they hold what filled the memory: the caller tries
        # again only after this function has returned, and with it the error is gone.
        return None
