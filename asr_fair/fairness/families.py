"""The comparisons that a plan declares together: their verdicts, intervals that hold together, and p-values.

A family is all comparisons of one dimension in all conditions of one system, under the headline normaliser;
of a dimension within the levels of another, those of all levels.
Where two groups are each the rest of the other there is one contrast, told from both sides: each side is a
family of its own, of the same size and with the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from asr_fair.config import Thresholds
from asr_fair.fairness.alignment import speakers_of
from asr_fair.fairness.bootstrap import resampling_blocks
from asr_fair.fairness.contrasts import LOG
from asr_fair.fairness.dimensions import Dimension
from asr_fair.fairness.display import Visibility, for_report
from asr_fair.fairness.gaps import both_sides
from asr_fair.fairness.multiplicity import Simultaneous, holm, simultaneous_families
from asr_fair.fairness.pairs import Pair, PairTest
from asr_fair.fairness.results import Comparison, DimensionInfo
from asr_fair.fairness.slices import Column, Slice
from asr_fair.fairness.strata import Integers
from asr_fair.fairness.verdicts import judge

SEED = 20_261_121
"""Fixed: the same counts and plan give the same verdicts, whatever seed the noise was made with."""


@dataclass(frozen=True, eq=False)
class Families:
    """Makes the comparisons of one dimension; `places` are the headline normaliser's among `columns`.

    `tests`: of every pair, by its dimension and group (`pairs.pair_tests`, `group_tests`).
    """

    dimension: Dimension
    columns: Sequence[Column]
    places: Sequence[int]
    blocks: Sequence[Integers]
    tests: Mapping[tuple[str, str], PairTest]
    limits: Thresholds

    def comparisons(self, pairs: Sequence[Pair], *, mirrored: bool) -> Iterator[Comparison]:
        """The comparison of every pair in every place, family by family."""
        if not pairs:
            return
        told = _by_group(pairs) if mirrored else [pairs]
        families = [
            [(pair, place) for pair in members for place in places]
            for members in told
            for places in self._places_by_system()
        ]
        intervals = simultaneous_families(
            [
                [both_sides(pair.own.cells[place], pair.other.cells[place]) for pair, place in family]
                for family in families
            ],
            LOG,
            self.blocks,
            confidence=self.limits.confidence,
            n_draws=self.limits.n_draws,
            seed=SEED,
            purpose=f"ratios of {self.dimension.name}",
        )
        for family, own in zip(families, intervals, strict=True):
            yield from self._family(family, own)

    def _family(
        self,
        members: Sequence[tuple[Pair, int]],
        intervals: Sequence[Simultaneous],
    ) -> Iterator[Comparison]:
        adjusted = holm([self.tests[pair[:2]].by_place[place].p for pair, place in members])
        for (pair, place), interval, p in zip(members, intervals, adjusted, strict=True):
            yield self._comparison(pair, place, interval, p, family_size=len(members))

    def _places_by_system(self) -> list[list[int]]:
        by_system: dict[str, list[int]] = {}
        for place in self.places:
            by_system.setdefault(self.columns[place].system, []).append(place)
        return list(by_system.values())

    def _comparison(
        self,
        pair: Pair,
        place: int,
        interval: Simultaneous,
        p_adjusted: float | None,
        *,
        family_size: int,
    ) -> Comparison:
        found = judge(interval, pair.own.cells[place], pair.other.cells[place], limits=self.limits)
        low, high = interval.bounds or (None, None)
        test = self.tests[pair[:2]]
        return Comparison(
            dimension=pair.dimension,
            group=pair.group,
            versus=pair.versus,
            **self.columns[place]._asdict(),
            verdict=found.verdict,
            reason=found.reason,
            ratio=interval.contrast.value,
            low=low,
            high=high,
            method=interval.method,
            family_size=family_size,
            p_value=test.by_place[place].p,
            p_method=test.method(place),
            p_adjusted=p_adjusted,
        )


def _by_group(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs of each group, over all levels."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.group, []).append(pair)
    return list(found.values())


def drawn_together(groups: Iterable[Slice], places: Sequence[int]) -> list[Integers]:
    """Blocks of speakers for the bootstrap, from all who were scored in any of the places."""
    return resampling_blocks(speakers_of(group.at(places)) for group in groups)


def with_enough(dimension: DimensionInfo, limits: Thresholds) -> set[str]:
    """Groups with speakers and words enough for a verdict: the family of an intersection, or of levels.

    Combinations are many and most are small: counted in, they would widen the intervals of all others. How
    many speakers and words a group has says nothing of its errors, so that leaving it out picks no result.
    """
    return {name for name, seen in for_report(dimension, limits).items() if seen is Visibility.FULL}
