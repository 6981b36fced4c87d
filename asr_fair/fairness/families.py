"""The comparisons that a plan declares together: their verdicts, intervals that hold together, and p-values.

A family is all comparisons of one dimension in all declared conditions of one system, under one normaliser;
of a dimension within the levels of another, those of all levels; across dimensions, each has its share of the
error (`declared.family_shares`). Families under the headline normaliser are what a plan declares; the others
show how far verdicts depend on it. Comparisons in other conditions are exploratory: a family of their own,
with intervals as wide, so that none is called a disparity more easily than a declared one, and p-values
adjusted by Benjamini & Hochberg.

Where two groups are each the rest of the other there is one contrast, told from both sides: each side is a
family of its own, of the same size. All families have the same draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from asr_fair.config import Thresholds
from asr_fair.fairness.arrangements import PermutationTest, undefined
from asr_fair.fairness.bootstrap import resampling_blocks
from asr_fair.fairness.contrasts import LOG
from asr_fair.fairness.dimensions import Dimension
from asr_fair.fairness.display import Visibility, for_report
from asr_fair.fairness.gaps import both_sides
from asr_fair.fairness.multiplicity import (
    BENJAMINI_HOCHBERG,
    HOLM,
    Simultaneous,
    benjamini_hochberg,
    holm,
    simultaneous_confidence,
    simultaneous_families,
)
from asr_fair.fairness.permutation import permutation_test
from asr_fair.fairness.power import smallest_ratio_seen
from asr_fair.fairness.results import Comparison, DimensionInfo, Status
from asr_fair.fairness.sign_flip import swap_test
from asr_fair.fairness.slices import Column, Slice
from asr_fair.fairness.strata import Integers
from asr_fair.fairness.verdicts import judge

N_DRAWS = 2_000
"""Bootstrap draws of a family and arrangements of a test: a bound moves by about a hundredth with another
seed, and p by .005 at .05 (one standard deviation)."""

SEED = 20_261_121
"""Fixed: the same counts and plan give the same verdicts, whatever seed the noise was made with."""

WHOLE_SPEAKERS, WITHIN_SPEAKERS = "studentised", "within-speaker"
"""What changes places in a test."""


class Pair(NamedTuple):
    """A group and what it is compared with, both in all columns.

    `dimension` is that of the family, or one level of it.
    """

    dimension: str
    group: str
    own: Slice
    versus: str
    other: Slice


class _Family(NamedTuple):
    """Comparisons whose intervals hold together; `exploratory`: not declared before the first count."""

    members: Sequence[tuple[Pair, int]]
    exploratory: bool


@dataclass(frozen=True, eq=False)
class Families:
    """Makes the comparisons of one dimension in the `places` that are judged, among `columns`.

    `tested`: those of them under the headline normaliser; the others have a verdict without p-value.
    `declared`: the conditions whose comparisons the plan declares. `share`: of the error of a declared family
    that spans several dimensions, what this one may spend.
    """

    dimension: Dimension
    columns: Sequence[Column]
    places: Sequence[int]
    tested: Sequence[int]
    blocks: Sequence[Integers]
    limits: Thresholds
    declared: Collection[str]
    share: float = 1.0

    def comparisons(self, pairs: Sequence[Pair], *, mirrored: bool) -> Iterator[Comparison]:
        """The comparison of every pair in every place, family by family."""
        if not pairs:
            return
        # Whether two groups differ does not depend on the side from which it is told.
        first = {pair.dimension: pair for pair in reversed(pairs)}
        tests = {
            (pair.dimension, pair.group): self._tests(first[pair.dimension] if mirrored else pair)
            for pair in pairs
        }
        told = _by_group(pairs) if mirrored else [pairs]
        for exploratory in (False, True):
            families = [
                _Family([(pair, place) for pair in members for place in places], exploratory)
                for members in told
                for places in self._places_together(exploratory=exploratory)
            ]
            for family, intervals in zip(families, self._intervals(families), strict=True):
                yield from self._family(family, intervals, tests)

    def _intervals(self, families: Sequence[_Family]) -> list[list[Simultaneous]]:
        """The intervals of families that are all declared or all exploratory."""
        share = min(map(self._share_of, families), default=1.0)
        return simultaneous_families(
            [
                [both_sides(pair.own.cells[place], pair.other.cells[place]) for pair, place in family.members]
                for family in families
            ],
            LOG,
            self.blocks,
            confidence=simultaneous_confidence(self.limits.confidence, 1 / share),
            n_draws=N_DRAWS,
            seed=SEED,
            purpose=f"ratios of {self.dimension.name}",
        )

    def _family(
        self,
        family: _Family,
        intervals: Sequence[Simultaneous],
        tests: Mapping[tuple[str, str], Mapping[int, PermutationTest]],
    ) -> Iterator[Comparison]:
        own = [tests[pair.dimension, pair.group].get(place) for pair, place in family.members]
        p_values = [None if test is None else test.p for test in own]
        adjusted = self._adjusted(p_values, exploratory=family.exploratory)
        for (pair, place), interval, test, p in zip(family.members, intervals, own, adjusted, strict=True):
            yield self._comparison(pair, place, interval, test, p, family)

    def _share_of(self, family: _Family) -> float:
        return 1.0 if family.exploratory else self.share

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
        interval: Simultaneous,
        test: PermutationTest | None,
        p_adjusted: float | None,
        family: _Family,
    ) -> Comparison:
        found = judge(interval, pair.own.cells[place], pair.other.cells[place], limits=self.limits)
        low, high = interval.bounds or (None, None)
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
            family_size=round(len(family.members) / self._share_of(family)),
            exploratory=family.exploratory,
            smallest_ratio=smallest_ratio_seen(interval) if found.is_possible else None,
            p_value=None if test is None else test.p,
            p_method=None if test is None or test.p is None else f"{self._test_name(pair)}-{test.method}",
            p_adjusted=p_adjusted,
            p_adjustment=None if p_adjusted is None else BENJAMINI_HOCHBERG if family.exploratory else HOLM,
        )

    def _test_name(self, pair: Pair) -> str | None:
        """Whole speakers change places, or each speaker's two sides; None where neither says anything.

        In an intersection that varies within speakers, some may be on both sides and others on one.
        """
        if self.dimension.level == "speaker":
            return WHOLE_SPEAKERS
        if self.dimension.parts:
            own, other = (
                np.unique(np.concatenate([side.cells[place].speakers for place in self.tested]))
                for side in (pair.own, pair.other)
            )
            shared = np.intersect1d(own, other)
            if len(shared) < max(len(own), len(other)):
                return None if len(shared) else WHOLE_SPEAKERS
        return WITHIN_SPEAKERS

    def _tests(self, pair: Pair) -> dict[int, PermutationTest]:
        """Whether the two sides differ, in each place that is tested; one set of arrangements for all."""
        name = self._test_name(pair)
        if name is None:
            return dict.fromkeys(self.tested, undefined(Status.NO_COMPARISON))
        test = swap_test if name == WITHIN_SPEAKERS else permutation_test
        own, other = ([side.cells[place] for place in self.tested] for side in (pair.own, pair.other))
        purpose = f"{pair.group} of {pair.dimension} changes places"
        return dict(
            zip(self.tested, test(own, other, n_draws=N_DRAWS, seed=SEED, purpose=purpose), strict=True)
        )


def _by_group(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs of each group, over all levels."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.group, []).append(pair)
    return list(found.values())


def drawn_together(groups: Iterable[Slice], places: Sequence[int]) -> list[Integers]:
    """Blocks of speakers for the bootstrap, from all who were scored in any of the places."""
    return resampling_blocks(
        np.unique(np.concatenate([group.cells[place].speakers for place in places])) for group in groups
    )


def with_enough(dimension: DimensionInfo, limits: Thresholds) -> set[str]:
    """Groups with speakers and words enough for a verdict: the family of an intersection, or of levels.

    Combinations are many and most are small: counted in, they would widen the intervals of all others. How
    many speakers and words a group has says nothing of its errors, so that leaving it out picks no result.
    """
    return {name for name, seen in for_report(dimension, limits).items() if seen is Visibility.FULL}
