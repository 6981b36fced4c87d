"""What the declared comparisons came to: cases of a group that had the same outcome stand together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import (
    Comparison,
    ConditionInfo,
    DimensionInfo,
    Figure,
    Robustness,
    Verdict,
)
from asr_fair.records import REST
from asr_fair.report.cells import (
    GAP,
    WER,
    group_names,
    groups_with_rates,
    headline_key,
    is_compared,
    other_side,
)
from asr_fair.report.redact import Shown

INTERVAL = re.compile(r"(?<=interval )\d+\.\d+ to \d+\.\d+ ")
"""The figures of an interval within a verdict's reason; without them reasons of many conditions are one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison under one condition, with the figures that a sentence names."""

    condition: ConditionInfo
    comparison: Comparison
    rate: Figure | None
    gap: float | None
    robustness: Robustness | None

    @property
    def common_reason(self) -> str:
        """Why the verdict, without the figures of this one condition."""
        return INTERVAL.sub("", self.comparison.reason)

    @property
    def is_higher(self) -> bool | None:
        """Whether the group has the higher WER; None where there is no ratio."""
        return None if self.comparison.ratio is None else self.comparison.ratio > 1


def same_outcomes(shown: Shown, dimension: DimensionInfo, system: str) -> list[list[Case]]:
    """Cases of every judged group that came to the same for the same reason, in the order of reading."""
    same: dict[tuple[str, Verdict, str, bool | None, bool], list[Case]] = {}
    for case in _cases(shown, dimension, system):
        one = case.comparison
        side = case.is_higher if one.verdict is Verdict.DISPARITY else None
        key = (one.group, one.verdict, case.common_reason, side, one.exploratory)
        same.setdefault(key, []).append(case)
    return list(same.values())


def compared_groups(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """Groups whose rates are shown and which are compared with another side."""
    return [name for name in groups_with_rates(shown, dimension) if is_compared(dimension, name)]


def judged_groups(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """Those of the compared groups that hold enough for a verdict."""
    seen = shown.visibility[dimension.name]
    return [name for name in compared_groups(shown, dimension) if seen[name] is Visibility.FULL]


def declared_groups(shown: Shown, dimension: DimensionInfo) -> list[str]:
    """All groups but the reserved ones, hidden ones too: to be counted, not to be named."""
    return [name for name in group_names(shown, dimension) if not dimension.is_reserved(name)]


def _cases(shown: Shown, dimension: DimensionInfo, system: str) -> Iterator[Case]:
    """Every comparison on which there may be a verdict; where two tell the same from both sides, one.

    A disparity is told from the side with the higher WER, anything else from the first side.
    """
    groups = judged_groups(shown, dimension)
    mirrored = other_side(dimension) == REST and len(declared_groups(shown, dimension)) == 2
    for condition in shown.results.conditions:
        found = (_case(shown, dimension, group, condition, system) for group in groups)
        cases = [case for case in found if case is not None]
        verdicts = {case.comparison.verdict for case in cases}
        if mirrored and verdicts == {Verdict.DISPARITY}:
            cases = [case for case in cases if case.is_higher] or cases
        elif mirrored and len(verdicts) == 1:
            cases = cases[:1]
        yield from cases


def _case(
    shown: Shown, dimension: DimensionInfo, group: str, condition: ConditionInfo, system: str
) -> Case | None:
    key = headline_key(shown, dimension, group, condition.name, system)
    comparison = shown.comparison(key, other_side(dimension))
    if comparison is None:
        return None
    gap = shown.figure(key, GAP, other_side(dimension))
    return Case(
        condition,
        comparison,
        shown.figure(key, WER),
        None if gap is None else gap.value,
        shown.robust(key, other_side(dimension)),
    )
