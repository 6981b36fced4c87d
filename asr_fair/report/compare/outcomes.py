"""Rows of a comparison by what they came to: fewer errors with B, more, as many, or nothing to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from asr_fair.fairness.results import ConditionInfo, SystemComparison, Verdict
from asr_fair.records import OVERALL
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import ConditionRows, Pair, is_judged, pairs_of


class Outcome(Enum):
    """What is told of a group; differences are of B less A."""

    MORE = "more errors with B"
    FEWER = "fewer errors with B"
    ALIKE = "equivalent"
    CANNOT_TELL = "cannot tell"
    TOO_FEW = "no verdict"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Found:
    """A group under a condition, and what its row came to."""

    condition: ConditionInfo
    row: SystemComparison
    outcome: Outcome

    @property
    def is_everyone(self) -> bool:
        """Whether it is of all speakers together."""
        return self.row.dimension == OVERALL


def outcome_of(shown: Shown, row: SystemComparison) -> Outcome:
    """What a row came to; the direction is that of the ratio, on which the verdict rests."""
    if row.verdict is None:
        return Outcome.NOT_JUDGED
    if not is_judged(shown, row):
        return Outcome.TOO_FEW
    match row.verdict:
        case Verdict.DISPARITY:
            return Outcome.FEWER if (row.ratio or 0.0) < 1 else Outcome.MORE
        case Verdict.EQUIVALENT:
            return Outcome.ALIKE
        case Verdict.CANNOT_TELL:
            return Outcome.CANNOT_TELL


def found_in(shown: Shown, where: ConditionRows) -> list[Found]:
    """All rows of a condition, everyone first."""
    return [Found(where.condition, row, outcome_of(shown, row)) for row in where.rows]


def the_pair(shown: Shown) -> Pair | None:
    """B and A with what may be shown of them; None where nothing may."""
    return next(iter(pairs_of(shown)), None)


def all_found(shown: Shown) -> list[list[Found]]:
    """By condition, in the order of reading."""
    pair = the_pair(shown)
    return [] if pair is None else [found_in(shown, where) for where in pair.conditions]


def of_groups(found: Sequence[Found], outcome: Outcome) -> list[Found]:
    """Those of single groups, not everyone, that came to `outcome`."""
    return [one for one in found if one.outcome is outcome and not one.is_everyone]
