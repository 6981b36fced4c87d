"""Every utterance under every condition through every system: one outcome each, now or from before."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from asr_fair.asr.registry import tidied
from asr_fair.asr.windows import n_windows
from asr_fair.errors import WorkersGoneError
from asr_fair.files import write_text
from asr_fair.pipeline.forecast import forecast, remember_speed
from asr_fair.pipeline.meter import Meter
from asr_fair.pipeline.prepare import Prepared
from asr_fair.pipeline.probing import PROBES, is_probe, probe_batches, probe_keys, probe_lengths_s
from asr_fair.pipeline.reuse import Reuse
from asr_fair.pipeline.sounds import speakers_of
from asr_fair.pipeline.stored_audio import write_audio_facts
from asr_fair.pipeline.stored_batches import fixed_partition
from asr_fair.pipeline.stored_run import write_manifest_copy
from asr_fair.progress import Progress, Tell, no_progress, tell_nobody
from asr_fair.records import Outcome
from asr_fair.run.batch import Batch, Item, OutcomeKey, cache_key, plan_batches
from asr_fair.run.cluster import run_batches
from asr_fair.run.store import RunStore
from asr_fair.run.worker import BatchResult, RunSetup

_RUN_ID = "run_id.txt"


def transcribe(
    prepared: Prepared, *, progress: Progress = no_progress, tell: Tell = tell_nobody
) -> pd.DataFrame:
    """One outcome per (utterance, condition, system): from this start, an earlier one, or other runs."""
    folder = prepared.config.run_dir
    write_manifest_copy(prepared.manifest, folder)
    write_audio_facts(prepared.audio.values(), folder)
    blocks = fixed_partition(prepared, folder)
    with Reuse(prepared, tell) as cache:
        keys = _cache_keys(prepared)
        spoken = _Part.begun(folder, keys, _unusable(prepared, keys))
        probes = _Part.begun(folder / PROBES, probe_keys(prepared))
        spoken.take_from(cache, "transcripts")
        probes.take_from(cache, "transcripts of silence and of noise alone")
        tell(str(forecast(prepared, spoken.done, probes.done)))
        recorder = _Recorder(prepared, spoken, probes, cache, progress)
        if recorder.n_left:
            _run(_plan(prepared, blocks, spoken, probes), prepared, recorder, tell)
            remember_speed(prepared, spoken.store.timings())
    probes.finished()
    return spoken.finished()


@dataclass
class _Part:
    """Outcomes that lie in one store: of the utterances, or of the probes."""

    store: RunStore
    keys: Mapping[OutcomeKey, str]
    done: set[OutcomeKey]

    @classmethod
    def begun(cls, folder: Path, keys: Mapping[OutcomeKey, str], unusable: Collection[Outcome] = ()) -> _Part:
        """With what an earlier start has left, and the outcomes of what no system is given."""
        store = RunStore(folder)
        store.compact()  # what a killed run left: thousands of parts, which would be read several times
        valid = set(keys.values())
        done = store.done(valid)
        new = [each for each in unusable if (each.utterance_id, each.condition, each.system) not in done]
        if new:
            store.append_outcomes(new)
            done = store.done(valid)
        return cls(store, keys, done)

    def take_from(self, cache: Reuse, what: str) -> None:
        """Add what other runs have transcribed."""
        self.done |= cache.take(self.keys, self.done, self.store, what=what)

    def finished(self) -> pd.DataFrame:
        """All outcomes, in a store of few files."""
        self.store.compact()
        outcomes = self.store.outcomes(set(self.keys.values()))
        if len(outcomes) < len(self.keys):
            msg = f"{len(self.keys) - len(outcomes)} of {len(self.keys)} outcomes are absent after the run"
            raise RuntimeError(msg)
        return outcomes


class _Recorder:
    """Stores results as they come, and tells whoever watches."""

    def __init__(
        self, prepared: Prepared, spoken: _Part, probes: _Part, cache: Reuse, progress: Progress
    ) -> None:
        self._parts = {False: spoken, True: probes}
        self._cache, self._progress = cache, progress
        lengths_s = {key: facts.duration_s or 0.0 for key, facts in prepared.audio.items()}
        lengths_s |= probe_lengths_s()
        left = [key for part in (spoken, probes) for key in part.keys if key not in part.done]
        self._meter = Meter(prepared.engines, {key: lengths_s[key[0]] for key in left})
        self.n_left, self._total = len(left), len(spoken.keys) + len(probes.keys)
        self._started_s = time.monotonic()
        self._tell_progress()

    def __call__(self, result: BatchResult) -> None:
        """Keep what a batch has brought; the run's own store comes first."""
        self._parts[is_probe(result.outcomes[0].utterance_id)].store.append([result])
        self._cache.keep(result)
        self.n_left -= self._meter.add(result)
        self._tell_progress()

    def _tell_progress(self) -> None:
        pace = self._meter.pace(time.monotonic() - self._started_s)
        self._progress("transcribing", self._total - self.n_left, self._total, pace)

    def __str__(self) -> str:
        return f"{self._total - self.n_left:,} of {self._total:,} transcriptions are stored"


