"""`run`: from a configuration to a report, continuing where an earlier start stopped."""

from __future__ import annotations

from asr_fair.conditions.plan import recipes_of
from asr_fair.config import RunConfig
from asr_fair.fairness.results import SystemInfo
from asr_fair.pipeline.evaluate import evaluate
from asr_fair.pipeline.evaluations import evaluation_of_run
from asr_fair.pipeline.outputs import Finished, finish
from asr_fair.pipeline.prepare import Prepared, prepare
from asr_fair.pipeline.probing import count_probes
from asr_fair.pipeline.provenance import RunRecord, claimed_directory, new_record
from asr_fair.pipeline.rendered import condition_infos
from asr_fair.pipeline.transcribe import transcribe
from asr_fair.progress import Progress, Tell, no_progress, tell_nobody
from asr_fair.run.store import RunStore


def run(
    config: RunConfig,
    *,
    allow_bad_audio: bool = False,
    progress: Progress = no_progress,
    tell: Tell = tell_nobody,
) -> Finished:
    """All stages; a second start with the same configuration continues the first."""
    prepared = prepare(config, allow_bad_audio=allow_bad_audio, progress=progress)
    with claimed_directory(config.run_dir, _record(prepared)) as record:
        prepared = prepared.with_batch_windows({each.name: each.batch_windows for each in record.systems})
        outcomes = transcribe(prepared, progress=progress, tell=tell)
        infos = condition_infos(prepared.conditions, RunStore(config.run_dir).renders())
        evaluation = evaluation_of_run(
            outcomes,
            record=record,
            name=config.name,
            title=config.title or config.name,
            seed=config.seed,
            manifest=prepared.manifest,
            durations_s={key: facts.duration_s for key, facts in prepared.audio.items()},
            conditions=infos,
            normalisers=prepared.normalisers,
            plan=config.plan,
            warnings=prepared.warnings,
            probes=count_probes(prepared, config.run_dir),
        )
        results = evaluate(evaluation, config.run_dir)
        return finish(results, config.run_dir, max_loss=config.max_loss, notices=prepared.notices)


def _record(prepared: Prepared) -> RunRecord:
    config = prepared.config
    return new_record(
        kind="run",
        identity=prepared.identity,
        plan=config.plan,
        configuration=config.model_dump(mode="json") | _whole_paths(config),
        systems=_system_infos(prepared),
        conditions={each.name: each.digest for each in prepared.conditions},
        recipes=tuple(
            {"kind": each.noun, "digest": each.digest, **each.model_dump(mode="json", exclude_unset=True)}
            for each in recipes_of(prepared.conditions)
        ),
        normaliser_versions={each.name: each.version for each in prepared.normalisers},
        caches=() if config.cache_dir is None else (str(config.cache_dir.resolve()),),
    )


def _whole_paths(config: RunConfig) -> dict[str, str | None]:
    """What is read again later, from whatever folder."""
    profiles = config.noise_profiles
    return {
        "manifest": str(config.manifest.resolve()),
        "noise_profiles": None if profiles is None else str(profiles.resolve()),
    }


def _system_infos(prepared: Prepared) -> tuple[SystemInfo, ...]:
    return tuple(
        SystemInfo(
            name=name,
            engine=info.engine,
            model=info.model,
            model_digest=info.model_digest,
            settings=dict(info.settings),
            batch_windows=info.batch_windows,
        )
        for name, info in prepared.engines.items()
    )
