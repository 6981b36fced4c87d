"""From transcripts to `results.json`: counts, group statistics, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa

from asr_fair import __version__
from asr_fair.config import Plan
from asr_fair.fairness.analyse import analyse
from asr_fair.fairness.dimensions import Dimension
from asr_fair.fairness.groupings import grouped
from asr_fair.fairness.results import (
    ConditionInfo,
    ManifestInfo,
    PlanInfo,
    Results,
    SystemInfo,
    write_results,
)
from asr_fair.files import write_parquet
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.normalisers import normalisers_for
from asr_fair.pipeline.provenance import RunRecord, now
from asr_fair.records import Seconds
from asr_fair.score.counts import count_errors
from asr_fair.score.normalise import Normaliser
from asr_fair.score.traced_texts import trace_all


@dataclass(frozen=True)
class Evaluation:
    """All that the figures are made from.

    Attributes
    ----------
    transcripts : DataFrame
        Columns utterance_id, condition, system, text.
    losses : DataFrame
        Columns utterance_id, condition, system, kind ('error' or 'missing'), reason.
    durations_s
        Length of each utterance in seconds, where it is known.
    expected
        The (condition, system) pairs that were to be transcribed.
    normalisers
        The first is the headline.
    """

    record: RunRecord
    name: str
    title: str
    seed: int | None
    manifest: Manifest
    durations_s: Mapping[str, Seconds | None]
    transcripts: pd.DataFrame
    losses: pd.DataFrame
    conditions: tuple[ConditionInfo, ...]
    systems: tuple[SystemInfo, ...]
    expected: Sequence[tuple[str, str]]
    normalisers: Sequence[Normaliser]
    plan: Plan
    warnings: tuple[str, ...]


def check_analysis(manifest: Manifest, normalisers: Sequence[str] | None, plan: Plan) -> None:
    """Raise AsrFairError, before any work, for normalisers or a plan that do not suit the manifest."""
    normalisers_for(manifest, normalisers)
    grouped(people_of(manifest, {}), dimensions_of(manifest), plan)


def dimensions_of(manifest: Manifest) -> tuple[Dimension, ...]:
    """The sidecar's dimensions as the statistics know them."""
    return tuple(
        Dimension(
            name=name,
            title=spec.title,
            source=spec.source.value,
            source_note=spec.source_note,
            level=spec.level,
            sensitive=spec.sensitive,
            bands=tuple(band.label for band in spec.bins or ()),
        )
        for name, spec in manifest.sidecar.dimensions.items()
    )


def evaluate(evaluation: Evaluation, folder: Path) -> Results:
    """Score, analyse, and write `counts.parquet` and `results.json` into `folder`."""
    manifest, normalisers = evaluation.manifest, evaluation.normalisers
    counts = count_errors(manifest.table, evaluation.transcripts, normalisers)
    write_parquet(pa.Table.from_pandas(counts, preserve_index=False), folder / "counts.parquet")
    findings = analyse(
        counts,
        people_of(manifest, evaluation.durations_s),
        evaluation.losses,
        dimensions_of(manifest),
        evaluation.plan,
        headline=normalisers[0].name,
        expected=evaluation.expected,
        conditions=evaluation.conditions,
        traces=trace_all(
            manifest.table,
            evaluation.transcripts,
            normalisers,
            [condition for condition, _ in evaluation.expected],
        ),
    )
    results = Results(
        name=evaluation.name,
        title=evaluation.title,
        created_at=now(),
        asr_fair_version=__version__,
        seed=evaluation.seed,
        manifest=_manifest_info(manifest, evaluation.durations_s),
        plan=PlanInfo(
            digest=evaluation.record.plan_digest,
            stored_at=evaluation.record.plan_stored_at,
            thresholds=evaluation.plan.thresholds,
        ),
        conditions=evaluation.conditions,
        systems=evaluation.systems,
        normalisers=tuple(each.name for each in normalisers),
        # Of the rules that made these figures: the record may be of an earlier start.
        normaliser_versions={each.name: each.version for each in normalisers},
        warnings=evaluation.warnings,
        **{each.name: getattr(findings, each.name) for each in fields(findings)},
    )
    write_results(results, folder / "results.json")
    return results


def people_of(manifest: Manifest, durations_s: Mapping[str, Seconds | None]) -> pd.DataFrame:
    """One row per utterance: utterance_id, speaker (the cluster where one is declared), duration_s, tags."""
    people = manifest.table[["utterance_id", *manifest.sidecar.dimensions]].copy()
    people["speaker"] = manifest.clusters
    people["duration_s"] = people["utterance_id"].map(durations_s).astype("float64")
    return people


def _manifest_info(manifest: Manifest, durations_s: Mapping[str, Seconds | None]) -> ManifestInfo:
    sidecar = manifest.sidecar
    known = [each for each in durations_s.values() if each is not None]
    return ManifestInfo(
        name=sidecar.name,
        version=sidecar.version,
        title=sidecar.title,
        description=sidecar.description,
        licence=sidecar.licence,
        collected=sidecar.collected,
        digest=manifest.digest,
        synthetic=sidecar.synthetic,
        share_results=Use.SHARE_RESULTS in sidecar.permitted_use,
        n_speakers=int(manifest.clusters.nunique()) if manifest.has_speakers else None,
        n_utterances=len(manifest.table),
        duration_s=sum(known) if known else None,
    )


def write_manifest_copy(manifest: Manifest, folder: Path) -> None:
    """Write the manifest that a run used as `manifest.parquet`; its sidecar's digest is in `run.json`."""
    table = manifest.table.copy()
    for name in manifest.sidecar.dimensions:
        table[name] = table[name].map(list)
    write_parquet(pa.Table.from_pandas(table, preserve_index=False), folder / "manifest.parquet")
