"""What a finished run leaves behind, and whether it lost more than it may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asr_fair.errors import ConfigError
from asr_fair.fairness.results import Loss, Results, read_results
from asr_fair.report import write_report


@dataclass(frozen=True)
class Finished:
    """The end of a run: files to open, warnings, and losses above `max_loss`, in words."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    excess_losses: tuple[str, ...]


def finish(results: Results, folder: Path, *, max_loss: float) -> Finished:
    """Write the report, the card and the tables, and judge the losses."""
    files = write_report(results, folder)
    lost = [each for each in results.losses if each.n_errors + each.n_missing]
    excess = [each for each in lost if (each.n_errors + each.n_missing) > max_loss * each.n_expected]
    return Finished(
        files=tuple(files),
        warnings=(*results.warnings, *_in_words(lost, "no transcript")),
        excess_losses=tuple(_in_words(excess, f"more than max_loss ({max_loss:.1%}) lost")),
    )


def render_again(folder: Path) -> tuple[Path, ...]:
    """Write the report of a run directory again, from its `results.json`."""
    path = folder / "results.json"
    if not path.is_file():
        msg = f"{folder}: holds no results.json. Name a run directory that `run` or `score` finished"
        raise ConfigError(msg)
    try:
        results = read_results(path)
    except ValueError as error:
        msg = f"{path}: was not written by this version of asr-fair. Run or score again"
        raise ConfigError(msg) from error
    return tuple(write_report(results, folder))


def _in_words(losses: Iterable[Loss], what: str) -> list[str]:
    return [
        f"{what}: {each.n_errors + each.n_missing} of {each.n_expected} utterances of "
        f"{each.dimension}={each.group} under {each.condition}, {each.system}{_reasons(each)}"
        for each in losses
    ]


def _reasons(loss: Loss) -> str:
    listed = ", ".join(f"{reason} {count}" for reason, count in sorted(loss.reasons.items()))
    return f" ({listed})" if listed else ""
