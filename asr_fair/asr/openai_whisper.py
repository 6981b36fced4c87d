"""openai-whisper: its `decode` in batches, English or multilingual, on a CPU or a GPU.

There is no `transcribe` here: every window is decoded without timestamps and without the text before it,
and unless a temperature fallback is asked for, once, at temperature 0, and is never dropped as silent. So
a text depends on its own audio alone, and loops and words invented in silence are seen in the figures,
not hidden.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple, TypeAlias

import torch
import whisper
from numpy.typing import NDArray
from torch import Tensor
from whisper.audio import log_mel_spectrogram
from whisper.tokenizer import LANGUAGES, get_tokenizer

from asr_fair.asr import brain_float
from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.ctranslate2_format import read_model
from asr_fair.asr.ctranslate2_weights import Dimensions, dimensions_of, whisper_state_dict
from asr_fair.asr.fallback import Fallback, seed_of
from asr_fair.asr.memory import BatchLimit, choose_batch_windows
from asr_fair.asr.openai_checkpoints import openai_hub
from asr_fair.asr.options import (
    ENGLISH_VOCABULARY,
    MAX_NEW_TOKENS,
    Options,
    check_prompt,
    choose_device,
    choose_language,
    choose_precision,
)
from asr_fair.asr.weights import Layout, WeightsFile, resolve_weights
from asr_fair.asr.windows import DecodedWindow, stack_windows
from asr_fair.config.systems import WhisperConfig
from asr_fair.errors import ConfigError
from asr_fair.records import Hypothesis, Samples

StateDict: TypeAlias = Mapping[str, Tensor | NDArray[Any]]
_PRECISIONS = {"cpu": ("float32", "bfloat16"), "cuda": ("float32", "float16", "bfloat16")}
_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
_PRECISION_REMEDY = "Use `precision: auto`, or engine faster-whisper for int8"


logger = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """Windows and what the encoder made of them, shape (n_windows, n_audio_ctx, n_audio_state)."""

    features: Tensor
    windows: Sequence[Samples]


class _Resolved(NamedTuple):
    weights: WeightsFile
    options: Options
    info: EngineInfo


class OpenAIWhisper:
    """A Whisper network in PyTorch, from OpenAI's checkpoint or from a CTranslate2 directory.

    Precision bfloat16 is that of the encoder; the decoder then runs in float32.
    """

    config = WhisperConfig

    def __init__(self, system: WhisperConfig) -> None:
        weights, self._options, self._info = _resolve(system)
        self._limit = BatchLimit(self._info.batch_windows)
        self._model = _build_network(weights).to(self._options.device).eval()
        self._dtype = _DTYPES[self._options.precision]
        """Of the encoder's input."""
        if self._dtype is torch.float16:
            brain_float.convert_weights(self._model, torch.float16)
        elif self._dtype is torch.bfloat16:
            brain_float.use_bfloat16(self._model.encoder, in_blocks=self._options.device == "cpu")

    @property
    def info(self) -> EngineInfo:
        """What `describe` says about the same system."""
        return self._info

    @staticmethod
    def describe(system: WhisperConfig) -> EngineInfo:
        """The `info` of the loaded engine, without building the network."""
        return _resolve(system).info

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        """Recognise clips of any length; one hypothesis each, in their order."""
        return transcribe_clips(
            self,
            [clip.samples for clip in clips],
            language=self._options.language,
            limit=self._limit,
        )

    @torch.inference_mode()
    def encode(self, windows: Sequence[Samples]) -> Encoded:
        """The encoder's output for a batch."""
        audio = torch.from_numpy(stack_windows(windows)).to(self._options.device)
        # One by one: over a batch, log_mel_spectrogram takes its floor from the loudest window.
        mel = torch.stack([log_mel_spectrogram(window, self._model.dims.n_mels) for window in audio])
        features: Tensor = self._model.encoder(mel.to(self._dtype))
        if self._dtype is not torch.float16:
            features = features.float()
        return Encoded(features, windows)

    @torch.inference_mode()
    def detect_languages(self, encoded: Encoded) -> list[str]:
        """The most probable language code of each window."""
        _, probabilities = whisper.detect_language(self._model, encoded.features)
        return [max(of_window, key=of_window.get) for of_window in probabilities]

    @torch.inference_mode()
    def decode(self, encoded: Encoded, languages: Sequence[str]) -> list[DecodedWindow]:
        """Recognise each window in its language; windows of one language go through together."""
        fallback = self._options.fallback
        decoded: dict[int, DecodedWindow] = {}
        for rows in self._together(languages):
            options = self._decoding_options(languages[rows[0]])
            results = whisper.decode(self._model, encoded.features[rows], options)
            decoded |= zip(rows, map(_decoded_window, results), strict=True)
        return [
            decoded[row] if fallback is None else self._settle(fallback, decoded[row], encoded, row)
            for row in range(len(languages))
        ]

    def _together(self, languages: Sequence[str]) -> list[list[int]]:
        """Which rows of a batch are decoded at once: whisper's beam search takes one window at a time."""
        if self._options.search.beam_size > 1:
            return [[row] for row in range(len(languages))]
        return [
            [row for row, of_window in enumerate(languages) if of_window == language]
            for language in dict.fromkeys(languages)
        ]

    def _settle(self, fallback: Fallback, first: DecodedWindow, encoded: Encoded, row: int) -> DecodedWindow:
        """Sample a doubted window again: alone, and from a generator of its own."""
        at_zero = self._decoding_options(first.language)

        def sample(temperature: float) -> DecodedWindow:
            options = replace(
                at_zero, temperature=temperature, best_of=fallback.best_of, beam_size=None, patience=None
            )
            (result,) = whisper.decode(self._model, encoded.features[[row]], options)
            return _decoded_window(result)

        gpus = range(torch.cuda.device_count()) if self._options.device == "cuda" else ()
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed_of(encoded.windows[row]))
            return fallback.settle(first, sample, last_resort=lambda tried: tried[-1])

    def _decoding_options(self, language: str) -> whisper.DecodingOptions:
        search = self._options.search
        return whisper.DecodingOptions(
            language=language,
            temperature=0.0,
            sample_len=MAX_NEW_TOKENS,
            beam_size=search.beam_size if search.beam_size > 1 else None,
            patience=search.patience,
            length_penalty=search.length_penalty,
            prompt=search.initial_prompt,
            without_timestamps=True,
            fp16=self._dtype is torch.float16,
        )


