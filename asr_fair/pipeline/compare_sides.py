"""The two sides of a comparison: which system of which run, and all that may make their figures differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.fairness.results import ComparedSide, ConditionInfo, SystemInfo
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.records import CLEAN
from asr_fair.validation import digest_of
from asr_fair.wording import listed


@dataclass(frozen=True)
class Side:
    """A system of a finished run; `label` is what the comparison calls it."""

    run: StoredRun
    info: SystemInfo
    label: str

    @property
    def name(self) -> str:
        """Of the run directory."""
        return self.run.folder.resolve().name

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row per utterance and condition of this system alone."""
        whole = self.run.outcomes
        return whole[whole["system"] == self.info.name]

    @property
    def conditions(self) -> dict[str, str | None]:
        """The conditions that this system was to transcribe, with the digests of their recipes."""
        there = set(self.outcomes["condition"])
        return {name: digest for name, digest in self.run.record.conditions.items() if name in there}

    def as_told(self) -> ComparedSide:
        """What `compare.json` says of this side."""
        record, results, sidecar = self.run.record, self.run.results, self.run.manifest.sidecar
        headline = results.normalisers[0]
        return ComparedSide(
            label=self.label,
            run=self.name,
            run_digest=digest_of(record.identity),
            system=self.info,
            kind=record.kind,
            asr_fair_version=record.asr_fair_version,
            started_at=record.started_at,
            seed=record.identity.get("seed"),
            manifest_name=sidecar.name,
            manifest_version=sidecar.version,
            manifest_digest=record.identity["manifest"],
            audio_digest=record.identity.get("audio"),
            transcripts_digest=record.identity.get("transcripts"),
            batches_digest=record.identity.get("batches"),
            normaliser=headline,
            normaliser_version=results.normaliser_versions.get(headline),
            conditions=self.conditions,
            plan_digest=results.plan.digest,
        )


def split_name(text: str) -> tuple[Path, str | None]:
    """A run directory, and the system that is named behind a colon: RUN or RUN:SYSTEM.

    Both may hold colons themselves: the folder is the longest beginning that is one.
    """
    if Path(text).is_dir():
        return Path(text), None
    places = [place for place, sign in enumerate(text) if sign == ":"]
    for place in reversed(places):
        if Path(text[:place]).is_dir():
            return Path(text[:place]), text[place + 1 :]
    # Not a folder: `open_run` says so of what was most likely meant.
    return Path(text[: places[0]] if places else text), text[places[0] + 1 :] if places else None


def sides_of(a: StoredRun, b: StoredRun, system: str | None, other_system: str | None) -> tuple[Side, Side]:
    """A and B. Raises ConfigError where a system must be named, or where both are the same one."""
    infos = (_system_of(a, system), _system_of(b, other_system))
    if a.folder.resolve() == b.folder.resolve() and infos[0].name == infos[1].name:
        others = [one.name for one in a.record.systems if one.name != infos[0].name]
        remedy = f"Its other systems: {', '.join(others)}" if others else "It has no other: name another run"
        msg = f"{a.folder}: A and B are both its system {infos[0].name!r}. {remedy}"
        raise ConfigError(msg)
    for run in (a, b):
        run.require(Use.EVALUATE, why="a comparison of systems is an evaluation")
    found = (
        Side(run, info, f"{letter} ({info.name})")
        for run, info, letter in zip((a, b), infos, "AB", strict=True)
    )
    return next(found), next(found)


def _system_of(run: StoredRun, name: str | None) -> SystemInfo:
    known = {info.name: info for info in run.record.systems}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is None:
        first = next(iter(known))
        msg = (
            f"{run.folder}: holds {len(known)} systems: {', '.join(known)}. Name one of them behind a colon, "
            f"such as {run.folder}:{first}"
        )
        raise ConfigError(msg)
    if name not in known:
        kind = f"system of {run.folder}"
        raise UnknownNameError(kind, name, known, remedy="Name it behind the colon of RUN:SYSTEM")
    return known[name]


def common_conditions(a: Side, b: Side) -> tuple[tuple[ConditionInfo, ...], tuple[str, ...]]:
    """The conditions of both, as B's run tells of them, and what a reader must know of them.

    A condition is the same where name and recipe are; where transcripts were handed in, the recipe is not
    known and the name must do. Raises ConfigError where there is none.
    """
    ours, theirs = a.conditions, b.conditions
    in_both = [one for one in b.run.results.conditions if one.name in ours and one.name in theirs]
    other = [one.name for one in in_both if _is_another(ours[one.name], theirs[one.name])]
    common = tuple(one for one in in_both if one.name not in other)
    if not common:
        same = f"; {', '.join(other)}: of another recipe in each" if other else ""
        msg = (
            f"no condition is the same in both. A has {', '.join(ours)}; B has {', '.join(theirs)}{same}. "
            "Run both under the same conditions"
        )
        raise ConfigError(msg)
    return common, tuple(_condition_notes(a, b, [one.name for one in common], other))


def _is_another(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _condition_notes(a: Side, b: Side, common: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    ours, theirs = a.conditions, b.conditions
    if other:
        yield f"Left out, because their recipes differ between A and B: {listed(other)}."
    for letter, own, its in (("A", ours, theirs), ("B", theirs, ours)):
        if alone := [name for name in own if name not in its]:
            yield f"Left out, because only {letter} has them: {listed(alone)}."
    by_name = [name for name in common if name != CLEAN and None in (ours[name], theirs[name])]
    if by_name:
        yield (
            "Taken as the same by name alone, because what was done to the speech is known to those who "
            f"handed in the transcripts: {listed(by_name)}."
        )
    seeds = [side.run.record.identity.get("seed") for side in (a, b)]
    noisy = [name for name in common if name != CLEAN]
    if noisy and None not in seeds and seeds[0] != seeds[1]:
        yield (
            f"A was rendered with seed {seeds[0]} and B with seed {seeds[1]}: under the same condition each "
            "utterance had another stretch of noise. Part of a difference may be due to that."
        )
    sounds = [side.run.record.identity.get("audio") for side in (a, b)]
    if None not in sounds and sounds[0] != sounds[1]:
        yield (
            "The recordings of A and B are not all the same (other audio, or other utterances): compare "
            "their manifests before relying on this."
        )
