"""`score`: transcripts of any system, with the manifest, straight to the report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from asr_fair.config import Plan
from asr_fair.files import OUTCOMES_PER_GROUP, write_parquet
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.manifest.transcripts import read_transcripts
from asr_fair.pipeline.evaluate import check_analysis, evaluate
from asr_fair.pipeline.evaluations import conditions_in, evaluation_of_score, names_digest, systems_in
from asr_fair.pipeline.normalisers import default_in_words, normalisers_for
from asr_fair.pipeline.outputs import Finished, finish
from asr_fair.pipeline.provenance import claimed_directory, new_record
from asr_fair.pipeline.stored_run import write_manifest_copy


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
    systems, conditions = systems_in(transcripts), conditions_in(transcripts)
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
            "normalisers": names_digest(rules),
            "systems": names_digest(systems),
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
        written = out / "transcripts" / "part-000000.parquet"
        write_parquet(whole, written, rows_per_group=OUTCOMES_PER_GROUP)
        evaluation = evaluation_of_score(
            transcripts, record=record, manifest=manifest, normalisers=rules, plan=plan, warnings=warnings
        )
        results = evaluate(evaluation, out)
        return finish(results, out, max_loss=max_loss)
