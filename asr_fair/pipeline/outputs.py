"""What a finished run leaves behind, and whether it lost more than it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_fair.fairness.results import Loss, Results
from asr_fair.pipeline.handing_out import public_for_card
from asr_fair.pipeline.stored_run import open_run
from asr_fair.records import OVERALL
from asr_fair.report import write_report
from asr_fair.report.redact import shown_in_report
from asr_fair.report.references import thin_references

LOSSES_SHOWN = 10


@dataclass(frozen=True)
class Finished:
    """The end of a run: files to open, warnings, and losses above `max_loss`, in words."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    excess_loss: str | None


def finish(results: Results, folder: Path, *, max_loss: float, notices: Sequence[str] = ()) -> Finished:
    """Write the report, the card and the tables, and judge the losses.

    `notices` are warnings for whoever runs this, about single recordings; the report does not hold them.
    """
    public = public_for_card(open_run(folder), results=results)
    files = write_report(results, public, folder)
    # A combination of three utterances is no group to judge a run by; those of its parts are.
    combined = {each.name for each in results.dimensions if each.parts}
    excess = [
        each
        for each in results.losses
        if each.dimension not in combined and _n_lost(each) > max_loss * each.n_expected
    ]
    # What is printed ends up in logs: the display rules hold there, too.
    seen = shown_in_report(results)
    shown = [each for each in seen.results.losses if each.dimension not in combined]
    return Finished(
        files=tuple(files),
        warnings=(*notices, *results.warnings, *thin_references(seen), *_in_words(shown)),
        excess_loss=_excess_in_words(len(excess), max_loss) if excess else None,
    )


def render_again(folder: Path) -> tuple[Path, ...]:
    """Write the report of a run directory again, from its `results.json`, with the consent of today."""
    run = open_run(folder)
    return tuple(write_report(run.results, public_for_card(run), folder))


def _n_lost(loss: Loss) -> int:
    return loss.n_errors + loss.n_missing


def _excess_in_words(n_excess: int, max_loss: float) -> str:
    return (
        f"more than max_loss ({max_loss:.1%}) of the outcomes are lost in {n_excess} rows of losses: see the "
        "warnings above and tables/losses.csv. The report is written and says so"
    )


def _in_words(losses: Sequence[Loss]) -> list[str]:
    """A line for each loss, everyone's first; of many, the first ones and how many more there are."""
    ordered = sorted(losses, key=lambda each: each.dimension != OVERALL)
    lines = [
        f"no transcript: {_n_lost(each)} of {each.n_expected} utterances of "
        f"{each.dimension}={each.group} under {each.condition}, {each.system} ({_reasons(each)})"
        for each in ordered[:LOSSES_SHOWN]
    ]
    if len(ordered) > LOSSES_SHOWN:
        lines.append(f"no transcript: {len(ordered) - LOSSES_SHOWN} more rows in tables/losses.csv")
    return lines


def _reasons(loss: Loss) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(loss.reasons.items()))
