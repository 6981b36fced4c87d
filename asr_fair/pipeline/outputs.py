"""What a finished run leaves behind, and whether it lost more than it may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_fair.fairness.results import Loss, Results
from asr_fair.pipeline.handing_out import public_for_card
from asr_fair.pipeline.stored_run import open_run
from asr_fair.records import OVERALL
from asr_fair.report import write_report
from asr_fair.report.redact import shown_in_report
from asr_fair.report.references import thin_references


@dataclass(frozen=True)
class GroupLosses:
    """Outcomes of a group that are missing or failed, of all that it should have had."""

    dimension: str
    group: str
    n_lost: int
    n_expected: int
    """Utterances × conditions × systems."""
    largest_share: float
    """Under one condition, by one system: what `max_loss` is held against."""
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Finished:
    """The end of a run: files to open, warnings, losses per group, and those above `max_loss` in words."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    losses: tuple[GroupLosses, ...]
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
        warnings=(*notices, *results.warnings, *thin_references(seen)),
        losses=_per_group(shown, len({(each.condition, each.system) for each in results.figures})),
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
        "table above and tables/losses.csv. The report is written and says so"
    )


def _per_group(losses: Sequence[Loss], n_pairs: int) -> tuple[GroupLosses, ...]:
    """Over all conditions and systems, everyone first; `n_pairs`: of a condition and a system."""
    by_group: dict[tuple[str, str], list[Loss]] = {}
    for each in sorted(losses, key=lambda each: each.dimension != OVERALL):
        by_group.setdefault((each.dimension, each.group), []).append(each)
    return tuple(
        GroupLosses(
            dimension=dimension,
            group=group,
            n_lost=sum(map(_n_lost, own)),
            # Nothing may have come out of a pair, and then there are no figures of it.
            n_expected=own[0].n_expected * max(n_pairs, len(own)),
            largest_share=max(_n_lost(each) / each.n_expected for each in own),
            reasons=sum((Counter(each.reasons) for each in own), Counter()),
        )
        for (dimension, group), own in by_group.items()
    )
