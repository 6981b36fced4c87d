"""A comparison from its command line to its files: two runs are read, compared, and written about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from asr_fair.config import Plan
from asr_fair.errors import ConfigError, RunConflictError
from asr_fair.fairness.results import ComparedRuns, read_compared
from asr_fair.files import LOCK_NAME, locked
from asr_fair.pipeline.compare import compare_runs
from asr_fair.pipeline.compare_sides import split_name
from asr_fair.pipeline.stored_run import open_run
from asr_fair.report.compare.write import JSON_NAME, write_comparison

LONGEST_NAME = 60
"""Of a run or a system in the name of a folder."""


@dataclass(frozen=True)
class Written:
    """A comparison and the files to open, the page first."""

    compared: ComparedRuns
    files: tuple[Path, ...]


def compare(
    a: str, b: str, *, out: Path | None = None, plan: Plan | None = None, plan_source: str = "plan"
) -> Written:
    """Compare `a` (before) with `b` (after), each RUN or RUN:SYSTEM, and write what was found into `out`.

    Without `out`, a folder beside run B that both sides name. Raises AsrFairError before anything is
    written: see `compare_runs`; and RunConflictError for a folder that holds anything else.
    """
    (folder, system), (other_folder, other_system) = split_name(a), split_name(b)
    compared = compare_runs(
        open_run(folder),
        open_run(other_folder),
        system=system,
        other_system=other_system,
        plan=plan,
        plan_source=plan_source,
    )
    target = other_folder.resolve().parent / default_name(compared) if out is None else out
    _refuse_foreign(target, compared)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{target}: no folder can be made there ({error.strerror}). Name another one with --out"
        raise ConfigError(msg) from error
    with locked(target):
        return Written(compared, tuple(write_comparison(compared, target)))


def default_name(compared: ComparedRuns) -> str:
    """Name of the folder of a comparison: that of both runs, of one run those of both systems."""
    a, b = compared.a, compared.b
    if (a.run, a.run_digest) == (b.run, b.run_digest):
        return f"compare-{_plain(a.run)}-{_plain(a.system.name)}-to-{_plain(b.system.name)}"
    return f"compare-{_plain(a.run)}-to-{_plain(b.run)}"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-.")[:LONGEST_NAME] or "run"


def _refuse_foreign(folder: Path, compared: ComparedRuns) -> None:
    """Raise RunConflictError unless `folder` is new, empty, or holds this comparison from an earlier time."""
    if folder.exists() and not folder.is_dir():
        msg = f"{folder}: is a file. Name a folder with --out"
        raise RunConflictError(msg)
    if not folder.is_dir() or all(path.name == LOCK_NAME for path in folder.iterdir()):
        return
    path = folder / JSON_NAME
    if not path.is_file():
        msg = f"{folder}: holds other files and no comparison. Name another folder with --out"
        raise RunConflictError(msg)
    try:
        earlier = read_compared(path)
    except ValueError as error:
        msg = f"{path}: was not written by this version of asr-fair. Name another folder with --out"
        raise RunConflictError(msg) from error
    if _identity(earlier) != _identity(compared):
        msg = (
            f"{folder}: holds the comparison of {_words(earlier)}. Name another folder with --out, or remove "
            "that one"
        )
        raise RunConflictError(msg)


def _identity(compared: ComparedRuns) -> tuple[str, ...]:
    sides = (compared.a, compared.b)
    return (
        *(text for side in sides for text in (side.run_digest, side.system.name)),
        compared.results.plan.digest,
    )


def _words(compared: ComparedRuns) -> str:
    a, b = (f"{side.run}:{side.system.name}" for side in (compared.a, compared.b))
    return f"{a} with {b} under plan {compared.results.plan.digest[:12]}"
