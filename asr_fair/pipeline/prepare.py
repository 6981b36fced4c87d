"""Everything that can be wrong is found here, before anything starts: configuration, data, models, audio."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from asr_fair.asr.base import EngineInfo
from asr_fair.asr.registry import describe_engine, shadowed_engines
from asr_fair.audio.probe import probe_audio
from asr_fair.conditions.plan import Condition, outlines_of
from asr_fair.conditions.probes import PREFIX
from asr_fair.config import OnDevice, RunConfig, SystemConfig
from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.evaluate import check_analysis
from asr_fair.pipeline.evaluations import names_digest
from asr_fair.pipeline.normalisers import default_in_words, normalisers_for
from asr_fair.pipeline.sounds import ready_conditions, voices_of
from asr_fair.progress import Progress, no_progress
from asr_fair.records import AudioFacts
from asr_fair.score.normalise import Normaliser
from asr_fair.validation import digest_of
from asr_fair.wording import counted


@dataclass(frozen=True)
class Prepared:
    """A run that can start: nothing in it is known to be wrong."""

    config: RunConfig
    manifest: Manifest
    conditions: tuple[Condition, ...]
    engines: Mapping[str, EngineInfo]
    audio: Mapping[str, AudioFacts]
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    """Warnings about single recordings, for whoever runs this; the report gets their numbers only."""

    @property
    def identity(self) -> dict[str, str]:
        """Digests, section by section, of all that decides over the counts; the plan is told by itself."""
        return {
            "seed": str(self.config.seed),
            "manifest": self.manifest.digest,
            "audio": audio_digest(self.audio),
            "conditions": digest_of([(each.name, each.digest) for each in self.conditions]),
            "systems": digest_of({name: info.text_key for name, info in self.engines.items()}),
            # As it was asked for: what `auto` comes to is kept in the run's record. A service gets each
            # recording by itself: how many at once may change while a run is stopped.
            "batches": digest_of(
                {
                    each.name: each.batch_windows
                    if isinstance(each, OnDevice)
                    else self.engines[each.name].batch_windows
                    for each in self.config.systems
                    if self.engines[each.name].service is None
                }
            ),
            "normalisers": names_digest(self.normalisers),
        }

    @property
    def normalisers(self) -> list[Normaliser]:
        """Those that the configuration names, or that suit the manifest's languages; the headline first."""
        return normalisers_for(self.manifest, self.config.normalisers)

    def with_batch_windows(self, recorded: Mapping[str, int | None]) -> Prepared:
        """The same with the batch sizes that a run directory has on record; None where it has none.

        A run that continues elsewhere, or beside others on its GPU, keeps the batches that it began with.
        """
        engines = {
            name: replace(info, batch_windows=recorded.get(name) or info.batch_windows)
            for name, info in self.engines.items()
        }
        return replace(self, engines=engines)

    @property
    def systems(self) -> tuple[SystemConfig, ...]:
        """The systems as workers are to load them: `batch_windows: auto` is a number."""
        return tuple(
            each.model_copy(update={"batch_windows": self.engines[each.name].batch_windows})
            if isinstance(each, OnDevice)
            else each
            for each in self.config.systems
        )


def prepare(config: RunConfig, *, allow_bad_audio: bool, progress: Progress = no_progress) -> Prepared:
    """Read and check everything that `config` names.

    Raises AsrFairError and its kinds for configuration, profiles, plan, models and manifest; FaultsError
    with every faulty recording, unless `allow_bad_audio`.
    """
    outlines = outlines_of(config)
    manifest, warnings = read_manifest(config.manifest)
    manifest.require(Use.EVALUATE, why="this is an evaluation")
    _refuse_our_ids(manifest)
    check_analysis(
        manifest,
        config.normalisers,
        config.plan,
        conditions=[each.name for each in outlines],
        systems=[each.name for each in config.systems],
        plan_source=f"{config.source}: plan" if config.source else "plan",
    )
    warnings += default_in_words(manifest, config.normalisers)
    engines = describe_systems(config)
    _require_consent(manifest, engines)
    warnings += shadowed_engines(engines.values())
    warnings += tuple(_unanswered(manifest, engines, [each.name for each in outlines]))
    facts = probe_all(manifest, progress=progress)
    faults = audio_faults(manifest, facts)
    if faults and not allow_bad_audio:
        raise FaultsError(faults)
    warnings += unusable_in_words(facts)
    audio = {each.utterance_id: each for each in facts}
    conditions = ready_conditions(outlines, voices_of(manifest, audio), progress=progress)
    notices = tuple(str(fault) for fault in faults)
    return Prepared(config, manifest, conditions, engines, audio, warnings, notices)


