from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.memory import BatchLimit
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
    hypotheses = transcribe_clips(decoder, clips, language="en", limit=BatchLimit(batch_windows))
    assert [hypothesis.text for hypothesis in hypotheses] == ["1en", "2en 2en 2en", "3en 3en"]
    assert [number for batch in decoder.batches for number in batch] == [1, 2, 2, 2, 3, 3]
    assert max(len(batch) for batch in decoder.batches) == min(batch_windows, 6)


@pytest.mark.parametrize("batch_windows", [2, 8])
def test_the_first_window_decides_the_language_of_a_clip(batch_windows: int) -> None:
    clips = [clip(1, 2), clip(2, 65)]
    hypotheses = transcribe_clips(Recorder(), clips, language="detect", limit=BatchLimit(batch_windows))
    assert [hypothesis.text for hypothesis in hypotheses] == ["1de", "2fr 2fr 2fr"]
    assert [hypothesis.language for hypothesis in hypotheses] == ["de", "fr"]


def test_no_clips_give_no_hypotheses() -> None:
    assert transcribe_clips(Recorder(), [], language="en", limit=BatchLimit(8)) == []


class Held:
    """What a batch keeps on a device; the device counts it until nobody holds it any more."""

    def __init__(self, clips: list[int]) -> None:
        self.clips = clips


class SmallDevice(Recorder):
    """A decoder whose device holds `capacity` windows, those of batches that are still held included."""

    def __init__(self, capacity: int, error: Exception) -> None:
        super().__init__()
        self.capacity, self.error = capacity, error
        self.used = 0
        self.asked: list[int] = []

    def encode(self, windows: Sequence[Samples]) -> Held:  # type: ignore[override]
        held = Held([int(window[0]) for window in windows])
        self.used += len(windows)
        weakref.finalize(held, self._let_go, len(windows))
        self.asked.append(len(windows))
        if self.used > self.capacity:
            raise type(self.error)(*self.error.args)  # one that is kept would keep its frames
        return held

    def decode(self, encoded: Held, languages: Sequence[str]) -> list[DecodedWindow]:  # type: ignore[override]
        return super().decode(encoded.clips, languages)

    def _let_go(self, n_windows: int) -> None:
        self.used -= n_windows


OUT_OF_MEMORY = [
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("CUDA failed with error out of memory"),
    RuntimeError("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
    MemoryError("std::bad_alloc"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: f"{type(error).__name__}: {error}"[:40])
def test_a_batch_that_does_not_fit_is_halved_and_loses_nothing(error: Exception) -> None:
    device, limit = SmallDevice(3, error), BatchLimit(8)
    clips = [clip(number, 1) for number in range(1, 12)]
    heard = transcribe_clips(device, clips, language="en", limit=limit)
    assert [each.text for each in heard] == [f"{number}en" for number in range(1, 12)]
    assert device.asked == [8, 4, 2, 2, 2, 2, 2, 1]
    assert limit.windows == 2
    assert [each.batch_size for each in heard] == [2] * 10 + [1]
    # What follows starts with the size that fitted.
    device.asked.clear()
    transcribe_clips(device, clips[:4], language="en", limit=limit)
    assert device.asked == [2, 2]


def test_one_window_that_does_not_fit_is_an_error_of_its_own() -> None:
    device = SmallDevice(0, OUT_OF_MEMORY[0])
    with pytest.raises(torch.cuda.OutOfMemoryError):
        transcribe_clips(device, [clip(1, 1)], language="en", limit=BatchLimit(8))


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    device, limit = SmallDevice(0, RuntimeError("CUDA error: device-side assert triggered")), BatchLimit(8)
    with pytest.raises(RuntimeError, match="device-side assert"):
        transcribe_clips(device, [clip(1, 1), clip(2, 1)], language="en", limit=limit)
    assert (device.asked, limit.windows) == ([2], 8)


def test_what_a_failed_batch_held_is_let_go_before_its_halves_are_tried() -> None:
    device = SmallDevice(4, OUT_OF_MEMORY[0])
    gc.disable()  # so that nothing but the halving itself can free what is held in a cycle
    try:
        transcribe_clips(device, [clip(n, 1) for n in range(1, 9)], language="en", limit=BatchLimit(8))
    finally:
        gc.enable()
    assert device.asked == [8, 4, 4]


def test_cudas_unused_blocks_are_given_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[bool] = []
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: True)
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: emptied.append(True))
    device = SmallDevice(4, OUT_OF_MEMORY[0])
    transcribe_clips(device, [clip(n, 1) for n in range(1, 9)], language="en", limit=BatchLimit(8))
    assert emptied == [True]
