"""Utterances in which nobody speaks, transcribed beside the others and kept apart from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from asr_fair.conditions.plan import Condition
from asr_fair.conditions.probes import PREFIX, probe_digest, probe_sources
from asr_fair.fairness.results import Probes
from asr_fair.pipeline.prepare import Prepared
from asr_fair.records import Seconds
from asr_fair.run.batch import Batch, Item, OutcomeKey
from asr_fair.run.store import RunStore
from asr_fair.score.normalise import Normaliser
from asr_fair.validation import digest_of

PROBES = "probes"
"""Of the run directory: laid out like it, so that nobody takes a probe for somebody's utterance."""


def probe_keys(prepared: Prepared) -> dict[OutcomeKey, str]:
    """By (id, condition, system), the key under which a probe's transcript may be used again."""
    if not prepared.config.probes:
        return {}
    return {
        (source.utterance_id, condition.name, system): digest_of(
            [probe_digest(source, condition, prepared.config.seed), info.text_key]
        )
        for system, info in prepared.engines.items()
        if info.hears
        for condition in prepared.conditions
        for source in probe_sources()
    }


def probe_batches(
    prepared: Prepared, keys: Mapping[OutcomeKey, str], *, done: Collection[OutcomeKey], first_id: int
) -> Iterator[Batch]:
    """Batches of probes that still have work: of each system and condition as many as its batches hold."""
    sources = probe_sources()
    for system, info in prepared.engines.items():
        for condition in prepared.conditions:
            for start in range(0, len(sources), info.batch_windows):
                part = sources[start : start + info.batch_windows]
                of_part = [(each.utterance_id, condition.name, system) for each in part]
                if any(key in keys and key not in done for key in of_part):
                    items = (
                        Item(source, keys[key], is_probe=True)
                        for source, key in zip(part, of_part, strict=True)
                    )
                    yield Batch(first_id, system, condition.name, tuple(items))
                first_id += 1


def probe_lengths_s() -> dict[str, Seconds]:
    """How long each probe is, by its id."""
    return {each.utterance_id: each.duration_s or 0.0 for each in probe_sources()}


def is_probe(utterance_id: str) -> bool:
    """Whether an id is one of ours."""
    return utterance_id.startswith(PREFIX)


def count_probes(prepared: Prepared, folder: Path) -> tuple[Probes, ...]:
    """What each system wrote down where nobody spoke, condition by condition."""
    outcomes = RunStore(folder / PROBES).outcomes(set(probe_keys(prepared).values()))
    outcomes = outcomes.assign(duration_s=outcomes["utterance_id"].map(probe_lengths_s()))
    headline = prepared.normalisers[0]
    return tuple(
        _counted(system, condition, of_both, headline)
        for system in prepared.engines
        for condition in prepared.conditions
        if len(of_both := outcomes.query("system == @system and condition == @condition.name"))
    )


def _counted(system: str, condition: Condition, outcomes: pd.DataFrame, headline: Normaliser) -> Probes:
    texts = outcomes.loc[outcomes["text"].notna()]
    n_words = [len(headline.words(text)) for text in texts["text"]]
    return Probes(
        system=system,
        condition=condition.name,
        n_probes=len(outcomes),
        n_failed=len(outcomes) - len(texts),
        n_with_words=sum(number > 0 for number in n_words),
        n_words=sum(n_words),
        duration_s=float(texts["duration_s"].sum()),
        has_voices=condition.hears_speakers,
    )
