"""The engine on a small network of random weights: what must hold whatever the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import whisper
from whisper.audio import N_SAMPLES, log_mel_spectrogram, pad_or_trim

from asr_fair.asr import brain_float, describe_engine, load_engine, openai_whisper
from asr_fair.asr.brain_float import BlockedAttention, convert_weights
from asr_fair.asr.ctranslate2_format import CTranslate2Model
from asr_fair.asr.fallback import seed_of
from asr_fair.asr.openai_whisper import OpenAIWhisper
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError
from asr_fair.records import Samples
from fakes.engine import clips_of

MakeSystem = Callable[..., SystemConfig]
FEW_TOKENS = 5


def noise(duration_s: float, level: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal(int(16_000 * duration_s))).astype(np.float32)


@pytest.fixture
def small(
    small_checkpoint: Path, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., OpenAIWhisper]:
    monkeypatch.setattr(openai_whisper, "MAX_NEW_TOKENS", FEW_TOKENS)  # random weights never end a text

    def load(**asked: object) -> OpenAIWhisper:
        return OpenAIWhisper(make_system(model=str(small_checkpoint), device="cpu", **asked))

    return load


@pytest.mark.parametrize("asked", [{}, {"language": "detect"}, {"precision": "bfloat16", "language": "fr"}])
def test_the_description_is_that_of_the_loaded_engine(
    asked: dict[str, str], small_checkpoint: Path, make_system: MakeSystem
) -> None:
    system = make_system(model=str(small_checkpoint), device="cpu", **asked)
    info = describe_engine(system)
    assert load_engine(system).info == info
    assert info.settings["language"] == asked.get("language", "en")
    assert info.settings["precision"] == asked.get("precision", "float32")


def test_one_window_is_decoded_as_openai_whisper_decodes_it(small: Callable[..., OpenAIWhisper]) -> None:
    engine, samples = small(language="fr"), noise(3, 0.1, 1)
    mel = log_mel_spectrogram(pad_or_trim(samples, N_SAMPLES))
    options = whisper.DecodingOptions(
        language="fr", temperature=0, sample_len=FEW_TOKENS, without_timestamps=True, fp16=False
    )
    expected = whisper.decode(engine._model, mel, options)
    (hypothesis,) = engine.transcribe(clips_of([samples]))
    assert hypothesis.text == expected.text
    assert hypothesis.language == "fr"
    assert hypothesis.no_speech_probability == pytest.approx(expected.no_speech_prob, rel=1e-4)
    assert hypothesis.mean_log_probability == pytest.approx(expected.avg_logprob, rel=1e-4)


def test_a_loud_window_leaves_its_quiet_neighbour_alone(small: Callable[..., OpenAIWhisper]) -> None:
    engine = small()
    quiet, loud = noise(2, 1e-3, 1), noise(2, 0.5, 2)
    alone = engine.encode([quiet]).features[0]
    together = engine.encode([quiet, loud]).features
    torch.testing.assert_close(together[0], alone)
    assert not torch.allclose(together[1], alone)


def test_languages_are_those_that_openai_whisper_detects(small: Callable[..., OpenAIWhisper]) -> None:
    engine = small(language="detect")
    clips = [noise(1 + seed, 10.0 ** -(seed % 4), seed) for seed in range(4)]
    expected = []
    for clip in clips:
        mel = log_mel_spectrogram(pad_or_trim(clip, N_SAMPLES))
        _, probabilities = whisper.detect_language(engine._model, mel)
        expected.append(max(probabilities, key=probabilities.get))
    assert engine.detect_languages(engine.encode(clips)) == expected


def test_a_batch_of_mixed_languages_gives_each_window_its_own(small: Callable[..., OpenAIWhisper]) -> None:
    engine = small()
    windows = [noise(2, 0.1, seed) for seed in range(3)]
    languages = ["fr", "de", "fr"]
    alone = [
        engine.decode(engine.encode([window]), [language])[0]
        for window, language in zip(windows, languages, strict=True)
    ]
    together = engine.decode(engine.encode(windows), languages)
    assert [window.language for window in together] == languages
    assert [window.text for window in together] == [window.text for window in alone]
    scores = [window.sum_log_probability for window in together]
    assert scores == pytest.approx([window.sum_log_probability for window in alone], abs=1e-3)
    assert np.diff(sorted(scores)).min() > 0.01  # so a window in another's place would be seen


def test_quantised_weights_are_refused_before_anything_starts(
    tmp_path: Path, make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.bin").write_bytes(b"read by the reader below")
    position = np.zeros((4, 2), dtype=np.float16)
    variables = {
        "encoder/position_encodings/encodings": position,
        "decoder/position_encodings/encodings": position,
        "encoder/conv1/weight": np.zeros((2, 80, 3), dtype=np.float16),
        "encoder/num_heads": np.array(1),
        "decoder/num_heads": np.array(1),
        "decoder/embeddings/weight": np.zeros((9, 2), dtype=np.int8),
        "decoder/embeddings/weight_scale": np.zeros(9, dtype=np.float32),
    }
    monkeypatch.setattr(openai_whisper, "read_model", lambda _: CTranslate2Model("WhisperSpec", variables))
    with pytest.raises(ConfigError, match=r"quantised weights.*engine faster-whisper"):
        describe_engine(make_system(model=str(tmp_path), device="cpu"))


@pytest.mark.parametrize(("precision", "remedy"), [("int8", "faster-whisper for int8"), ("float16", "auto")])
def test_a_precision_that_a_cpu_lacks_is_refused(
    precision: str, remedy: str, small_checkpoint: Path, make_system: MakeSystem
) -> None:
    system = make_system(model=str(small_checkpoint), device="cpu", precision=precision)
    with pytest.raises(ConfigError, match=f"has no {precision} on this cpu.*{remedy}"):
        describe_engine(system)


def test_bfloat16_is_near_float32_and_not_the_same(small: Callable[..., OpenAIWhisper]) -> None:
    windows = [noise(2, 0.1, 1)]
    full, brain = small().encode(windows).features, small(precision="bfloat16").encode(windows).features
    assert brain.dtype is torch.float32
    assert not torch.equal(full, brain)
    assert torch.nn.functional.cosine_similarity(full, brain, dim=-1).min() > 0.99


@pytest.mark.parametrize(("precision", "told"), [("bfloat16", "encoder weights"), ("float32", None)])
def test_the_settings_tell_what_is_in_bfloat16(
    precision: str, told: str | None, small: Callable[..., OpenAIWhisper]
) -> None:
    """Texts of another arithmetic by the same name, autocast in earlier versions, have another key."""
    engine = small(precision=precision)
    assert engine.info.settings.get("bfloat16") == told
    unsaid = {name: value for name, value in engine.info.settings.items() if name != "bfloat16"}
    assert (replace(engine.info, settings=unsaid).text_key == engine.info.text_key) is (told is None)
    matrices = {
        part: {each.weight.dtype for each in network.modules() if isinstance(each, torch.nn.Linear)}
        for part, network in (("encoder", engine._model.encoder), ("decoder", engine._model.decoder))
    }
    assert matrices == {"encoder": {getattr(torch, precision)}, "decoder": {torch.float32}}


def test_halved_weights_give_what_casting_at_every_step_gives(small: Callable[..., OpenAIWhisper]) -> None:
    network = small()._model
    mel = log_mel_spectrogram(pad_or_trim(noise(2, 0.1, 1), N_SAMPLES))[None].half()
    tokens = torch.tensor([[50_258, 50_259, 50_359, 50_363]])
    with torch.inference_mode():
        cast = network.logits(tokens, network.encoder(mel))
        convert_weights(network, torch.float16)
        assert network.encoder.conv1.weight.dtype is torch.float16
        halved = network.logits(tokens, network.encoder(mel))
    torch.testing.assert_close(halved, cast, rtol=0, atol=0)


def test_a_checkpoint_that_lacks_weights_is_refused(
    small_checkpoint: Path, tmp_path: Path, make_system: MakeSystem
) -> None:
    checkpoint = torch.load(small_checkpoint)
    del checkpoint["model_state_dict"]["decoder.ln.weight"]
    torch.save(checkpoint, tmp_path / "torn.pt")
    with pytest.raises(
        ConfigError, match=r"(?s)torn\.pt: is not a whole Whisper network.*decoder\.ln\.weight"
    ):
        load_engine(make_system(model=str(tmp_path / "torn.pt"), device="cpu"))


SEARCHES = [
    {"beam_size": 3},
    {"beam_size": 3, "patience": 2, "length_penalty": 0.5, "initial_prompt": "Names of dogs."},
    {"initial_prompt": "Names of dogs."},
    {"temperature_fallback": True, "best_of": 3, "beam_size": 2, "compression_ratio_threshold": 0.3},
    {"temperature_fallback": True, "log_probability_threshold": -20, "no_speech_threshold": 0},
]


@pytest.mark.parametrize("asked", SEARCHES, ids=str)
def test_a_window_is_searched_as_openai_whispers_transcribe_searches_it(
    asked: dict[str, Any], small: Callable[..., OpenAIWhisper]
) -> None:
    engine = small(language="fr", **asked)
    clips = [noise(2, 0.1, seed) for seed in range(2)]
    expected = [openai_says(engine._model, clip, asked) for clip in clips]
    assert [each.text for each in engine.transcribe(clips_of(clips))] == expected


def test_what_is_sampled_depends_on_the_window_alone(small: Callable[..., OpenAIWhisper]) -> None:
    engine = small(temperature_fallback=True, best_of=2)
    clips = [noise(2, 0.1, seed) for seed in range(2)]
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    texts = [each.text for each in engine.transcribe(clips_of(clips))]
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert [each.text for each in engine.transcribe(clips_of(clips[::-1]))] == texts[::-1]
    assert [engine.transcribe(clips_of([clip]))[0].text for clip in clips] == texts
    assert len(set(texts)) == 2


def openai_says(model: whisper.Whisper, clip: Samples, asked: dict[str, Any]) -> str:
    """The text of openai-whisper's own `transcribe` for the one window that a clip and silence fill."""
    falls_back = asked.get("temperature_fallback", False)
    thresholds = {
        "compression_ratio_threshold": asked.get("compression_ratio_threshold", 2.4),
        "logprob_threshold": asked.get("log_probability_threshold", -1.0),
        "no_speech_threshold": asked.get("no_speech_threshold", 0.6) if falls_back else None,
    }
    passed_on = {
        key: asked[key]
        for key in ("beam_size", "patience", "length_penalty", "initial_prompt")
        if key in asked
    }
    torch.manual_seed(seed_of(clip))
    result = model.transcribe(
        pad_or_trim(clip, N_SAMPLES),
        language="fr",
        temperature=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0) if falls_back else 0.0,
        best_of=asked.get("best_of", 5) if falls_back else None,
        condition_on_previous_text=False,
        without_timestamps=True,
        sample_len=FEW_TOKENS,
        fp16=False,
        **thresholds,
        **passed_on,
    )
    text: str = result["text"]
    return text.strip()


