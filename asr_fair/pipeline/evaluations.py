"""What is evaluated: outcomes of a run, or transcripts that were handed in, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import pandas as pd

from asr_fair.asr.options import DETECT
from asr_fair.config import Plan
from asr_fair.fairness.results import ConditionInfo, Probes, SystemInfo
from asr_fair.manifest.model import Manifest
from asr_fair.pipeline.evaluate import Evaluation
from asr_fair.pipeline.provenance import RunRecord
from asr_fair.pipeline.rendered import clipping_warnings
from asr_fair.records import CLEAN, Seconds
from asr_fair.score.normalise import Normaliser
from asr_fair.score.transcripts import find_losses
from asr_fair.validation import digest_of


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """How it is called."""


def names_digest(named: Iterable[Named]) -> str:
    """SHA-256 over names, in their order: what `run.json` knows normalisers and handed-in systems by."""
    return digest_of([each.name for each in named])


def evaluation_of_run(
    outcomes: pd.DataFrame,
    *,
    record: RunRecord,
    name: str,
    title: str,
    seed: int | None,
    manifest: Manifest,
    durations_s: Mapping[str, Seconds | None],
    conditions: tuple[ConditionInfo, ...],
    normalisers: Sequence[Normaliser],
    plan: Plan,
    warnings: tuple[str, ...],
    probes: tuple[Probes, ...] = (),
) -> Evaluation:
    """Of a run's outcomes, one per utterance of the manifest, condition and system."""
    losses = outcomes[outcomes["error"].notna()]
    return Evaluation(
        record=record,
        name=name,
        title=title,
        seed=seed,
        manifest=manifest,
        durations_s=durations_s,
        transcripts=with_detected_languages(outcomes[outcomes["error"].isna()], record.systems),
        losses=losses.assign(kind="error", reason=losses["error"]),
        conditions=conditions,
        systems=record.systems,
        expected=[(condition.name, system.name) for system in record.systems for condition in conditions],
        normalisers=normalisers,
        plan=plan,
        warnings=(*warnings, *clipping_warnings(conditions)),
        probes=probes,
    )


def evaluation_of_score(
    transcripts: pd.DataFrame,
    *,
    record: RunRecord,
    manifest: Manifest,
    normalisers: Sequence[Normaliser],
    plan: Plan,
    warnings: tuple[str, ...],
) -> Evaluation:
    """Of transcripts that were handed in, as `manifest.transcripts.read_transcripts` gives them."""
    systems, conditions = systems_in(transcripts), conditions_in(transcripts)
    durations = manifest.table[["utterance_id", "duration_s"]].dropna()
    return Evaluation(
        record=record,
        name=manifest.sidecar.name,
        title=manifest.sidecar.title or manifest.sidecar.name,
        seed=None,
        manifest=manifest,
        durations_s=dict(durations.itertuples(index=False, name=None)),
        transcripts=transcripts[transcripts["text"].notna()],
        losses=find_losses(transcripts, manifest.table["utterance_id"].tolist()),
        conditions=conditions,
        systems=systems,
        expected=_pairs(transcripts, conditions, systems),
        normalisers=normalisers,
        plan=plan,
        warnings=warnings,
    )


def systems_in(transcripts: pd.DataFrame) -> tuple[SystemInfo, ...]:
    """The systems of a table of transcripts, of which no more is known than their names."""
    return tuple(SystemInfo(name=name) for name in sorted(transcripts["system"].unique()))


def conditions_in(transcripts: pd.DataFrame) -> tuple[ConditionInfo, ...]:
    """The conditions of a table of transcripts; clean comes first."""
    names = sorted(transcripts["condition"].unique(), key=lambda name: (name != CLEAN, name))
    return tuple(ConditionInfo(name=name, title=name) for name in names)


def with_detected_languages(transcripts: pd.DataFrame, systems: Sequence[SystemInfo]) -> pd.DataFrame:
    """The transcripts with the languages that were detected; other systems give back what they were told."""
    detecting = [system.name for system in systems if system.settings.get("language") == DETECT]
    detected = transcripts["language"].where(transcripts["system"].isin(detecting), None)
    return transcripts.assign(language=detected)


def _pairs(
    transcripts: pd.DataFrame, conditions: Sequence[ConditionInfo], systems: Sequence[SystemInfo]
) -> list[tuple[str, str]]:
    """The (condition, system) pairs that were handed in: not every system need be in every condition."""
    there = set(transcripts[["condition", "system"]].itertuples(index=False, name=None))
    pairs = [(condition.name, system.name) for system in systems for condition in conditions]
    return [pair for pair in pairs if pair in there]
