"""A stored run evaluated again from its transcripts: nothing is heard and nothing is transcribed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

import pandas as pd

from asr_fair.config import Plan
from asr_fair.errors import AsrFairError
from asr_fair.manifest.check import column_warnings, content_warnings
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.tables import read_table
from asr_fair.pipeline.evaluate import Evaluation, check_analysis
from asr_fair.pipeline.evaluations import conditions_in, evaluation_of_run, evaluation_of_score, systems_in
from asr_fair.pipeline.normalisers import default_in_words, normalisers_for
from asr_fair.pipeline.provenance import RunRecord
from asr_fair.pipeline.rendered import with_means
from asr_fair.pipeline.stored_audio import read_audio_facts
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.records import AudioFacts
from asr_fair.score.normalise import Normaliser


def evaluation_again(
    stored: StoredRun, *, manifest: Manifest | None = None, record: RunRecord | None = None
) -> Evaluation:
    """All that the figures of a stored run are made from, under the plan and the normalisers of its results.

    Parameters
    ----------
    manifest
        Whom it is made of; the run's own unless given. Other outcomes are left out.
    record
        Who says what ran; the run's own unless given.

    Raises
    ------
    ConfigError
        The plan of the results is not in the record, as in those of an early version.
    AsrFairError
        The plan or the normalisers do not suit the people who are left.
    """
    manifest = stored.manifest if manifest is None else manifest
    record = stored.record if record is None else record
    plan = stored.plan
    normalisers, told = normalisers_again(stored, manifest)
    outcomes = stored.outcomes[stored.outcomes["utterance_id"].isin(manifest.table["utterance_id"])]
    outcomes = outcomes.reset_index(drop=True)
    is_run = record.kind == "run"
    check_analysis(
        manifest,
        [each.name for each in normalisers],
        plan,
        conditions=[each.name for each in (stored.results.conditions if is_run else conditions_in(outcomes))],
        systems=[each.name for each in (record.systems if is_run else systems_in(outcomes))],
    )
    warnings = (*_warnings(stored, manifest), *told)
    if not is_run:
        return evaluation_of_score(
            outcomes, record=record, manifest=manifest, normalisers=normalisers, plan=plan, warnings=warnings
        )
    return _of_run(stored, outcomes, manifest, record, normalisers, plan, warnings)


def _of_run(
    stored: StoredRun,
    outcomes: pd.DataFrame,
    manifest: Manifest,
    record: RunRecord,
    normalisers: list[Normaliser],
    plan: Plan,
    warnings: tuple[str, ...],
) -> Evaluation:
    from asr_fair.pipeline.prepare import unusable_in_words
    from asr_fair.run.store import RunStore

    audio = audio_of(stored, manifest)
    renders = RunStore(stored.folder).renders()
    heard = renders[renders["utterance_id"].isin(manifest.table["utterance_id"])]
    results = stored.results
    return evaluation_of_run(
        outcomes,
        record=record,
        name=results.name,
        title=results.title,
        seed=results.seed,
        manifest=manifest,
        durations_s={key: facts.duration_s for key, facts in audio.items()},
        conditions=with_means(results.conditions, heard),
        normalisers=normalisers,
        plan=plan,
        warnings=(*warnings, *unusable_in_words(audio.values())),
        probes=results.probes,
    )


def normalisers_again(stored: StoredRun, manifest: Manifest) -> tuple[list[Normaliser], tuple[str, ...]]:
    """The normalisers of the results, and what is said where nobody chose them.

    Those that nobody chose follow the languages of the people who are left.
    """
    names = list(stored.results.normalisers)
    by_default = [each.name for each in normalisers_for(stored.manifest, None)]
    named = None if names == by_default else names
    return normalisers_for(manifest, named), default_in_words(manifest, named)


def audio_of(stored: StoredRun, manifest: Manifest) -> Mapping[str, AudioFacts]:
    """What is known of the recordings of a manifest; of a run of an early version they are decoded again."""
    facts = read_audio_facts(stored.folder)
    if facts is None:
        from asr_fair.pipeline.prepare import probe_all

        facts = probe_all(manifest)
    wanted = set(manifest.table["utterance_id"])
    return {each.utterance_id: each for each in facts if each.utterance_id in wanted}


def without_utterances(manifest: Manifest, ids: frozenset[str], *, digest: str) -> Manifest:
    """The manifest without some utterances; `digest` is that of the files that are to hold the others."""
    kept = ~manifest.table["utterance_id"].isin(ids).to_numpy(bool)
    table = manifest.table[kept].reset_index(drop=True)
    return replace(manifest, table=table, lines=manifest.lines[kept], digest=digest)


def _warnings(stored: StoredRun, manifest: Manifest) -> tuple[str, ...]:
    """What a check says of the manifest; of the columns of a file that is gone nothing is known."""
    source = stored.source_manifest
    try:
        columns = column_warnings(read_table(source), manifest.sidecar)
    except (AsrFairError, OSError):
        columns = []
    return (*columns, *content_warnings(PurePath(source).name, manifest.sidecar, manifest.table))
