"""faster-whisper: the same windows and the same search through CTranslate2, in batches.

Like the openai-whisper engine, it has no voice activity filter and no text from before, and falls back to
sampling where that is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ctranslate2
import faster_whisper
import numpy as np
import tokenizers
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from huggingface_hub.errors import LocalEntryNotFoundError

from asr_fair.asr.base import Clip, EngineInfo
from asr_fair.asr.batching import transcribe_clips
from asr_fair.asr.ctranslate2_format import read_model
from asr_fair.asr.ctranslate2_weights import dimensions_of
from asr_fair.asr.fallback import Fallback, mean_log_probability, seed_of
from asr_fair.asr.memory import BatchLimit, choose_batch_windows
from asr_fair.asr.options import (
    ENGLISH,
    MAX_NEW_TOKENS,
    Options,
    check_prompt,
    choose_device,
    choose_language,
    choose_precision,
)
from asr_fair.asr.weights import (
    MODEL_BIN,
    Hub,
    Layout,
    WeightsFile,
    file_sha256,
    missing_model,
    resolve_weights,
)
from asr_fair.asr.windows import DecodedWindow, stack_windows
from asr_fair.config.systems import FasterWhisperConfig
from asr_fair.errors import ConfigError
from asr_fair.records import Hypothesis, Samples
from asr_fair.validation import digest_of

_SIDE_FILES = ("config.json", "tokenizer.json")
"""Beside `model.bin`: which tokens may not begin a text, and the words that tokens stand for."""


class Encoded(NamedTuple):
    """Windows and what the encoder made of them, shape (n_windows, n_audio_ctx, n_audio_state)."""

    features: ctranslate2.StorageView
    windows: Sequence[Samples]


class _Resolved(NamedTuple):
    weights: WeightsFile
    options: Options
    info: EngineInfo


class FasterWhisper:
    """A Whisper network in CTranslate2, from a directory that holds `model.bin` and its tokenizer."""

    config = FasterWhisperConfig

    def __init__(self, system: FasterWhisperConfig) -> None:
        weights, self._options, self._info = _resolve(system)
        self._limit = BatchLimit(self._info.batch_windows)
        self._folder = weights.path.parent
        self._network = self._load()
        self._vocabulary = _vocabulary_of(self._folder)
        self._features = FeatureExtractor(feature_size=self._network.n_mels)
        self._suppressed = get_suppressed_tokens(self._tokenizer(ENGLISH), [-1])
        if self._options.device == "cuda":
            self._try_out()

    @property
    def info(self) -> EngineInfo:
        """What `describe` says about the same system."""
        return self._info

    @staticmethod
    def describe(system: FasterWhisperConfig) -> EngineInfo:
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

    def encode(self, windows: Sequence[Samples]) -> Encoded:
        """The encoder's output for a batch."""
        # Silence is appended to the audio, as OpenAI's code does; faster-whisper's own pipelines
        # append zeros to the features, which is another input.
        mel = np.stack([self._features(window, padding=0) for window in stack_windows(windows)])
        return Encoded(self._network.encode(ctranslate2.StorageView.from_array(mel)), windows)

    def detect_languages(self, encoded: Encoded) -> list[str]:
        """The most probable language code of each window."""
        found = self._network.detect_language(encoded.features)
        return [by_probability[0][0].strip("<|>") for by_probability in found]

    def decode(self, encoded: Encoded, languages: Sequence[str]) -> list[DecodedWindow]:
        """Recognise each window in its language."""
        search = self._options.search
        patience = 1.0 if search.patience is None else search.patience
        firsts = self._generate(
            self._network, encoded.features, languages, beam_size=search.beam_size, patience=patience
        )
        fallback = self._options.fallback
        if fallback is None:
            return firsts
        return [self._settle(fallback, first, encoded, row) for row, first in enumerate(firsts)]

    def _generate(
        self,
        network: ctranslate2.models.Whisper,
        features: ctranslate2.StorageView,
        languages: Sequence[str],
        **search: Any,
    ) -> list[DecodedWindow]:
        length_penalty = self._length_penalty
        results = network.generate(
            features,
            [self._prompt(language) for language in languages],
            length_penalty=length_penalty,
            max_length=2 * MAX_NEW_TOKENS,  # CTranslate2 halves it, as Whisper halves its context
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
            **search,
        )
        return [
            DecodedWindow(
                text=self._tokenizer(language).decode(result.sequences_ids[0]).strip(),
                language=language,
                no_speech_probability=result.no_speech_prob,
                sum_log_probability=result.scores[0] * len(result.sequences_ids[0]) ** length_penalty,
                n_tokens=len(result.sequences_ids[0]) + 1,
            )
            for language, result in zip(languages, results, strict=True)
        ]

    def _settle(self, fallback: Fallback, first: DecodedWindow, encoded: Encoded, row: int) -> DecodedWindow:
        """Sample a doubted window again: alone, and from a generator of its own."""

        @cache
        def seeded() -> ctranslate2.models.Whisper:
            # CTranslate2 has a generator per thread of a loaded model, which looks for the seed once, before
            # it first draws. A copy of the model, loaded for this window, is the only way to a fresh one.
            ctranslate2.set_random_seed(seed_of(encoded.windows[row]))
            return self._load()

        def sample(temperature: float) -> DecodedWindow:
            (window,) = self._generate(
                seeded(),
                _window_of(encoded.features, row),
                [first.language],
                beam_size=1,
                num_hypotheses=fallback.best_of,
                sampling_topk=0,
                sampling_temperature=temperature,
            )
            return window

        def best(tried: Sequence[DecodedWindow]) -> DecodedWindow:
            without_loops = [window for window in tried if not fallback.is_loop(window)]
            return max(without_loops or tried, key=mean_log_probability)

        return fallback.settle(first, sample, last_resort=best)

    @property
    def _length_penalty(self) -> float:
        """The power of the length by which CTranslate2 divides the sum of log-probabilities."""
        search = self._options.search
        if search.length_penalty is not None:
            return search.length_penalty
        return 0 if search.beam_size == 1 and self._options.fallback is None else 1

    def _prompt(self, language: str) -> list[int]:
        tokenizer = self._tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if self._options.search.initial_prompt is None:
            return start
        prompt = _prompt_tokens(self._vocabulary, self._options.search.initial_prompt)
        return [tokenizer.sot_prev, *prompt, *start]

    def _load(self) -> ctranslate2.models.Whisper:
        try:
            return ctranslate2.models.Whisper(
                str(self._folder),
                device=self._options.device,
                compute_type=self._options.precision,
                intra_threads=_cpu_threads(),
            )
        except (RuntimeError, ValueError) as error:
            msg = f"{self._folder}: CTranslate2 cannot load it: {error}. Give another copy of the model"
            raise ConfigError(msg) from error

    def _tokenizer(self, language: str) -> Tokenizer:
        return Tokenizer(
            self._vocabulary, self._network.is_multilingual, task="transcribe", language=language
        )

    def _try_out(self) -> None:
        """CTranslate2 looks for the CUDA libraries only when it first computes: say so at the start."""
        try:
            self.encode([np.zeros(0, dtype=np.float32)])
        except RuntimeError as error:
            msg = (
                f"faster-whisper cannot use this GPU: {error}. Install the CUDA libraries that CTranslate2 "
                f"{ctranslate2.__version__} asks for, or use `device: cpu` or engine whisper"
            )
            raise ConfigError(msg) from error


