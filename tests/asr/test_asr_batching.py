from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.windows import DecodedWindow
from asr_fair.records import SAMPLE_RATE_HZ, Samples

LANGUAGES = {1: "de", 2: "fr", 3: "es"}


class Recorder:
    """A decoder whose texts say which clip, in which language and batch; a clip's level is its number."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def encode(self, windows: Sequence[Samples]) -> list[int]:
        self.batches.append([int(window[0]) for window in windows])
        return self.batches[-1]

    def detect_languages(self, encoded: list[int]) -> list[str]:
        # The first window of a clip in a batch sounds like its language, further ones Spanish.
        return [LANGUAGES[clip] if encoded.index(clip) == row else "es" for row, clip in enumerate(encoded)]

    def decode(self, encoded: list[int], languages: Sequence[str]) -> list[DecodedWindow]:
        return [
            DecodedWindow(f"{clip}{language}", language, 0.0, 0.0, 1)
            for clip, language in zip(encoded, languages, strict=True)
        ]


def clip(number: int, duration_s: float) -> Samples:
    return np.full(int(duration_s * SAMPLE_RATE_HZ), number, dtype=np.float32)


@pytest.mark.parametrize("batch_windows", [1, 2, 3, 8])
def test_results_keep_the_order_of_clips_at_any_batch_size(batch_windows: int) -> None:
    decoder = Recorder()
    clips = [clip(1, 2), clip(2, 65), clip(3, 31)]
    hypotheses = transcribe_clips(decoder, clips, language="en", batch_windows=batch_windows)
    assert [hypothesis.text for hypothesis in hypotheses] == ["1en", "2en 2en 2en", "3en 3en"]
    assert [number for batch in decoder.batches for number in batch] == [1, 2, 2, 2, 3, 3]
    assert max(len(batch) for batch in decoder.batches) == min(batch_windows, 6)


@pytest.mark.parametrize("batch_windows", [2, 8])
def test_the_first_window_decides_the_language_of_a_clip(batch_windows: int) -> None:
    clips = [clip(1, 2), clip(2, 65)]
    hypotheses = transcribe_clips(Recorder(), clips, language="detect", batch_windows=batch_windows)
    assert [hypothesis.text for hypothesis in hypotheses] == ["1de", "2fr 2fr 2fr"]
    assert [hypothesis.language for hypothesis in hypotheses] == ["de", "fr"]


def test_no_clips_give_no_hypotheses() -> None:
    assert transcribe_clips(Recorder(), [], language="en", batch_windows=8) == []
