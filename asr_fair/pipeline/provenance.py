"""`run.json`: what ran, on what, with which versions; and whose a run directory is."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from asr_fair import __version__
from asr_fair.config import Plan
from asr_fair.errors import ConfigError, RunConflictError
from asr_fair.fairness.results import SystemInfo
from asr_fair.files import LOCK_NAME, locked, write_text
from asr_fair.pipeline.stored_plans import StoredPlans, as_written, plan_digest
from asr_fair.validation import Strict

RECORD_NAME = "run.json"
COUNTS_NAME = "counts.parquet"
EXPORT_MARK = "asr-fair-export.json"
"""Stands in a folder that `view --export` wrote, which the run does not know of."""
_REUSED = (
    ". Unless the cache was switched off, no audio is transcribed again that the same system has heard in "
    "the same condition"
)
PACKAGES = (
    "audiomentations",
    "av",
    "ctranslate2",
    "dask",
    "faster-whisper",
    "jiwer",
    "numpy",
    "numpy-audio-limiter",
    "openai-whisper",
    "pandas",
    "pyroomacoustics",
    "rapidfuzz",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "torchaudio",
)


class Machine(Strict):
    """Where a run took place; no host name, no user name."""

    platform: str
    python: str
    cpu_count: int
    gpus: tuple[str, ...] = ()


class Forgotten(Strict):
    """Somebody was taken out of a run; who it was is not said."""

    at: datetime
    heard_in: tuple[str, ...] = Field(
        default=(), description="conditions in whose babble the voice was, when others were transcribed"
    )


class RunRecord(StoredPlans):
    """`run.json`; what decides over the counts stands in `identity`, over the statistics in plans."""

    kind: Literal["run", "score"]
    asr_fair_version: str = __version__
    started_at: datetime
    identity: dict[str, str] = Field(description="digests: configuration, manifest, transcripts, ...")
    configuration: dict[str, Any]
    systems: tuple[SystemInfo, ...]
    conditions: dict[str, str | None] = Field(description="digest of each condition's recipe")
    recipes: tuple[dict[str, Any], ...] = Field(
        default=(), description="profiles, rooms and handsets as they were: version, licence, every figure"
    )
    normaliser_versions: dict[str, str]
    packages: dict[str, str]
    commit: str | None = None
    commit_is_dirty: bool | None = None
    machine: Machine
    forgotten: tuple[Forgotten, ...] = Field(default=(), description="people who were taken out")
    caches: tuple[str, ...] = Field(
        default=(), description="folders in which its transcripts are kept for other runs"
    )

    def with_caches_of(self, other: RunRecord) -> RunRecord:
        """The record with the caches of a start that continues it: `forget` must find them all."""
        if set(other.caches) <= set(self.caches):
            return self
        return self.model_copy(update={"caches": tuple(dict.fromkeys((*self.caches, *other.caches)))})


def new_record(
    *,
    kind: Literal["run", "score"],
    identity: dict[str, str],
    plan: Plan,
    configuration: dict[str, Any],
    systems: tuple[SystemInfo, ...],
    conditions: dict[str, str | None],
    normaliser_versions: dict[str, str],
    recipes: tuple[dict[str, Any], ...] = (),
    caches: tuple[str, ...] = (),
) -> RunRecord:
    """The record of a run that starts now, on this machine, with these packages."""
    commit, dirty = source_commit(Path(__file__).parents[2])
    started = now()
    return RunRecord(
        kind=kind,
        started_at=started,
        identity=identity,
        plan_digest=plan_digest(plan),
        plan_stored_at=started,
        plan=as_written(plan),
        configuration=configuration,
        systems=systems,
        conditions=conditions,
        recipes=recipes,
        normaliser_versions=normaliser_versions,
        packages=package_versions(),
        commit=commit,
        commit_is_dirty=dirty,
        machine=machine(),
        caches=caches,
    )


@contextmanager
def claimed_directory(folder: Path, record: RunRecord) -> Iterator[RunRecord]:
    """A run directory for this process alone, with its `run.json`.

    A new directory gets `record`; one with the same identity keeps the record that it has, to which a plan
    that is not yet in it is added, with its time, before anything is computed. Raises
    RunConflictError, naming what differs, for a directory that another configuration made, for one that
    holds other files, and for one that another process is writing; ConfigError where none can be made.
    """
    path = folder / RECORD_NAME
    _refuse_foreign(folder, record)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder}: no folder can be made there ({error.strerror}). Name another output"
        raise ConfigError(msg) from error
    with locked(folder):
        earlier = read_record(path) if path.is_file() else None
        counted = (folder / COUNTS_NAME).is_file()
        kept = record
        if earlier is not None:
            kept = earlier.with_plan_of(record, counted=counted).with_caches_of(record)
        if kept is not earlier:
            write_text(kept.model_dump_json(indent=1) + "\n", path)
        yield read_record(path)


def _refuse_foreign(folder: Path, record: RunRecord) -> None:
    """Raise RunConflictError unless `folder` is new, empty, or of the same identity as `record`."""
    if not (folder / RECORD_NAME).is_file():
        if folder.is_dir() and any(path.name != LOCK_NAME for path in folder.iterdir()):
            msg = f"{folder}: is not empty and no run made it. Name another output"
            raise RunConflictError(msg)
        return
    earlier = read_record(folder / RECORD_NAME)
    differing = sorted(
        key
        for key in (earlier.identity.keys() | record.identity.keys()) - {"plan"}  # in those of version 0.1.0
        if earlier.identity.get(key) != record.identity.get(key)
    )
    if earlier.kind != record.kind:
        differing = [f"made by `{earlier.kind}`", *differing]
    if differing == ["conditions"] and any(each.heard_in for each in earlier.forgotten):
        msg = (
            f"{folder}: a speaker was taken out whose voice is in its babble, which would now be of other "
            "voices. Name another output to make it anew; what is there can be used as it is"
        )
        raise RunConflictError(msg)
    if differing == ["manifest"]:
        msg = (
            f"{folder}: the manifest or its sidecar has changed since (different: manifest). Results must "
            "not mix both. Keep that folder and name another by --out, or remove it and begin anew"
            f"{_REUSED if record.kind == 'run' else ''}"
        )
        raise RunConflictError(msg)
    if differing:
        msg = (
            f"{folder}: was made by another configuration (different: {', '.join(differing)}). "
            f"Name another output, or remove that folder{_REUSED if record.kind == 'run' else ''}"
        )
        raise RunConflictError(msg)


def read_record(path: Path) -> RunRecord:
    """The record in a `run.json`. Raises RunConflictError where another version wrote it."""
    try:
        return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{path}: was not written by this version of asr-fair ({__version__}). Name another output"
        raise RunConflictError(msg) from error


def now() -> datetime:
    """The time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a figure, as far as they are installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def machine() -> Machine:
    """What runs here; GPUs are named only where torch is loaded already, because asking would load it."""
    torch = sys.modules.get("torch")
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch else []
    return Machine(
        platform=platform.platform(),
        python=platform.python_version(),
        cpu_count=os.cpu_count() or 1,
        gpus=tuple(gpus),
    )


def source_commit(folder: Path) -> tuple[str | None, bool | None]:
    """Commit of the checkout this package runs from and whether it is dirty; (None, None) when installed."""
    if not (folder / ".git").exists():
        return None, None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None, None
    return commit, bool(changes)


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)  # noqa: S603
    return answer.stdout.strip()
