"""Does it matter how many recordings go together? The same recordings, one at a time and in batches.

Padding, kernels and the order of sums differ between batch sizes, and a recogniser then writes another
word here and there. Where that happens more often in one group than in another, a part of what looks like
a difference between people is one between batches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from asr_fair.asr.registry import describe_engine, with_own_keys
from asr_fair.asr.windows import n_windows
from asr_fair.conditions.plan import outlines_of
from asr_fair.config import Plan, RunConfig
from asr_fair.config.systems import SystemConfig
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.pipeline.batch_changes import (
    GroupChange,
    by_group,
    changes_of_texts,
    may_be_shown,
    members_of,
)
from asr_fair.pipeline.prepare import Prepared, prepare
from asr_fair.pipeline.sounds import speakers_of
from asr_fair.progress import Progress, no_progress
from asr_fair.records import CLEAN, Outcome
from asr_fair.run.batch import Item, partition, plan_batches
from asr_fair.run.cluster import run_batches
from asr_fair.run.worker import BatchResult, RunSetup
from asr_fair.seed import rng_for


@dataclass(frozen=True)
class BatchCheck:
    """What was compared, and what differs in every group that may be shown."""

    title: str
    normaliser: str
    n_utterances: int
    n_usable: int
    sizes: dict[str, int]
    """Per system: the most windows that went together in the second pass; one in the first."""
    changes: tuple[GroupChange, ...]
    n_hidden: dict[str, int]
    """Per dimension: groups of too few speakers to be shown."""
    n_smaller: int
    """Transcripts of the second pass whose batch had to be divided: a recogniser failed or had no room."""
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Choice:
    systems: tuple[SystemConfig, ...]
    conditions: tuple[str, ...]
    warnings: tuple[str, ...]


def check_batches(
    config: RunConfig,
    *,
    batch: int | None = None,
    sample: int | None = None,
    systems: Sequence[str] = (),
    conditions: Sequence[str] = (CLEAN,),
    allow_bad_audio: bool = False,
    progress: Progress = no_progress,
) -> BatchCheck:
    """Transcribe the recordings of `config` in both sizes and compare the texts; nothing is written.

    Parameters
    ----------
    batch
        The larger size in 30-second windows; None: what each system of the configuration would have.
    sample
        How many recordings; None: all that can be used. They are drawn by the configuration's seed and by
        nothing else, so that a smaller sample is a part of a larger one.
    systems, conditions
        Names; no system: all whose engine works in batches.

    Raises what `prepare` raises; ConfigError for a system without batches, a size of 1 and a sample larger
    than what there is; UnknownNameError.
    """
    choice = _chosen(config, systems, conditions)
    prepared = _prepared(config, choice, allow_bad_audio, progress)
    sizes = {name: batch or info.batch_windows for name, info in prepared.engines.items()}
    _refuse_single(sizes)
    n_usable = sum(facts.usable for facts in prepared.audio.values())
    sampled = _sampled(prepared, sample)
    alone = _transcribed(_in_size(sampled, dict.fromkeys(sizes, 1)), progress, "one at a time")
    together = _transcribed(_in_size(sampled, sizes), progress, "in batches")
    normaliser = prepared.normalisers[0]
    changes = changes_of_texts(alone, together, prepared.manifest, normaliser)
    plan = config.plan
    found = list(by_group(changes, members_of(prepared.manifest, plan.dimensions)))
    shown = tuple(each for each in found if may_be_shown(each, plan.thresholds))
    hidden = {(each.dimension, each.group) for each in found} - {
        (each.dimension, each.group) for each in shown
    }
    return BatchCheck(
        title=config.title or config.name,
        normaliser=normaliser.name,
        n_utterances=len(sampled.audio),
        n_usable=n_usable,
        sizes=sizes,
        changes=shown,
        n_hidden={
            name: sum(dimension == name for dimension, _ in hidden)
            for name in dict.fromkeys(dimension for dimension, _ in sorted(hidden))
        },
        n_smaller=int((together["batch_size"] < together["planned"]).sum()),
        warnings=(*prepared.warnings, *choice.warnings),
    )


def _chosen(config: RunConfig, systems: Sequence[str], conditions: Sequence[str]) -> _Choice:
    own = {each.name: with_own_keys(each) for each in config.systems}
    _require_known("system", systems, own)
    _require_known("condition", conditions, [each.name for each in outlines_of(config)])
    wanted = systems or tuple(own)
    without = [name for name in wanted if not _works_in_batches(own[name])]
    if without and (systems or len(without) == len(own)):
        msg = (
            f"system {without[0]!r}: its engine {own[without[0]].engine} takes each recording by itself: "
            "there are no batches to check, and a service would only be paid twice. Name a system that runs "
            "here by --system"
        )
        raise ConfigError(msg)
    warnings = tuple(f"system {name!r} is left out: its engine knows no batches" for name in without)
    return _Choice(
        tuple(own[name] for name in dict.fromkeys(wanted) if name not in without),
        tuple(dict.fromkeys(conditions)),
        warnings,
    )


def _require_known(kind: str, names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, tuple(known))


def _works_in_batches(system: SystemConfig) -> bool:
    return "batch_windows" in type(system).model_fields and describe_engine(system).service is None


def _prepared(config: RunConfig, choice: _Choice, allow_bad_audio: bool, progress: Progress) -> Prepared:
    """The chosen part of a run, ready to start. All recordings are read: babble is made of any of them."""
    # Of the plan, what says which groups there are and which may be shown; the rest may name other systems.
    plan = Plan(dimensions=config.plan.dimensions, thresholds=config.plan.thresholds)
    only_clean = choice.conditions == (CLEAN,)
    part = config.model_copy(
        update={
            "systems": choice.systems,
            "plan": plan,
            "conditions": (CLEAN,) if only_clean else config.conditions,
        }
    )
    prepared = prepare(part, allow_bad_audio=allow_bad_audio, progress=progress)
    kept = {each.name: each for each in prepared.conditions}
    return replace(prepared, conditions=tuple(kept[name] for name in choice.conditions))


def _refuse_single(sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        if size == 1:
            msg = f"system {name!r}: 1 window at a time is what it is compared with. Give --batch 2 or more"
            raise ConfigError(msg)


def _sampled(prepared: Prepared, sample: int | None) -> Prepared:
    usable = [name for name, facts in prepared.audio.items() if facts.usable]
    if sample is not None and sample > len(usable):
        msg = (
            f"--sample {sample}: {prepared.manifest.name} has {len(usable)} recordings that can be used. "
            "Give a smaller one, or leave it out and take all"
        )
        raise ConfigError(msg)
    seed = prepared.config.seed
    drawn = sorted(usable, key=lambda each: float(rng_for(seed, each, "batch check").random()))[:sample]
    chosen = set(drawn)
    return replace(prepared, audio={name: prepared.audio[name] for name in usable if name in chosen})


def _in_size(prepared: Prepared, sizes: dict[str, int]) -> Prepared:
    """The same with so many windows together: what the partition and what the engines themselves take."""
    systems = tuple(
        each.model_copy(update={"batch_windows": sizes[each.name]}) for each in prepared.config.systems
    )
    engines = {name: replace(info, batch_windows=sizes[name]) for name, info in prepared.engines.items()}
    config = prepared.config.model_copy(update={"systems": systems})
    return replace(prepared, config=config, engines=engines)


def _transcribed(prepared: Prepared, progress: Progress, stage: str) -> pd.DataFrame:
    """Outcomes, with `planned`: how many were to go together. No run directory and no cache has a part."""
    sources = {source.utterance_id: source for source in prepared.manifest.sources()}
    speakers = speakers_of(prepared.manifest)
    conditions = [each.name for each in prepared.conditions]
    lengths_s = {each.utterance_id: each.duration_s or 0.0 for each in prepared.audio.values()}
    blocks = {
        name: partition(lengths_s, n_windows, batch_windows=info.batch_windows)
        for name, info in prepared.engines.items()
    }

    def item(utterance_id: str, condition: str, system: str) -> Item:
        # Stored nowhere: a key by which no transcript of another batch size can be found.
        key = f"{stage}: {utterance_id}, {condition}, {system}"
        return Item(sources[utterance_id], key, speakers.get(utterance_id))

    text_keys = {name: info.text_key for name, info in prepared.engines.items()}
    config = prepared.config
    setup = RunSetup(config.systems, prepared.conditions, config.seed, text_keys)
    outcomes: list[Outcome] = []
    total = len(prepared.audio) * len(conditions) * len(blocks)
    progress(stage, 0, total)

    def collect(result: BatchResult) -> None:
        outcomes.extend(result.outcomes)
        progress(stage, len(outcomes), total)

    batches = plan_batches(blocks, conditions, item, done=())
    run_batches(batches, setup, config.workers, collect)
    together = {
        (system, utterance_id): len(ids)
        for system, of_system in blocks.items()
        for ids in of_system
        for utterance_id in ids
    }
    planned = [together[each.system, each.utterance_id] for each in outcomes]
    return pd.DataFrame([asdict(each) for each in outcomes]).assign(planned=planned)
