"""openai-whisper: batched greedy `decode`, English or multilingual, on a CPU or a GPU.

There is no `transcribe` here and none of its fallbacks: every window is decoded once, at temperature 0,
without timestamps and without the text before it, and is never dropped as silent. So a text depends on
its own audio alone, and loops and words invented in silence are seen in the figures, not hidden.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple, TypeAlias

import torch
import whisper
from numpy.typing import NDArray
from torch import Tensor
from whisper.audio import log_mel_spectrogram
from whisper.tokenizer import LANGUAGES

from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.ctranslate2_format import read_model
from asr_fair.asr.ctranslate2_weights import Dimensions, dimensions_of, whisper_state_dict
from asr_fair.asr.memory import BatchLimit, choose_batch_windows
from asr_fair.asr.openai_checkpoints import openai_hub
from asr_fair.asr.options import (
    MAX_NEW_TOKENS,
    Options,
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
_PRECISION_REMEDY = "Use `precision: auto`, or engine faster-whisper for int8"


class _Resolved(NamedTuple):
    weights: WeightsFile
    options: Options
    info: EngineInfo


class OpenAIWhisper:
    """A Whisper network in PyTorch, from OpenAI's checkpoint or from a CTranslate2 directory.

    Precision bfloat16 runs the encoder under autocast and the decoder in float32.
    """

    config = WhisperConfig

    def __init__(self, system: WhisperConfig) -> None:
        weights, self._options, self._info = _resolve(system)
        self._limit = BatchLimit(self._info.batch_windows)
        self._model = _build_network(weights).to(self._options.device).eval()
        self._half = self._options.precision == "float16"
        if self._half:
            _halve_weights(self._model)

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
    def encode(self, windows: Sequence[Samples]) -> Tensor:
        """The encoder's output, shape (n_windows, n_audio_ctx, n_audio_state)."""
        audio = torch.from_numpy(stack_windows(windows)).to(self._options.device)
        # One by one: over a batch, log_mel_spectrogram takes its floor from the loudest window.
        mel = torch.stack([log_mel_spectrogram(window, self._model.dims.n_mels) for window in audio])
        with self._autocast():
            encoded: Tensor = self._model.encoder(mel.half() if self._half else mel)
        return encoded if self._half else encoded.float()

    @torch.inference_mode()
    def detect_languages(self, encoded: Tensor) -> list[str]:
        """The most probable language code of each window."""
        _, probabilities = whisper.detect_language(self._model, encoded)
        return [max(of_window, key=of_window.get) for of_window in probabilities]

    @torch.inference_mode()
    def decode(self, encoded: Tensor, languages: Sequence[str]) -> list[DecodedWindow]:
        """Recognise each window in its language; windows of one language go through together."""
        decoded: dict[int, DecodedWindow] = {}
        for language in dict.fromkeys(languages):
            rows = [row for row, of_window in enumerate(languages) if of_window == language]
            results = whisper.decode(self._model, encoded[rows], self._decoding_options(language))
            decoded |= zip(rows, map(_decoded_window, results), strict=True)
        return [decoded[row] for row in range(len(languages))]

    def _decoding_options(self, language: str) -> whisper.DecodingOptions:
        return whisper.DecodingOptions(
            language=language,
            temperature=0.0,
            sample_len=MAX_NEW_TOKENS,
            without_timestamps=True,
            fp16=self._half,
        )

    def _autocast(self) -> AbstractContextManager[object]:
        if self._options.precision == "bfloat16":
            return torch.autocast(self._options.device, dtype=torch.bfloat16)
        return nullcontext()


def _resolve(system: WhisperConfig) -> _Resolved:
    device = choose_device(system, cuda=torch.cuda.is_available())
    precision = choose_precision(
        system, device=device, supported=_PRECISIONS[device], remedy=_PRECISION_REMEDY
    )
    weights = resolve_weights(system.model, openai_hub())
    dims, _ = _read_weights(weights)
    language = choose_language(system, n_vocabulary=dims["n_vocab"], codes=tuple(LANGUAGES))
    options = Options(device, precision, language)
    windows = choose_batch_windows(system, device=device, precision=precision, network=Dimensions(**dims))
    settings = {
        **options.settings(),
        "openai_whisper_version": whisper.__version__,
        "torch_version": torch.__version__,
    }
    info = EngineInfo(system.engine, system.model, weights.sha256, settings, windows)
    return _Resolved(weights, options, info)


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


def _halve_weights(network: torch.nn.Module) -> None:
    """Keep the matrices in float16: Whisper's layers would cast them anew at every step.

    Layer norms stay in float32, in which Whisper computes them.
    """
    for module in network.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv1d | torch.nn.Embedding):
            module.half()


def _decoded_window(result: whisper.DecodingResult) -> DecodedWindow:
    n_tokens = len(result.tokens) + 1
    return DecodedWindow(
        text=result.text,
        language=result.language,
        no_speech_probability=result.no_speech_prob,
        sum_log_probability=result.avg_logprob * n_tokens,
        n_tokens=n_tokens,
    )
