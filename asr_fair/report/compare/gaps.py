"""Which gaps narrowed or widened from A to B, and on which side: one can close because one side got worse.

What either side changed is read from the same figures: the gap's change is the group's change less that of
what it is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr_fair.fairness.results import GapDifference, SystemComparison
from asr_fair.records import REST
from asr_fair.report import wording
from asr_fair.report.compare.outcomes import Found
from asr_fair.report.finding_texts import quoted
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import gap_excludes_zero, is_judged

SEEN = 0.0005
"""A twentieth of a point: smaller changes are written as 0.0."""
NARROWED, WIDENED, TURNED = "narrowed", "widened", "changed sides"


@dataclass(frozen=True, slots=True)
class GapChange:
    """How one gap changed; `own` and `others` are the changes of the WER on its two sides."""

    found: Found
    before: float
    after: float
    own: float
    others: float
    part: GapDifference

    @property
    def kind(self) -> str:
        """Narrowed, widened, or the other side has the higher WER now."""
        if self.before * self.after < 0:
            return TURNED
        return NARROWED if abs(self.after) < abs(self.before) else WIDENED

    @property
    def sides(self) -> tuple[tuple[str, float], tuple[str, float]]:
        """The side with the higher WER before and the other one, each with its change."""
        group = (quoted(self.found.row.group), self.own)
        others = (_versus(self.part), self.others)
        return (group, others) if self.before > 0 else (others, group)


def gap_changes(shown: Shown, found: Sequence[Found]) -> list[GapChange]:
    """Gaps whose change is told by the interval that holds for all of its family, the largest first.

    Of two groups, each the rest of the other, the one with the higher WER before is told.
    """
    changes = [change for one in found if (change := _change(shown, one)) is not None]
    changes = [one for one in changes if not _is_mirror(one, changes)]
    return sorted(changes, key=lambda one: -abs(one.after - one.before))


def has_gaps(shown: Shown, found: Sequence[Found]) -> bool:
    """Whether there is any group of whose gap something might be told."""
    return any(is_judged(shown, one.row) and one.row.gap_difference is not None for one in found)


def _change(shown: Shown, found: Found) -> GapChange | None:
    row = found.row
    part, own = row.gap_difference, row.difference.value
    if part is None or own is None or not is_judged(shown, row) or not gap_excludes_zero(row):
        return None
    if part.gap is None or part.other_gap is None or part.value is None:
        return None
    return GapChange(found, part.other_gap, part.gap, own, own - part.value, part)


def _is_mirror(change: GapChange, changes: Sequence[GapChange]) -> bool:
    """Whether another one tells the same contrast from its other side, which had the higher WER before."""
    row = change.found.row
    return change.part.versus == REST and any(
        other is not change
        and (other.found.row.dimension, other.found.row.condition) == (row.dimension, row.condition)
        and other.part.versus == REST
        and other.before == -change.before > 0
        for other in changes
    )


def gap_sentence(change: GapChange, place: str) -> str:
    """One gap in words, with the change on either side and, where errors rose, that they did."""
    row, part = change.found.row, change.part
    label = wording.exploratory_label(row)
    bounds = wording.interval(part.simultaneous_low, part.simultaneous_high, wording.points_number)
    first, second = change.sides
    start = (
        f"{place} beside {_versus(part)}: the gap {change.kind}{label}, from "
        f"{wording.points_number(change.before)} to {wording.points(change.after)} (change "
        f"{wording.points_number(part.value or 0.0)} {bounds}); "
        f"the WER changed by {wording.points(first[1])} for {first[0]} and by "
        f"{wording.points(second[1])} for {second[0]}."
    )
    return " ".join([start, *_how(change)])


def _how(change: GapChange) -> Iterator[str]:
    """What a reader of the gap alone would miss."""
    (higher, its), (lower, other) = change.sides
    if change.kind in (NARROWED, TURNED) and other > SEEN:
        if its >= -SEEN:
            yield f"Nobody gained: it {change.kind} only in that errors rose for {lower}."
        else:
            yield f"It {change.kind} in part because errors rose for {lower}."
    if change.kind == WIDENED and its < -SEEN:
        yield f"Errors fell on both sides, but less for {higher}."


def _versus(part: GapDifference) -> str:
    return wording.versus_words(REST) if part.versus == REST else quoted(part.versus)


def gap_direction(row: SystemComparison) -> str:
    """For a table: what the gap did where that is told; empty elsewhere."""
    part = row.gap_difference
    if part is None or part.gap is None or part.other_gap is None or not gap_excludes_zero(row):
        return ""
    if part.gap * part.other_gap < 0:
        return TURNED
    return NARROWED if abs(part.gap) < abs(part.other_gap) else WIDENED