def _run(plan: Mapping[str, Iterable[Batch]], prepared: Prepared, recorder: _Recorder, tell: Tell) -> None:
    folder = prepared.config.run_dir
    run_id = _run_id(folder)
    setup = RunSetup(
        tuple(each.in_run(run_id) for each in prepared.systems),
        prepared.conditions,
        prepared.config.seed,
        {name: info.text_key for name, info in prepared.engines.items()},
        hosted=frozenset(name for name, info in prepared.engines.items() if info.service is not None),
    )
    try:
        with tidied(setup.systems):
            run_batches(plan, setup, prepared.config.workers, recorder, tell)
    except WorkersGoneError as error:
        msg = f"{error}. {recorder} in {folder}; the same command continues there"
        raise WorkersGoneError(msg) from error


def _plan(
    prepared: Prepared, blocks: Mapping[str, Sequence[Sequence[str]]], spoken: _Part, probes: _Part
) -> dict[str, Iterable[Batch]]:
    """By system: the batches of utterances that still have work, and behind them those of probes."""
    sources = {source.utterance_id: source for source in prepared.manifest.sources()}
    speakers = speakers_of(prepared.manifest)
    windows = {key: n_windows(facts.duration_s or 0.0) for key, facts in prepared.audio.items()}

    def item(utterance_id: str, condition: str, system: str) -> Item:
        return Item(
            sources[utterance_id],
            spoken.keys[utterance_id, condition, system],
            speakers.get(utterance_id),
            n_windows=windows[utterance_id],
        )

    # A service is sent each recording by itself: company changes no text, and each costs money again.
    paid = {key for key in spoken.done if prepared.engines[key[2]].service is not None}
    plan = plan_batches(
        blocks,
        [condition.name for condition in prepared.conditions],
        item,
        done=spoken.done,
        reused=(spoken.done & spoken.store.reused(set(spoken.keys.values()))) | paid,
    )
    n_batches = sum(map(len, blocks.values())) * len(prepared.conditions)
    probing = list(probe_batches(prepared, probes.keys, done=probes.done, first_id=n_batches))
    return {
        system: chain(batches, [each for each in probing if each.system == system])
        for system, batches in plan.items()
    }


def done_before(prepared: Prepared) -> tuple[set[OutcomeKey], set[OutcomeKey]]:
    """Utterances and probes that an earlier start of the same run has done already; writes nothing."""
    folder = prepared.config.run_dir
    if not folder.is_dir():
        return set(), set()
    done = RunStore(folder, reads_only=True).done(set(_cache_keys(prepared).values()))
    probes = RunStore(folder / PROBES, reads_only=True)
    return done, probes.done(set(probe_keys(prepared).values()))


def _run_id(folder: Path) -> str:
    """Random, and the run directory's own: what a killed start left at a service is known by it."""
    path = folder / _RUN_ID
    if not path.is_file():
        write_text(uuid.uuid4().hex + "\n", path)
    return path.read_text(encoding="utf-8").strip()


def _cache_keys(prepared: Prepared) -> dict[OutcomeKey, str]:
    speakers = speakers_of(prepared.manifest)
    digests = {name: info.text_key for name, info in prepared.engines.items()}
    return {
        (utterance_id, condition.name, system): cache_key(
            facts,
            condition,
            speaker=speakers.get(utterance_id),
            seed=prepared.config.seed,
            system_digest=system_digest,
        )
        for utterance_id, facts in prepared.audio.items()
        for condition in prepared.conditions
        for system, system_digest in digests.items()
    }


def _unusable(prepared: Prepared, keys: Mapping[OutcomeKey, str]) -> list[Outcome]:
    """Error outcomes of the recordings that the check of the audio refused."""
    return [
        Outcome(*key, cache_key=each_key, error=facts.reason, error_message=facts.message)
        for key, each_key in keys.items()
        if (facts := prepared.audio[key[0]]).reason is not None
    ]
