"""What one worker process does: decode and render the utterances of a batch, and transcribe them."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from asr_fair.asr.base import ENGINE_ERROR, Clip, Engine, Failure
from asr_fair.asr.registry import load_engine
from asr_fair.audio.decode import load_audio
from asr_fair.audio.reasons import AudioReason
from asr_fair.conditions.plan import Condition
from asr_fair.conditions.probes import render_probe
from asr_fair.conditions.render import render
from asr_fair.config import SystemConfig
from asr_fair.errors import AsrFairError, AudioError, ConfigError
from asr_fair.records import SAMPLE_RATE_HZ, Hypothesis, Outcome, RenderRecord, Samples, Seconds
from asr_fair.run.batch import Batch, Item

logger = logging.getLogger(__name__)

READ_ERROR = "read_error"
WORKER_DIED = "worker_died"
TIMED_OUT = "timed_out"
PASSING_FAULTS = (ENGINE_ERROR, READ_ERROR, WORKER_DIED, TIMED_OUT)
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
    hosted: frozenset[str] = frozenset()
    """Systems that send their audio to a service: of each, one batch at a time."""


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
    n_requests: int = 0
    """To a hosted engine, those that were repeated included."""
    billed_s: Seconds = 0.0
    """Audio that a hosted engine charges for."""
    load_s: Seconds = 0.0
    """Until the model was there; 0 where the worker had it already."""


@dataclass(frozen=True)
class RenderedBatch:
    """A batch with its samples, ready for a model: made by whoever has a processor to spare."""

    batch: Batch
    clips: tuple[tuple[Item, Samples], ...]
    failed: tuple[Outcome, ...]
    renders: tuple[RenderRecord, ...]
    render_s: Seconds


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
        """Render and transcribe a batch. Raises AsrFairError only where no batch could succeed (no model)."""
        return self.transcribe(self.render(batch))

    def render(self, batch: Batch) -> RenderedBatch:
        """The samples of a batch; needs no model. A recording that cannot be read is a failed outcome."""
        started = time.perf_counter()
        clips: list[tuple[Item, Samples]] = []
        renders: list[RenderRecord] = []
        failed: list[Outcome] = []
        for item in batch.items:
            try:
                samples, record = self._render(batch.condition, item)
            except AudioError as error:
                failed.append(failed_outcome(batch, item, *self._why_unreadable(error)))
            except AsrFairError:
                raise
            except Exception as error:  # a disk or network that fails while reading, for one
                failed.append(_failed(batch, item, READ_ERROR, error))
            else:
                clips.append((item, samples))
                renders.append(record)
        return RenderedBatch(
            batch, tuple(clips), tuple(failed), tuple(renders), time.perf_counter() - started
        )

    def transcribe(self, rendered: RenderedBatch) -> BatchResult:
        """The outcomes of a batch that was rendered, here or elsewhere."""
        batch = rendered.batch
        asked = time.perf_counter()
        engine = self._load(batch.system)
        started = time.perf_counter()
        answered = _transcribe(engine, batch, rendered.clips)
        timing = Timing(
            batch.batch_id,
            batch.system,
            batch.condition,
            len(batch.items),
            sum(len(samples) for _, samples in rendered.clips) / SAMPLE_RATE_HZ,
            rendered.render_s,
            time.perf_counter() - started,
            self.worker,
            sum(answer.n_requests for answer in answered),
            _billed_s(engine, rendered.clips, answered),
            started - asked,
        )
        outcomes = [
            _outcome(batch, item, answer) for (item, _), answer in zip(rendered.clips, answered, strict=True)
        ]
        return BatchResult((*rendered.failed, *outcomes), rendered.renders, timing)

    def _render(self, condition_name: str, item: Item) -> tuple[Samples, RenderRecord]:
        condition = next(each for each in self.setup.conditions if each.name == condition_name)
        if item.is_probe:
            return render_probe(item.source, condition, self.setup.seed)
        samples = load_audio(item.source)
        return render(samples, item.source.utterance_id, condition, self.setup.seed, item.speaker)

    def _why_unreadable(self, error: AudioError) -> tuple[str, str]:
        """Reason and message; the check before the run could read what this worker finds no file for."""
        if error.reason not in (AudioReason.MISSING, AudioReason.UNREADABLE):
            return error.reason, str(error)
        return READ_ERROR, f"{error} (the check before the run could read it; worker {self.worker!r} cannot)"

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


_Answer: TypeAlias = Hypothesis | Failure
_Clips: TypeAlias = Sequence[tuple[Item, Samples]]


def _transcribe(engine: Engine, batch: Batch, clips: _Clips) -> list[_Answer]:
    """An answer for each clip; a part that raises is halved until only the utterances at fault remain."""
    if not clips:
        return []
    try:
        answers = engine.transcribe(
            [Clip(item.source.utterance_id, batch.condition, samples) for item, samples in clips]
        )
    except AsrFairError:
        raise
    except Exception as error:  # an engine may raise anything: CUDA, C++ and Python errors alike
        if len(clips) == 1:
            return [Failure(ENGINE_ERROR, f"{type(error).__name__}: {error}")]
        logger.warning("batch %d raised %s; trying its halves", batch.batch_id, error)
    else:
        return [_with_batch_size(answer, len(clips)) for answer in answers]
    # Not while the error lives: it holds the frames in which it rose, and they what filled the memory.
    middle = len(clips) // 2
    return _transcribe(engine, batch, clips[:middle]) + _transcribe(engine, batch, clips[middle:])


def _with_batch_size(answer: _Answer, n_together: int) -> _Answer:
    """The engine's own figure where it gives one: it may have halved a batch that did not fit."""
    if isinstance(answer, Failure) or answer.batch_size is not None:
        return answer
    return replace(answer, batch_size=n_together)


def _billed_s(engine: Engine, clips: _Clips, answers: Sequence[_Answer]) -> Seconds:
    service = engine.info.service
    if service is None:
        return 0.0
    return sum(
        service.billed_s(len(samples) / SAMPLE_RATE_HZ)
        for (_, samples), answer in zip(clips, answers, strict=True)
        if isinstance(answer, Hypothesis)
    )


def _outcome(batch: Batch, item: Item, answer: _Answer) -> Outcome:
    if isinstance(answer, Failure):
        return failed_outcome(batch, item, answer.reason, answer.message)
    return Outcome(
        utterance_id=item.source.utterance_id,
        condition=batch.condition,
        system=batch.system,
        cache_key=item.cache_key,
        text=answer.text,
        language=answer.language,
        no_speech_probability=answer.no_speech_probability,
        mean_log_probability=answer.mean_log_probability,
        batch_id=batch.batch_id,
        batch_size=answer.batch_size,
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