def _resolve(system: WhisperConfig) -> _Resolved:
    device = choose_device(system, cuda=torch.cuda.is_available())
    precision = choose_precision(
        system, device=device, supported=_PRECISIONS[device], remedy=_PRECISION_REMEDY
    )
    weights = resolve_weights(system.model, openai_hub())
    dims, _ = _read_weights(weights)
    language = choose_language(system, n_vocabulary=dims["n_vocab"], codes=tuple(LANGUAGES))
    _check_prompt(system, dims)
    if precision == "bfloat16" and device == "cpu" and not brain_float.is_in_hardware():
        logger.warning(
            "system %r: precision: this processor does not multiply in bfloat16 (AVX512-BF16, AMX): it is "
            "emulated, and slower than float32. Use `precision: float32`, or engine faster-whisper with int8",
            system.name,
        )
    options = Options(device, precision, language, system)
    windows = choose_batch_windows(system, device=device, precision=precision, network=Dimensions(**dims))
    settings = {
        **options.settings(),
        **(brain_float.SETTINGS if precision == "bfloat16" else {}),
        "openai_whisper_version": whisper.__version__,
        "torch_version": torch.__version__,
    }
    info = EngineInfo(system.engine, system.model, weights.sha256, settings, windows)
    return _Resolved(weights, options, info)


def _check_prompt(system: WhisperConfig, dims: Mapping[str, int]) -> None:
    if system.initial_prompt is None:
        return
    is_multilingual = dims["n_vocab"] > ENGLISH_VOCABULARY
    tokens = get_tokenizer(is_multilingual).encode(" " + system.initial_prompt.strip())
    check_prompt(system, len(tokens), most=dims["n_text_ctx"] // 2 - 1)


def _read_weights(weights: WeightsFile) -> tuple[dict[str, int], StateDict]:
    """The network's sizes and its weights, mapped from the file: cheap until they are used."""
    if weights.layout is Layout.CTRANSLATE2:
        name = str(weights.path)
        source = read_model(weights.path)
        return asdict(dimensions_of(source, name=name)), whisper_state_dict(source, name=name)
    checkpoint = _read_checkpoint(weights.path)
    return checkpoint["dims"], checkpoint["model_state_dict"]


def _build_network(weights: WeightsFile) -> whisper.Whisper:
    dims, state = _read_weights(weights)
    network = whisper.Whisper(whisper.model.ModelDimensions(**dims))
    try:
        network.load_state_dict({name: _tensor(array) for name, array in state.items()})
    except RuntimeError as error:
        msg = f"{weights.path}: is not a whole Whisper network: {error}. Give another copy of the weights"
        raise ConfigError(msg) from error
    return network


def _tensor(array: Tensor | NDArray[Any]) -> Tensor:
    return array if isinstance(array, Tensor) else torch.tensor(array)


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except (RuntimeError, UnpicklingError, EOFError, ValueError) as error:
        msg = f"{path}: cannot be read as a PyTorch checkpoint: {error}. Give another copy of it"
        raise ConfigError(msg) from error
    if not isinstance(checkpoint, dict) or not {"dims", "model_state_dict"} <= checkpoint.keys():
        msg = (
            f"{path}: is no openai-whisper checkpoint: it must hold 'dims' and 'model_state_dict'. "
            "Convert other Whisper weights with ct2-transformers-converter and give that directory"
        )
        raise ConfigError(msg)
    return checkpoint


def _decoded_window(result: whisper.DecodingResult) -> DecodedWindow:
    n_tokens = len(result.tokens) + 1
    return DecodedWindow(
        text=result.text,
        language=result.language,
        no_speech_probability=result.no_speech_prob,
        sum_log_probability=result.avg_logprob * n_tokens,
        n_tokens=n_tokens,
    )