def _window_of(features: ctranslate2.StorageView, row: int) -> ctranslate2.StorageView:
    """One window of a batch, in a type that NumPy knows; CTranslate2 casts and moves it where it is used."""
    here = features.to_device(ctranslate2.Device.cpu).to(ctranslate2.DataType.float32)
    return ctranslate2.StorageView.from_array(np.array(here)[[row]])


def _vocabulary_of(folder: Path) -> tokenizers.Tokenizer:
    path = folder / "tokenizer.json"
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        msg = f"{path}: cannot be read as a tokenizer: {error}. Give another copy of the model"
        raise ConfigError(msg) from error


def _prompt_tokens(vocabulary: tokenizers.Tokenizer, prompt: str) -> list[int]:
    ids: list[int] = vocabulary.encode(" " + prompt.strip(), add_special_tokens=False).ids
    return ids


def faster_whisper_hub() -> Hub:
    """faster-whisper's model names and how to fetch a CTranslate2 directory."""
    names = tuple(faster_whisper.available_models())
    return Hub(names, lambda model: _fetch(model, names))


def _fetch(model: str, names: tuple[str, ...]) -> Path:
    try:
        try:  # what is here already needs no network, and keeps its revision
            folder = Path(faster_whisper.download_model(model, local_files_only=True))
            if not _missing_files(folder):
                return folder
        except LocalEntryNotFoundError:
            pass
        folder = Path(faster_whisper.download_model(model))
    except Exception as error:  # the hub's client, its HTTP library and the disk have no common base
        reason = str(error).partition("\n")[0] or type(error).__name__
        cause = f"could not be fetched from huggingface.co: {reason}"
        raise missing_model(model, cause, names) from error
    if missing := _missing_files(folder):
        cause = f"{folder} lacks {', '.join(missing)} and huggingface.co cannot be reached"
        raise missing_model(model, cause, names)
    return folder


