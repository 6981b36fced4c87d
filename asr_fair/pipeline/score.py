"""`score`: transcripts of any system, with the manifest, straight to the report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from asr_fair.config import Plan
from asr_fair.fairness.results import ConditionInfo, SystemInfo
from asr_fair.files import write_parquet
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.evaluate import Evaluation, check_analysis, evaluate
from asr_fair.pipeline.normalisers import default_in_words, normalisers_for
from asr_fair.pipeline.outputs import Finished, finish
from asr_fair.pipeline.provenance import claimed_directory, new_record
from asr_fair.pipeline.stored_run import write_manifest_copy
from asr_fair.records import CLEAN
from asr_fair.score.transcripts import find_losses, read_transcripts
from asr_fair.validation import digest_of


def score(
    manifest_path: Path,
    transcripts_path: Path,
    out: Path,
    *,
    default_system: str = "system",
    normalisers: Sequence[str] | None = None,
    plan: Plan | None = None,
    plan_source: str = "plan",
    max_loss: float = 0.02,
) -> Finished:
    """Score transcripts against a manifest and write the run directory `out`.

    Without `normalisers`, those that suit the manifest's languages. `plan_source`: the file that the plan
    was read from, as its faults name it.

    Raises FaultsError with all faults of the manifest or of the transcripts, and ConfigError for
    normalisers or a plan that do not suit them; nothing is written then.
    """
    plan = plan or Plan()
    manifest, warnings = read_manifest(manifest_path, need_audio=False)
    manifest.require(Use.EVALUATE, why="this is an evaluation")
    warnings += default_in_words(manifest, normalisers)
    known_ids = manifest.table["utterance_id"].tolist()
    transcripts = read_transcripts(transcripts_path, default_system=default_system, known_ids=known_ids)
    systems = tuple(SystemInfo(name=name) for name in sorted(transcripts["system"].unique()))
    conditions = _conditions(transcripts)
    expected = _pairs(transcripts, conditions, systems)
    check_analysis(
        manifest,
        normalisers,
        plan,
        conditions=[each.name for each in conditions],
        systems=[each.name for each in systems],
        plan_source=plan_source,
    )
    rules = normalisers_for(manifest, normalisers)
    record = new_record(
        kind="score",
        identity={
            "manifest": manifest.digest,
            "transcripts": hashlib.sha256(transcripts_path.read_bytes()).hexdigest(),
            "normalisers": digest_of([each.name for each in rules]),
            "systems": digest_of([system.name for system in systems]),
        },
        plan=plan,
        configuration={
            "manifest": str(manifest_path.resolve()),
            "transcripts": str(transcripts_path.resolve()),
        },
        systems=systems,
        conditions={each.name: None for each in conditions},
        normaliser_versions={each.name: each.version for each in rules},
    )
    with claimed_directory(out, record) as record:
        write_manifest_copy(manifest, out)
        (out / "transcripts").mkdir(exist_ok=True)
        whole = pa.Table.from_pandas(transcripts, preserve_index=False)
        write_parquet(whole, out / "transcripts" / "part-000000.parquet")
        durations = manifest.table[["utterance_id", "duration_s"]].dropna()
        results = evaluate(
            Evaluation(
                record=record,
                name=manifest.sidecar.name,
                title=manifest.sidecar.title or manifest.sidecar.name,
                seed=None,
                manifest=manifest,
                durations_s=dict(durations.itertuples(index=False, name=None)),
                transcripts=transcripts[transcripts["text"].notna()],
                losses=find_losses(transcripts, known_ids),
                conditions=conditions,
                systems=systems,
                expected=expected,
                normalisers=rules,
                plan=plan,
                warnings=warnings,
            ),
            out,
        )
        return finish(results, out, max_loss=max_loss)


def _pairs(
    transcripts: pd.DataFrame, conditions: Sequence[ConditionInfo], systems: Sequence[SystemInfo]
) -> list[tuple[str, str]]:
    """The (condition, system) pairs that were handed in: not every system need be in every condition."""
    there = set(transcripts[["condition", "system"]].itertuples(index=False, name=None))
    pairs = [(condition.name, system.name) for system in systems for condition in conditions]
    return [pair for pair in pairs if pair in there]


def _conditions(transcripts: pd.DataFrame) -> tuple[ConditionInfo, ...]:
    names = sorted(transcripts["condition"].unique(), key=lambda name: (name != CLEAN, name))
    return tuple(ConditionInfo(name=name, title=name) for name in names)