def test_attention_in_blocks_is_attention() -> None:
    generator = torch.Generator().manual_seed(1)
    q, k, v = (torch.randn(3, 1_201, 24, generator=generator) for _ in range(3))
    plain = whisper.model.MultiHeadAttention(24, 3)
    expected, _ = plain.qkv_attention(q, k, v)
    attended, _ = BlockedAttention(plain).qkv_attention(q, k, v)
    torch.testing.assert_close(attended, expected)


@pytest.mark.parametrize("has_it", [True, False])
def test_bfloat16_on_a_processor_without_it_is_run_and_warned_of(
    has_it: bool,
    small_checkpoint: Path,
    make_system: MakeSystem,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(brain_float, "is_in_hardware", lambda: has_it)
    info = describe_engine(make_system(model=str(small_checkpoint), device="cpu", precision="bfloat16"))
    assert info.settings["precision"] == "bfloat16"
    warned = "does not multiply in bfloat16" in caplog.text and "precision: float32" in caplog.text
    assert warned is not has_it


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="no /proc/cpuinfo to compare with")
def test_bfloat16_in_hardware_is_what_the_system_says_of_the_processor() -> None:
    flags = Path("/proc/cpuinfo").read_text()
    if "avx" not in flags:
        pytest.skip("not an x86 processor")
    assert brain_float.is_in_hardware() is ("avx512_bf16" in flags or "amx_tile" in flags)
