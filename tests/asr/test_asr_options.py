from __future__ import annotations

import pytest
from whisper.tokenizer import LANGUAGES

from asr_fair.asr.options import choose_device, choose_language, choose_precision
from asr_fair.config.systems import WhisperConfig
from asr_fair.errors import ConfigError, UnknownNameError

TINY_EN_TOKENS, TINY_TOKENS, LARGE_V3_TOKENS = 51_864, 51_865, 51_866


def a_system(**asked: str) -> WhisperConfig:
    return WhisperConfig.model_validate({"name": "tested", "engine": "whisper", "model": "tiny.en"} | asked)


def language_of(asked: str, n_vocabulary: int) -> str:
    return choose_language(a_system(language=asked), n_vocabulary=n_vocabulary, codes=tuple(LANGUAGES))


def precision_of(asked: str, device: str) -> str:
    supported = {"float32", "float16"} if device == "cuda" else {"float32"}
    system = a_system(precision=asked)
    return choose_precision(system, device=device, supported=supported, remedy="Use float32")


@pytest.mark.parametrize(
    ("asked", "cuda", "chosen"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_device(asked: str, cuda: bool, chosen: str) -> None:
    assert choose_device(a_system(device=asked), cuda=cuda) == chosen


def test_a_missing_gpu_is_named_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"no CUDA device.*device: auto"):
        choose_device(a_system(device="cuda"), cuda=False)


def test_automatic_precision_is_half_on_a_gpu_and_full_on_a_cpu() -> None:
    assert precision_of("auto", "cuda") == "float16"
    assert precision_of("auto", "cpu") == "float32"


def test_a_precision_that_the_engine_lacks_is_refused_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match=r"'tested': precision: whisper has no int8 .* Use float32"):
        precision_of("int8", "cpu")


@pytest.mark.parametrize("asked", ["en", "detect"])
def test_an_english_model_decodes_english(asked: str) -> None:
    assert language_of(asked, TINY_EN_TOKENS) == "en"


def test_an_english_model_refuses_another_language() -> None:
    with pytest.raises(ConfigError, match=r"tiny.en' knows English only, got 'fr'"):
        language_of("fr", TINY_EN_TOKENS)


def test_a_multilingual_model_takes_a_code_or_detects() -> None:
    assert language_of("fr", TINY_TOKENS) == "fr"
    assert language_of("detect", TINY_TOKENS) == "detect"


def test_an_unknown_language_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'detect'"):
        language_of("detekt", TINY_TOKENS)


def test_cantonese_came_with_large_v3() -> None:
    assert language_of("yue", LARGE_V3_TOKENS) == "yue"
    with pytest.raises(UnknownNameError, match="yue"):
        language_of("yue", TINY_TOKENS)
