"""What was lost of each group, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from asr_fair.cli.terminal import aligned
from asr_fair.records import OVERALL

if TYPE_CHECKING:
    from asr_fair.pipeline.outputs import GroupLosses

SHOWN = 20
HEADINGS = ("group", "lost", "of", "at most", "reasons")


def losses_lines(losses: Sequence[GroupLosses]) -> Iterator[str]:
    """A line for each group that lost something; of many, the first ones and how many more there are."""
    if not losses:
        return
    rows = [HEADINGS, *(_row(each) for each in losses[:SHOWN])]
    yield "lost: utterances without a transcript, over all conditions and systems (at most: of one of each)"
    yield from aligned(rows, left=(0, 4))
    if len(losses) > SHOWN:
        yield f"  and {len(losses) - SHOWN} more groups in tables/losses.csv"


def _row(losses: GroupLosses) -> tuple[str, ...]:
    everyone = losses.dimension == OVERALL
    return (
        "everyone" if everyone else f"{losses.dimension}={losses.group}",
        f"{losses.n_lost:,}",
        f"{losses.n_expected:,}",
        f"{losses.largest_share:.1%}",
        ", ".join(f"{reason} {count:,}" for reason, count in sorted(losses.reasons.items())),
    )
