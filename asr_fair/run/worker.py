"""What one worker process does: decode, render and transcribe the utterances of a batch."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from asr_fair.asr.base import Engine
from asr_fair.asr.registry import load_engine
from asr_fair.audio.decode import load_audio
from asr_fair.conditions.plan import Condition
from asr_fair.conditions.render import render
from asr_fair.config import SystemConfig
from asr_fair.errors import AsrFairError, AudioError, ConfigError
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Outcome, RenderRecord, Samples, Seconds
from asr_fair.run.batch import Batch, Item

logger = logging.getLogger(__name__)

ENGINE_ERROR = "engine_error"
READ_ERROR = "read_error"
WORKER_DIED = "worker_died"
PASSING_FAULTS = (ENGINE_ERROR, READ_ERROR, WORKER_DIED)
"""Reasons of failures that another try may not meet; a run that continues tries these again."""


@dataclass(frozen=True)
class RunSetup:
    """All that a worker must know besides its batches."""

    systems: tuple[SystemConfig, ...]
    conditions: tuple[Condition, ...]
    seed: int
    text_keys: Mapping[str, str]
    """Per system: `EngineInfo.text_key` as the client found it; a worker must find the same."""
    open_engine: Callable[[SystemConfig], Engine] = load_engine


@dataclass(frozen=True)
class Timing:
    """How long one batch took; kept apart from the outcomes, which must not depend on it."""

    batch_id: int
    system: str
    condition: str
    n_utterances: int
    audio_s: Seconds
    render_s: Seconds
    transcribe_s: Seconds
    worker: str = ""


@dataclass(frozen=True)
class BatchResult:
    """One outcome for every utterance of a batch, and what was rendered."""

    outcomes: tuple[Outcome, ...]
    renders: tuple[RenderRecord, ...]
    timing: Timing


@dataclass
class BatchRunner:
    """Runs batches in one process; holds one model at a time."""

    setup: RunSetup
    worker: str = ""
    _engine: Engine | None = field(default=None, init=False)
    _engine_of: str | None = field(default=None, init=False)

    def run(self, batch: Batch) -> BatchResult:
        """Transcribe a batch. Raises AsrFairError only where no batch could succeed (no model)."""
        engine = self._load(batch.system)
        started = time.perf_counter()
        rendered: list[tuple[Item, Samples]] = []
        renders: list[RenderRecord] = []
        outcomes: list[Outcome] = []
        for item in batch.items:
            try:
                samples, record = self._render(batch.condition, item)
            except AudioError as error:
                outcomes.append(_failed(batch, item, error.reason, error))
            except AsrFairError:
                raise
            except Exception as error:  # a disk or network that fails while reading, for one
                outcomes.append(_failed(batch, item, READ_ERROR, error))
            else:
                rendered.append((item, samples))
                renders.append(record)
        render_s = time.perf_counter() - started
        outcomes += _transcribe(engine, batch, rendered)
        timing = Timing(
            batch.batch_id,
            batch.system,
            batch.condition,
            len(batch.items),
            sum(len(samples) for _, samples in rendered) / SAMPLE_RATE_HZ,
            render_s,
            time.perf_counter() - started - render_s,
            self.worker,
        )
        return BatchResult(tuple(outcomes), tuple(renders), timing)

    def _render(self, condition_name: str, item: Item) -> tuple[Samples, RenderRecord]:
        condition = next(each for each in self.setup.conditions if each.name == condition_name)
        samples = load_audio(item.source)
        return render(samples, item.source.utterance_id, condition, self.setup.seed, item.speaker)

    def _load(self, system_name: str) -> Engine:
        if self._engine is None or self._engine_of != system_name:
            # Two models on one device are what runs out of memory: let the first one go first.
            self._engine, self._engine_of = None, None
            gc.collect()
            config = next(each for each in self.setup.systems if each.name == system_name)
            engine = self.setup.open_engine(config)
            self._check_same(engine, system_name)
            self._engine, self._engine_of = engine, system_name
        return self._engine

    def _check_same(self, engine: Engine, system_name: str) -> None:
        """Raise ConfigError unless this worker runs what the client announced: weights, device, versions."""
        if engine.info.text_key != self.setup.text_keys[system_name]:
            settings = dict(engine.info.settings)
            msg = (
                f"system {system_name!r}: worker {self.worker!r} would run it otherwise than this machine "
                f"describes it (there: weights {engine.info.model_digest[:12]}, {settings}). Use the same "
                "packages and weights there, and name device and precision in the configuration"
            )
            raise ConfigError(msg)


def _transcribe(engine: Engine, batch: Batch, rendered: Sequence[tuple[Item, Samples]]) -> list[Outcome]:
    """Outcomes of a batch; if it raises, of each utterance alone, so that one fault costs one utterance."""
    if not rendered:
        return []
    try:
        hypotheses = engine.transcribe([samples for _, samples in rendered])
    except AsrFairError:
        raise
    except Exception as error:  # an engine may raise anything: CUDA, C++ and Python errors alike
        if len(rendered) == 1:
            return [_failed(batch, rendered[0][0], ENGINE_ERROR, error)]
        logger.warning("batch %d raised %s; trying its utterances one by one", batch.batch_id, error)
        return [outcome for one in rendered for outcome in _transcribe(engine, batch, [one])]
    return [
        _succeeded(batch, item, hypothesis, batch_size=len(rendered))
        for (item, _), hypothesis in zip(rendered, hypotheses, strict=True)
    ]


def _succeeded(batch: Batch, item: Item, hypothesis: Hypothesis, *, batch_size: int) -> Outcome:
    return Outcome(
        utterance_id=item.source.utterance_id,
        condition=batch.condition,
        system=batch.system,
        cache_key=item.cache_key,
        text=hypothesis.text,
        language=hypothesis.language,
        no_speech_probability=hypothesis.no_speech_probability,
        mean_log_probability=hypothesis.mean_log_probability,
        batch_id=batch.batch_id,
        batch_size=batch_size,
    )


def _failed(batch: Batch, item: Item, reason: str, error: Exception) -> Outcome:
    return failed_outcome(batch, item, reason, f"{type(error).__name__}: {error}")


def failed_outcome(batch: Batch, item: Item, reason: str, message: str) -> Outcome:
    """The outcome of an utterance that could not be transcribed."""
    return Outcome(
        utterance_id=item.source.utterance_id,
        condition=batch.condition,
        system=batch.system,
        cache_key=item.cache_key,
        error=reason,
        error_message=message,
        batch_id=batch.batch_id,
        batch_size=len(batch.items),
    )
