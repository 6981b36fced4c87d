"""Every utterance under every condition through every system: one outcome each, now or from before."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from asr_fair.asr.registry import tidied
from asr_fair.asr.windows import n_windows
from asr_fair.errors import WorkersGoneError
from asr_fair.files import write_text
from asr_fair.pipeline.forecast import forecast, remember_speed
from asr_fair.pipeline.meter import Meter
from asr_fair.pipeline.prepare import Prepared, tell_nobody
from asr_fair.pipeline.probing import PROBES, is_probe, probe_batches, probe_keys, probe_lengths_s
from asr_fair.pipeline.reuse import Reuse
from asr_fair.pipeline.sounds import speakers_of
from asr_fair.pipeline.stored_audio import write_audio_facts
from asr_fair.pipeline.stored_batches import fixed_partition
from asr_fair.pipeline.stored_run import write_manifest_copy
from asr_fair.progress import Progress, no_progress
from asr_fair.records import Outcome
from asr_fair.run.batch import Item, OutcomeKey, cache_key, plan_batches
from asr_fair.run.cluster import run_batches
from asr_fair.run.store import RunStore
from asr_fair.run.worker import BatchResult, RunSetup

_RUN_ID = "run_id.txt"

Tell: TypeAlias = Callable[[str], None]
"""Takes a line for whoever watches."""


def transcribe(
    prepared: Prepared, *, progress: Progress = no_progress, tell: Tell = tell_nobody
) -> pd.DataFrame:
    """One outcome per (utterance, condition, system): from this start, an earlier one, or other runs."""
    with Reuse(prepared, tell) as cache:
        return _transcribe(prepared, cache, progress=progress, tell=tell)


def _transcribe(prepared: Prepared, cache: Reuse, *, progress: Progress, tell: Tell) -> pd.DataFrame:
    folder = prepared.config.run_dir
    write_manifest_copy(prepared.manifest, folder)
    write_audio_facts(prepared.audio.values(), folder)
    blocks = fixed_partition(prepared, folder)
    keys = _cache_keys(prepared)
    store = RunStore(folder)
    store.compact()  # what a killed run left: thousands of parts, which would be read several times
    valid = set(keys.values())
    unusable = _unusable(prepared, keys, store.done(valid))
    if unusable:
        store.append_outcomes(unusable)
    done = store.done(valid)
    done |= cache.take(keys, done, store)
    sources = {source.utterance_id: source for source in prepared.manifest.sources()}
    speakers = speakers_of(prepared.manifest)
    # A service is sent each recording by itself: company changes no text, and each costs money again.
    paid = {key for key in done if prepared.engines[key[2]].service is not None}
    windows = {key: n_windows(facts.duration_s or 0.0) for key, facts in prepared.audio.items()}
    plan = plan_batches(
        blocks,
        [condition.name for condition in prepared.conditions],
        lambda *key: Item(sources[key[0]], keys[key], speakers.get(key[0]), n_windows=windows[key[0]]),
        done=done,
        reused=(done & store.reused(valid)) | paid,
    )
    text_keys = {name: info.text_key for name, info in prepared.engines.items()}
    run_id = _run_id(folder)
    systems = tuple(each.in_run(run_id) for each in prepared.systems)
    setup = RunSetup(
        systems,
        prepared.conditions,
        prepared.config.seed,
        text_keys,
        hosted=frozenset(name for name, info in prepared.engines.items() if info.service is not None),
    )
    probes, of_probes = RunStore(folder / PROBES), probe_keys(prepared)
    probes.compact()
    probed = probes.done(set(of_probes.values()))
    probed |= cache.take(of_probes, probed, probes, what="transcripts of silence and of noise alone")
    n_batches = sum(map(len, blocks.values())) * len(prepared.conditions)
    probing = list(probe_batches(prepared, of_probes, done=probed, first_id=n_batches))
    plan = {
        system: chain(batches, [each for each in probing if each.system == system])
        for system, batches in plan.items()
    }
    n_done, total = len(done) + len(probed), len(keys) + len(of_probes)
    tell(str(forecast(prepared, done, probed)))
    left = {key for key in (*keys, *of_probes) if key not in done and key not in probed}
    durations_s = {key: facts.duration_s or 0.0 for key, facts in prepared.audio.items()} | probe_lengths_s()
    meter = Meter(prepared.engines, {key: durations_s[key[0]] for key in left})
    started_s = time.monotonic()
    progress("transcribing", n_done, total, meter.pace(0.0))

    def store_result(result: BatchResult) -> None:
        nonlocal n_done
        (probes if is_probe(result.outcomes[0].utterance_id) else store).append([result])
        cache.keep(result)
        n_done += meter.add(result)
        progress("transcribing", n_done, total, meter.pace(time.monotonic() - started_s))

    if n_done < total:
        try:
            with tidied(systems):
                run_batches(plan, setup, prepared.config.workers, store_result)
        except WorkersGoneError as error:
            msg = (
                f"{error}. {n_done:,} of {total:,} transcriptions are stored in {folder}; the same command "
                "continues there"
            )
            raise WorkersGoneError(msg) from error
        remember_speed(prepared, store.timings())
    store.compact()
    probes.compact()
    outcomes = store.outcomes(valid)
    if len(outcomes) < len(keys):
        msg = f"{len(keys) - len(outcomes)} of {len(keys)} outcomes are absent after the run"
        raise RuntimeError(msg)
    return outcomes


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


def _unusable(prepared: Prepared, keys: dict[OutcomeKey, str], done: set[OutcomeKey]) -> list[Outcome]:
    """Error outcomes, not stored yet, of the recordings that the check of the audio refused."""
    return [
        Outcome(*key, cache_key=each_key, error=facts.reason, error_message=facts.message)
        for key, each_key in keys.items()
        if (facts := prepared.audio[key[0]]).reason is not None and key not in done
    ]
