"""The comparisons that a plan declares together: their verdicts, intervals that hold together, and p-values.

A family is all comparisons of one dimension in all declared conditions of one system, under one normaliser;
of a dimension within the levels of another, those of all levels; across dimensions, each has its share of the
error (`declared.family_shares`). Families under the headline normaliser are what a plan declares; the others
show how far verdicts depend on it. Comparisons in other conditions are exploratory: a family of their own,
with the same share of the error, so that what nobody declared is not found more easily for it, and p-values
adjusted by Benjamini & Hochberg.

Where two groups are each the rest of the other there is one contrast, told from both sides: each side is a
family of its own, of the same size. All families have the same draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.slices import Column
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.display import Visibility, for_report
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG
from asr_fair.fairness.estimates.gaps import both_sides
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.arrangements import N_ARRANGEMENTS, draws_for_family
from asr_fair.fairness.permutations.pairs import Pair, PairTest
from asr_fair.fairness.planning.power import smallest_ratio_seen
from asr_fair.fairness.resampling.multiplicity import (
    BENJAMINI_HOCHBERG,
    HOLM,
    Simultaneous,
    benjamini_hochberg,
    holm,
    simultaneous_confidence,
    simultaneous_on_scales,
)
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import Comparison, DimensionInfo
from asr_fair.fairness.verdicts.judgement import judge


class _Family(NamedTuple):
    """Comparisons whose intervals hold together; `exploratory`: not declared before the first count."""

    members: Sequence[tuple[Pair, int]]
    exploratory: bool


class _Both(NamedTuple):
    """The simultaneous intervals of one comparison: of its ratio, on which the verdict rests, and its gap."""

    ratio: Simultaneous
    gap: Simultaneous


@dataclass(frozen=True, eq=False)
class Families:
    """Makes the comparisons of one dimension in the `places` that are judged, among `columns`.

    `tests`: of every pair, by its dimension and group (`pairs.pair_tests`, `group_tests`), in the places of
    the headline normaliser; the others have a verdict without p-value. `declared`: the conditions whose
    comparisons the plan declares. `share`: of the error of a family that spans several dimensions, what this
    one may spend.
    """

    dimension: Dimension
    columns: Sequence[Column]
    places: Sequence[int]
    blocks: Sequence[Integers]
    tests: Mapping[tuple[str, str], PairTest]
    limits: Thresholds
    declared: Collection[str]
    share: float = 1.0

    def comparisons(self, pairs: Sequence[Pair], *, mirrored: bool) -> Iterator[Comparison]:
        """The comparison of every pair in every place, family by family."""
        if not pairs:
            return
        told = _by_group(pairs) if mirrored else [pairs]
        families = [
            _Family([(pair, place) for pair in members for place in places], exploratory)
            for exploratory in (False, True)
            for members in told
            for places in self._places_together(exploratory=exploratory)
        ]
        ratios, gaps = simultaneous_on_scales(
            [
                [both_sides(pair.own.cells[place], pair.other.cells[place]) for pair, place in family.members]
                for family in families
            ],
            (LOG, LINEAR),
            self.blocks,
            confidence=simultaneous_confidence(self.limits.confidence, 1 / self.share),
            n_draws=self.limits.n_draws,
            seed=SEED,
            purpose=f"speakers of {self.dimension.name}",
        )
        for family, *intervals in zip(families, ratios, gaps, strict=True):
            yield from self._family(family, list(map(_Both, *intervals)))

    def _family(self, family: _Family, intervals: Sequence[_Both]) -> Iterator[Comparison]:
        p_values = [self.tests[pair[:2]].p(place) for pair, place in family.members]
        adjusted = self._adjusted(p_values, exploratory=family.exploratory)
        for (pair, place), both, p in zip(family.members, intervals, adjusted, strict=True):
            yield self._comparison(pair, place, both, p, family)

    def _adjusted(self, p_values: Sequence[float | None], *, exploratory: bool) -> list[float | None]:
        """By Benjamini & Hochberg for exploration; else by Holm, over all dimensions of the family."""
        if exploratory:
            return benjamini_hochberg(p_values)
        return [None if p is None else min(p / self.share, 1.0) for p in holm(p_values)]

    def _places_together(self, *, exploratory: bool) -> list[list[int]]:
        """Places of one normaliser and system."""
        found: dict[tuple[str, str], list[int]] = {}
        for place in self.places:
            column = self.columns[place]
            if (column.condition not in self.declared) is exploratory:
                found.setdefault((column.normaliser, column.system), []).append(place)
        return list(found.values())

    def _comparison(
        self,
        pair: Pair,
        place: int,
        both: _Both,
        p_adjusted: float | None,
        family: _Family,
    ) -> Comparison:
        found = judge(both.ratio, pair.own.cells[place], pair.other.cells[place], limits=self.limits)
        low, high = both.ratio.bounds or (None, None)
        gap_low, gap_high = both.gap.bounds or (None, None)
        test = self.tests[pair[:2]]
        return Comparison(
            dimension=pair.dimension,
            group=pair.group,
            versus=pair.versus,
            **self.columns[place]._asdict(),
            verdict=found.verdict,
            reason=found.reason,
            ratio=both.ratio.contrast.value,
            low=low,
            high=high,
            method=both.ratio.method,
            gap=both.gap.contrast.value,
            gap_low=gap_low,
            gap_high=gap_high,
            gap_method=both.gap.method,
            family_size=round(len(family.members) / self.share),
            exploratory=family.exploratory,
            smallest_ratio=smallest_ratio_seen(both.ratio) if found.is_possible else None,
            p_value=test.p(place),
            p_method=test.method(place),
            p_adjusted=p_adjusted,
            p_adjustment=None if p_adjusted is None else BENJAMINI_HOCHBERG if family.exploratory else HOLM,
        )


def _by_group(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs of each group, over all levels."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.group, []).append(pair)
    return list(found.values())


def n_arrangements(
    pairs: Sequence[Pair],
    columns: Iterable[Column],
    n_draws: int,
    *,
    mirrored: bool,
    share: float = 1.0,
) -> int:
    """Arrangements of the tests of a family: enough for Holm, but above `N_ARRANGEMENTS` only if wanted."""
    if not pairs:  # nor, perhaps, a share of the error
        return n_draws
    told = _by_group(pairs) if mirrored else [pairs]
    n_conditions = len({column.condition for column in columns})
    enough = draws_for_family(n_draws, max(map(len, told)) * n_conditions / share)
    return max(n_draws, min(enough, N_ARRANGEMENTS))


def with_enough(dimension: DimensionInfo, limits: Thresholds) -> set[str]:
    """Groups with speakers and words enough for a verdict: the family of an intersection, or of levels.

    Combinations are many and most are small: counted in, they would widen the intervals of all others. How
    many speakers and words a group has says nothing of its errors, so that leaving it out picks no result.
    """
    return {name for name, seen in for_report(dimension, limits).items() if seen is Visibility.FULL}