def _refuse_our_ids(manifest: Manifest) -> None:
    """Raise ConfigError for an utterance that is called as only built-in ones are."""
    if ours := [each for each in manifest.table["utterance_id"] if each.startswith(PREFIX)]:
        msg = f"{manifest.name}: utterance_id {ours[0]!r}: only built-in ones begin so. Rename it"
        raise ConfigError(msg)


def describe_systems(config: RunConfig) -> dict[str, EngineInfo]:
    """What each system is where it will run: on this machine, or on the workers of a scheduler."""
    if config.workers.scheduler is None:
        place = f"{config.source or 'configuration'}: systems"
        return {
            system.name: describe_engine(system, place=f"{place}.{number}")
            for number, system in enumerate(config.systems)
        }
    from asr_fair.run.cluster.describe import describe_on_workers

    return describe_on_workers(config.systems, config.workers)


def _require_consent(manifest: Manifest, engines: Mapping[str, EngineInfo]) -> None:
    """Raise ConfigError for a system that sends recordings away whose people did not allow it."""
    for name, info in engines.items():
        if info.service is not None and info.service.needs_consent:
            why = f"system {name!r} sends the recordings to {info.service.host}"
            manifest.require(Use.HOSTED_ENGINES, why=why)


def _unanswered(
    manifest: Manifest, engines: Mapping[str, EngineInfo], conditions: Collection[str]
) -> Iterator[str]:
    """A line for each system whose file of transcripts is about something else, or leaves something out."""
    ids = set(manifest.table["utterance_id"])
    for name, info in engines.items():
        if info.answers is None:
            continue
        if n_unknown := len({each for each, _ in info.answers} - ids):
            unknown = counted(n_unknown, "utterance")
            yield f"system {name}: its transcripts hold {unknown} that the manifest does not: not used"
        for condition in conditions:
            if n_absent := sum((each, condition) not in info.answers for each in ids):
                absent = f"{n_absent:,} of {len(ids):,} utterances"
                yield f"system {name}: no transcript of {absent} in {condition}"


def audio_digest(audio: Mapping[str, AudioFacts]) -> str:
    """SHA-256 over the content of all recordings, by utterance id."""
    return digest_of({key: facts.content_sha256 for key, facts in audio.items()})


def unusable_in_words(facts: Iterable[AudioFacts]) -> tuple[str, ...]:
    """One line where recordings cannot be used, with the number for each reason."""
    reasons = Counter(each.reason for each in facts if each.reason is not None)
    if not reasons:
        return ()
    listed = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    return (f"{reasons.total()} recordings cannot be used and count as lost ({listed})",)


def probe_all(manifest: Manifest, *, progress: Progress = no_progress) -> list[AudioFacts]:
    """Decode every recording once: its length, its digest, or why it cannot be used; in the table's order."""
    sources = list(manifest.sources())
    facts: list[AudioFacts] = []
    # An hour at 48 kHz takes a gigabyte while it is decoded: no more of them at once than cores.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for each in pool.map(probe_audio, sources):
            facts.append(each)
            progress("checking audio", len(facts), len(sources))
    return facts


def audio_faults(manifest: Manifest, facts: Sequence[AudioFacts]) -> list[Fault]:
    """One fault, with its line, for each recording that cannot be used; `facts` as `probe_all` gives them."""
    located = manifest.table[["utterance_id", "audio"]].notna().all(axis=1).to_numpy()
    lines = np.asarray(manifest.lines)[located]
    return [
        Fault(manifest.name, str(each.message), line=int(line), field="audio")
        for line, each in zip(lines, facts, strict=True)
        if not each.usable
    ]