def _missing_files(folder: Path) -> list[str]:
    return [name for name in (MODEL_BIN, *_SIDE_FILES) if not (folder / name).is_file()]


def _resolve(system: FasterWhisperConfig) -> _Resolved:
    device = choose_device(system, cuda=ctranslate2.get_cuda_device_count() > 0)
    supported = ctranslate2.get_supported_compute_types(device)
    remedy = f"It has {', '.join(sorted(supported))}; or use `precision: auto`"
    precision = choose_precision(system, device=device, supported=supported, remedy=remedy)
    weights = resolve_weights(system.model, faster_whisper_hub())
    _check_directory(weights)
    dims = dimensions_of(read_model(weights.path), name=str(weights.path))
    language = choose_language(system, n_vocabulary=dims.n_vocab, codes=_LANGUAGE_CODES)
    if system.initial_prompt is not None:
        n_tokens = len(_prompt_tokens(_vocabulary_of(weights.path.parent), system.initial_prompt))
        check_prompt(system, n_tokens, most=dims.n_text_ctx // 2 - 1)
    options = Options(device, precision, language, system)
    windows = choose_batch_windows(system, device=device, precision=precision, network=dims)
    side_files = {name: file_sha256(weights.path.with_name(name)) for name in _SIDE_FILES}
    settings = {
        **options.settings(),
        "tokenizer_digest": digest_of(side_files),
        "faster_whisper_version": faster_whisper.__version__,
        "ctranslate2_version": ctranslate2.__version__,
    }
    info = EngineInfo(system.engine, system.model, weights.sha256, settings, windows)
    return _Resolved(weights, options, info)


def _check_directory(weights: WeightsFile) -> None:
    if weights.layout is not Layout.CTRANSLATE2:
        msg = (
            f"{weights.path}: is an {weights.layout}, which faster-whisper cannot read. Use engine "
            "whisper, or give a CTranslate2 directory made by ct2-transformers-converter"
        )
        raise ConfigError(msg)
    if missing := _missing_files(weights.path.parent):
        msg = (
            f"{weights.path.parent}: lacks {', '.join(missing)}. Convert the model again with "
            "`ct2-transformers-converter --copy_files tokenizer.json`, or copy the original model's file"
        )
        raise ConfigError(msg)


def _cpu_threads() -> int:
    """Threads of one worker: OMP_NUM_THREADS where it is set (0 leaves it to that), else every core.

    CTranslate2 alone would stop at four.
    """
    return 0 if "OMP_NUM_THREADS" in os.environ else len(os.sched_getaffinity(0))
