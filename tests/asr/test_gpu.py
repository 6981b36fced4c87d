"""Whisper on a GPU against the same weights on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from asr_fair.asr import Engine, load_engine
from asr_fair.asr.base import Clip
from asr_fair.asr.ctranslate2_weights import Dimensions
from asr_fair.asr.memory import free_device_bytes, window_bytes
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError
from asr_fair.records import Hypothesis, Samples
from fakes.engine import clips_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.model,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
N_CLIPS = 24
LEAST_SHARE_AGREEING = 0.9


@pytest.fixture(scope="module")
def clips(speech: Sequence[tuple[Samples, str]]) -> list[Samples]:
    return [samples for samples, _ in speech[:N_CLIPS]]


@pytest.fixture(scope="module")
def on_cpu(tiny_en: Callable[[str], Engine], clips: list[Samples]) -> list[Hypothesis]:
    return tiny_en("whisper").transcribe(clips_of(clips))


def share_agreeing(some: Sequence[Hypothesis], others: Sequence[Hypothesis]) -> float:
    return sum(one.text == other.text for one, other in zip(some, others, strict=True)) / len(some)


def load_on_gpu(make_system: Callable[..., SystemConfig], engine: str, **asked: object) -> Engine:
    try:
        return load_engine(make_system(engine, device="cuda", **asked))
    except ConfigError as error:
        if engine == "faster-whisper" and "cannot use this GPU" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize(
    ("engine", "asked", "precision"),
    [
        ("whisper", "auto", "float16"),
        ("whisper", "float32", "float32"),
        ("whisper", "bfloat16", "bfloat16"),
        ("faster-whisper", "auto", "float16"),
        ("faster-whisper", "float32", "float32"),
    ],
)
def test_texts_agree_with_float32_on_the_cpu(
    engine: str,
    asked: str,
    precision: str,
    clips: list[Samples],
    on_cpu: list[Hypothesis],
    make_system: Callable[..., SystemConfig],
) -> None:
    loaded = load_on_gpu(make_system, engine, precision=asked)
    assert (loaded.info.settings["device"], loaded.info.settings["precision"]) == ("cuda", precision)
    agreeing = share_agreeing(loaded.transcribe(clips_of(clips)), on_cpu)
    print(f"{engine} {precision}: {agreeing:.1%} of {len(clips)} texts agree with the CPU")
    assert agreeing >= LEAST_SHARE_AGREEING


@pytest.mark.parametrize("batch_windows", [1, 3])
def test_texts_agree_whatever_the_batch(
    batch_windows: int, clips: list[Samples], make_system: Callable[..., SystemConfig]
) -> None:
    whole = load_on_gpu(make_system, "whisper", batch_windows=N_CLIPS).transcribe(clips_of(clips))
    parts = load_on_gpu(make_system, "whisper", batch_windows=batch_windows).transcribe(clips_of(clips))
    agreeing = share_agreeing(whole, parts)
    print(f"batches of {batch_windows}: {agreeing:.1%} of {len(clips)} texts agree with one batch")
    assert agreeing >= LEAST_SHARE_AGREEING


def test_the_free_memory_is_the_devices_own_figure() -> None:
    free, whole = torch.cuda.mem_get_info()
    assert 0 < free_device_bytes() <= whole
    assert free_device_bytes() == pytest.approx(free, abs=2 * 2**30)  # whoever asks takes some


@pytest.mark.parametrize("precision", ["float16", "float32", "bfloat16"])
def test_a_window_takes_no_more_than_is_reckoned(
    precision: str, clips: list[Samples], make_system: Callable[..., SystemConfig]
) -> None:
    loaded = load_on_gpu(make_system, "whisper", precision=precision, batch_windows=64)
    dims = Dimensions(**vars(loaded._model.dims))  # type: ignore[attr-defined]

    def peak_bytes(n_windows: int) -> int:
        torch.cuda.reset_peak_memory_stats()
        many = [clips[n % len(clips)] for n in range(n_windows)]
        loaded.transcribe(clips_of(many))
        return torch.cuda.max_memory_allocated()

    peak_bytes(2)
    real = (peak_bytes(64) - peak_bytes(8)) / 56
    print(f"{precision}: {real / 1e6:.1f} MB a window, reckoned {window_bytes(dims, precision) / 1e6:.1f} MB")
    assert real <= window_bytes(dims, precision)


def test_a_batch_that_the_device_cannot_hold_is_halved_and_loses_nothing(
    clips: list[Samples], make_system: Callable[..., SystemConfig]
) -> None:
    loaded = load_on_gpu(make_system, "whisper", batch_windows=N_CLIPS)
    whole = loaded.transcribe(clips_of(clips))
    # No more than three windows' worth is left to this process beside what it holds.
    dims = Dimensions(**vars(loaded._model.dims))  # type: ignore[attr-defined]
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    allowed = torch.cuda.memory_reserved() + 3 * window_bytes(dims, "float16")
    torch.cuda.set_per_process_memory_fraction(allowed / total)
    try:
        parts = loaded.transcribe(clips_of(clips))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert share_agreeing(whole, parts) >= LEAST_SHARE_AGREEING
    assert max(each.batch_size or 0 for each in parts) < N_CLIPS


def test_a_device_that_holds_not_even_one_window_fails_that_clip_alone(
    clips: list[Samples], make_system: Callable[..., SystemConfig]
) -> None:
    loaded = load_on_gpu(make_system, "whisper", batch_windows=N_CLIPS)
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(torch.cuda.memory_reserved() / total)
    try:
        with pytest.raises(torch.cuda.OutOfMemoryError):
            loaded.transcribe([Clip("u", "clean", clips[0])])
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert loaded.transcribe([Clip("u", "clean", clips[0])])[0]
