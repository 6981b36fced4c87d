"""Whisper on a GPU against the same weights on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from asr_fair.asr import Engine, load_engine
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
