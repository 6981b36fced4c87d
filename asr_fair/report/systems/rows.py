"""Rows of compared systems as the report reads them: by two systems, then by condition, then by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import ConditionInfo, SystemComparison
from asr_fair.records import OVERALL
from asr_fair.report.redact import Shown


@dataclass(frozen=True, slots=True)
class ConditionRows:
    """What may be shown of two systems in one condition, in the order of the results."""

    condition: ConditionInfo
    rows: Sequence[SystemComparison]

    @property
    def everyone(self) -> SystemComparison | None:
        """The row of all speakers together."""
        return next((row for row in self.rows if row.dimension == OVERALL), None)

    def of(self, dimension: str) -> list[SystemComparison]:
        """The rows of one dimension."""
        return [row for row in self.rows if row.dimension == dimension]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems, and their rows in each condition, in the order of reading; never empty."""

    system: str
    other_system: str
    conditions: Sequence[ConditionRows]


def pairs_of(shown: Shown) -> list[Pair]:
    """Every two systems of which something may be shown."""
    by_pair: dict[tuple[str, str], dict[str, list[SystemComparison]]] = {}
    for row in shown.system_comparisons:
        conditions = by_pair.setdefault((row.system, row.other_system), {})
        conditions.setdefault(row.condition, []).append(row)
    return [
        Pair(
            *names,
            [
                ConditionRows(condition, found[condition.name])
                for condition in shown.results.conditions
                if condition.name in found
            ],
        )
        for names, found in by_pair.items()
    ]


def is_judged(shown: Shown, row: SystemComparison) -> bool:
    """Whether there is enough of a group for a verdict, and it is one that is judged."""
    return row.verdict is not None and shown.visibility[row.dimension][row.group] is Visibility.FULL


def gap_excludes_zero(row: SystemComparison) -> bool:
    """Whether the gap differs between the two systems by the interval that holds for all of its family."""
    gap = row.gap_difference
    if gap is None or gap.simultaneous_low is None or gap.simultaneous_high is None:
        return False
    return gap.simultaneous_low > 0 or gap.simultaneous_high < 0
