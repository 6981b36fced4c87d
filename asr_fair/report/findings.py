"""Findings in words: what each declared comparison came to, for a reader who opens no table.

One finding tells a group's comparison under all conditions that had the same outcome. Disparities come first,
those at a group's cost before those to its gain; then what cannot be told, then equivalence; in each the
dimensions by themselves, then their intersections, then levels of a control. What is exploratory comes after
all that was declared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from asr_fair.fairness.results import Control, DimensionInfo, Verdict
from asr_fair.report.cell_links import utterances_of
from asr_fair.report.cells import group_info, headline_key, other_side
from asr_fair.report.finding_texts import (
    no_level_text,
    nothing_text,
    outcome_text,
    too_few_text,
    unclear_levels_text,
)
from asr_fair.report.links import Utterances
from asr_fair.report.outcomes import Case, compared_groups, judged_groups, same_outcomes
from asr_fair.report.redact import Shown

ORDER = (Verdict.DISPARITY, Verdict.CANNOT_TELL, Verdict.EQUIVALENT)


class Kind(IntEnum):
    """What findings of one verdict are told of, in the order of reading."""

    DIMENSION = 0
    INTERSECTION = 1
    LEVEL = 2


Rank: TypeAlias = tuple[bool, int, bool, Kind, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """What can be said of one comparison, or why nothing can.

    `lead` tells the first of `conditions` with its figures, `more` the others and what else must be known;
    `asks` for the utterances behind the lead. Where groups have no verdict at
    all, `groups` holds those that may be named, and `system` is None: it is so for all systems. `versus` is
    None where nothing of the dimension may be compared.
    """

    dimension: str
    groups: tuple[str, ...]
    versus: str | None
    conditions: tuple[str, ...]
    system: str | None
    verdict: Verdict
    lead: str
    more: str = ""
    asks: Utterances | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.lead} {self.more}".strip()


def findings(shown: Shown) -> tuple[Finding, ...]:
    """All that can be said in words, in the order of reading; empty where the run has no dimension."""
    found: list[tuple[Rank, Finding]] = []
    for dimension in shown.results.dimensions:
        kind = Kind.INTERSECTION if dimension.parts else Kind.DIMENSION
        told = [
            (_rank(cases, kind), _finding(shown, dimension, system.name, cases))
            for system in shown.results.systems
            for cases in same_outcomes(shown, dimension, system.name)
        ]
        # After what was judged and came to the same verdict: that says more.
        last = _last(shown, kind)
        found += [*told, *((last, one) for one in _unjudged(shown, dimension, has_others=bool(told)))]
    for control in shown.results.controls:
        found += _within(shown, control)
    return tuple(finding for _, finding in sorted(found, key=lambda ranked: ranked[0]))


def more_words(rest: Sequence[Finding]) -> str:
    """What findings after the first ones say: how many of each verdict."""
    counts = {verdict: sum(one.verdict is verdict for one in rest) for verdict in ORDER}
    found = ", ".join(f"{verdict.in_words} {n:,}" for verdict, n in counts.items() if n)
    return f"{len(rest):,} more: {found}"


def _rank(cases: Sequence[Case], kind: Kind) -> Rank:
    """Declared ones first; disparities at a group's cost first, then by the gap that is told; others as they
    stand in the results.
    """
    lead = cases[0]
    one, is_disparity = lead.comparison, lead.comparison.verdict is Verdict.DISPARITY
    size = abs(lead.gap or 0.0) if is_disparity else 0.0
    return one.exploratory, ORDER.index(one.verdict), is_disparity and lead.is_higher is False, kind, -size


def _last(shown: Shown, kind: Kind) -> Rank:
    """After all that cannot be told of its kind."""
    return shown.results.plan.exploratory, ORDER.index(Verdict.CANNOT_TELL), False, kind, math.inf


def _finding(shown: Shown, dimension: DimensionInfo, system: str, cases: Sequence[Case]) -> Finding:
    comparison = cases[0].comparison
    conditions = tuple(case.condition.name for case in cases)
    lead, more = outcome_text(shown, dimension, system, cases)
    key = headline_key(shown, dimension, comparison.group, conditions[0], system)
    return Finding(
        dimension=dimension.name,
        groups=(comparison.group,),
        versus=comparison.versus,
        conditions=conditions,
        system=system,
        verdict=comparison.verdict,
        lead=lead,
        more=more,
        asks=utterances_of(shown.results, dimension, key),
    )


def _within(shown: Shown, control: Control) -> Iterator[tuple[Rank, Finding]]:
    """What was found in levels, and for each system of how many comparisons nothing can be told."""
    last = _last(shown, Kind.LEVEL)
    has_any = False
    for system in shown.results.systems:
        same = [
            (level.cells, cases)
            for level in control.levels
            for cases in same_outcomes(shown, level.cells, system.name)
        ]
        has_any = has_any or bool(same)
        unclear = 0
        for cells, cases in same:
            if cases[0].comparison.verdict is Verdict.CANNOT_TELL:
                unclear += len(cases)
            else:
                yield _rank(cases, Kind.LEVEL), _finding(shown, cells, system.name, cases)
        if unclear:
            whole = sum(len(cases) for _, cases in same)
            text = unclear_levels_text(control, system.name, n_unclear=unclear, n_all=whole)
            yield last, _of_levels(shown, control, system.name, text)
    if not has_any:
        yield last, _of_levels(shown, control, None, no_level_text(shown, control))


def _of_levels(shown: Shown, control: Control, system: str | None, text: str) -> Finding:
    return Finding(
        dimension=f"{control.dimension} | {control.within}",
        groups=(),
        versus=None,
        conditions=tuple(condition.name for condition in shown.results.conditions),
        system=system,
        verdict=Verdict.CANNOT_TELL,
        lead=text,
    )


def _unjudged(shown: Shown, dimension: DimensionInfo, *, has_others: bool) -> Iterator[Finding]:
    """The groups without any verdict: those that are too small, or all where no other group has one."""
    judged = judged_groups(shown, dimension) if has_others else ()
    names = [name for name in compared_groups(shown, dimension) if name not in judged]
    groups = [group for name in names if (group := group_info(dimension, name)) is not None]
    if has_others and not groups:
        return
    yield Finding(
        dimension=dimension.name,
        groups=tuple(names),
        versus=other_side(dimension) if has_others else None,
        conditions=tuple(condition.name for condition in shown.results.conditions),
        system=None,
        verdict=Verdict.CANNOT_TELL,
        lead=too_few_text(shown, dimension, groups) if has_others else nothing_text(shown, dimension),
    )
