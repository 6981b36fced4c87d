"""From transcripts to `results.json`: counts, group statistics, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from asr_fair import __version__
from asr_fair.config import Plan
from asr_fair.errors import FaultsError, raise_all
from asr_fair.fairness.analyse import analyse
from asr_fair.fairness.grouping.declared import declared_conditions
from asr_fair.fairness.grouping.dimensions import Dimension, unknown_in_plan
from asr_fair.fairness.grouping.groupings import grouped
from asr_fair.fairness.results import (
    ConditionInfo,
    ManifestInfo,
    Probes,
    Results,
    SystemInfo,
    write_results,
)
from asr_fair.fairness.systems.pairs_of import system_pairs
from asr_fair.files import write_parquet
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.normalisers import normalisers_for
from asr_fair.pipeline.provenance import COUNTS_NAME, RunRecord, now
from asr_fair.pipeline.stored_plans import plan_info
from asr_fair.records import Seconds, SystemPair
from asr_fair.score.counts import WORDS, count_errors, of_unit
from asr_fair.score.normalise import Normaliser
from asr_fair.score.segments import count_segments, with_errors
from asr_fair.score.traced_texts import trace_all

MOST_ALIGNED = 1_000_000
"""Transcripts with errors that MAPSSWE aligns: at .25 ms each, some four minutes. It is the figure that says
least; the others cost the same whatever the number of utterances."""


@dataclass(frozen=True)
class Evaluation:
    """All that the figures are made from.

    Attributes
    ----------
    transcripts : DataFrame
        Columns utterance_id, condition, system, text; language, where it was detected.
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
    probes: tuple[Probes, ...] = ()


def check_analysis(
    manifest: Manifest,
    normalisers: Sequence[str] | None,
    plan: Plan,
    *,
    conditions: Sequence[str],
    systems: Sequence[str],
    plan_source: str = "plan",
) -> None:
    """Raise AsrFairError, before any work, for normalisers or a plan that do not suit what there is.

    `plan_source`: where the plan stands, as its faults name it; they are told together.
    """
    normalisers_for(manifest, normalisers)
    try:
        raise_all(
            lambda: _check_baseline(plan, systems),
            lambda: declared_conditions(plan, conditions),
            lambda: grouped(people_of(manifest, {}), dimensions_of(manifest), plan),
        )
    except FaultsError as error:
        faults = [replace(each, file=plan_source) if each.file == "plan" else each for each in error.faults]
        raise FaultsError(faults) from error


def _check_baseline(plan: Plan, systems: Sequence[str]) -> None:
    baseline = plan.baseline_system
    if baseline is not None and baseline not in systems:
        raise FaultsError([unknown_in_plan("baseline_system", "system", baseline, systems)])


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
    write_parquet(pa.Table.from_pandas(counts, preserve_index=False), folder / COUNTS_NAME)
    segments, skipped = segments_of(
        manifest.table,
        evaluation.transcripts,
        of_unit(counts, WORDS),
        normalisers[0],
        system_pairs(evaluation.expected, evaluation.plan.baseline_system),
    )
    titles = {name: spec.title for name, spec in manifest.sidecar.dimensions.items()}
    plan = plan_info(evaluation.record, evaluation.plan, dimensions=titles)
    findings = analyse(
        counts,
        people_of(manifest, evaluation.durations_s),
        evaluation.losses,
        dimensions_of(manifest),
        evaluation.plan,
        headline=normalisers[0].name,
        expected=evaluation.expected,
        conditions=evaluation.conditions,
        segments=segments,
        traces=trace_all(
            manifest.table,
            evaluation.transcripts,
            normalisers,
            [condition for condition, _ in evaluation.expected],
        ),
        exploratory=plan.exploratory,
    )
    results = Results(
        name=evaluation.name,
        title=evaluation.title,
        created_at=now(),
        asr_fair_version=__version__,
        seed=evaluation.seed,
        manifest=_manifest_info(manifest, evaluation.durations_s),
        plan=plan,
        conditions=evaluation.conditions,
        systems=evaluation.systems,
        normalisers=tuple(each.name for each in normalisers),
        # Of the rules that made these figures: the record may be of an earlier start.
        normaliser_versions={each.name: each.version for each in normalisers},
        warnings=(*evaluation.warnings, *skipped),
        probes=evaluation.probes,
        **{each.name: getattr(findings, each.name) for each in fields(findings)},
    )
    write_results(results, folder / "results.json")
    return results


def segments_of(
    references: pd.DataFrame,
    transcripts: pd.DataFrame,
    counts: pd.DataFrame,
    normaliser: Normaliser,
    pairs: Sequence[SystemPair],
) -> tuple[pd.DataFrame | None, list[str]]:
    """Segments for MAPSSWE, None where they are not worth the time; and what a reader must know of it."""
    if not pairs:
        return None, []
    wanted = with_errors(transcripts, counts, normaliser.name)
    if len(wanted) > MOST_ALIGNED:
        return None, [
            f"MAPSSWE was not computed: {len(wanted):,} transcripts would have to be aligned once more, and "
            f"above {MOST_ALIGNED:,} that is not done. All other comparisons of systems are there."
        ]
    return count_segments(references, wanted, normaliser, pairs), []


def people_of(manifest: Manifest, durations_s: Mapping[str, Seconds | None]) -> pd.DataFrame:
    """One row per utterance: utterance_id, speaker (the cluster where one is declared), duration_s, tags."""
    people = manifest.table[["utterance_id", *manifest.sidecar.dimensions]].copy()
    people["speaker"] = manifest.clusters
    people["duration_s"] = people["utterance_id"].map(durations_s).astype("float64")
    return people


def _empty_groups(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """By title: the groups that the sidecar declares and no utterance is in."""
    empty = {}
    for name, spec in manifest.sidecar.dimensions.items():
        there = set(manifest.table[name].explode())
        missing = tuple(group for group in spec.groups or () if group not in there)
        if missing:
            empty[spec.title] = missing
    return empty


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
        language=", ".join(sorted(manifest.table["language"].dropna().unique())) or None,
        empty_groups=_empty_groups(manifest),
        digest=manifest.digest,
        synthetic=sidecar.synthetic,
        share_results=Use.SHARE_RESULTS in sidecar.permitted_use,
        n_speakers=int(manifest.clusters.nunique()) if manifest.has_speakers else None,
        n_utterances=len(manifest.table),
        duration_s=sum(known) if known else None,
    )
