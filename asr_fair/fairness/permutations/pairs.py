"""Two sides that are compared, and whether they differ: the test that suits how they share speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from asr_fair.fairness.counting.alignment import speakers_of
from asr_fair.fairness.counting.slices import Slice
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.arrangements import PermutationTest, undefined
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.permutations.sign_flip import swap_test
from asr_fair.fairness.results import Status

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


class PairTest(NamedTuple):
    """Whether the two sides of a pair differ, by place among the columns, and what changed places."""

    by_place: Mapping[int, PermutationTest]
    exchanged: str | None = None

    def p(self, place: int) -> float | None:
        """How probable where the sides are alike; None where that was not or cannot be tested.

        With the one arrangement that was seen, as where everybody is on both sides, p would be 1 whatever
        the data.
        """
        test = self.by_place.get(place)
        return None if test is None or test.n_arrangements == 1 else test.p

    def method(self, place: int) -> str | None:
        """How p was found; None where there is none."""
        return None if self.p(place) is None else f"{self.exchanged}-{self.by_place[place].method}"


def exchanged_in(dimension: Dimension, pair: Pair, places: Sequence[int]) -> str | None:
    """Whole speakers change places, or each speaker's two sides; None where neither says anything.

    In an intersection that varies within speakers, some may be on both sides and others on one.
    """
    if dimension.level == "speaker":
        return WHOLE_SPEAKERS
    if dimension.parts:
        own, other = (speakers_of(side.at(places)) for side in (pair.own, pair.other))
        shared = np.isin(own, other, assume_unique=True).sum()
        if shared < max(len(own), len(other)):
            return None if shared else WHOLE_SPEAKERS
    return WITHIN_SPEAKERS


def pair_tests(
    dimension: Dimension,
    pairs: Sequence[Pair],
    places: Sequence[int],
    *,
    mirrored: bool,
    n_draws: int,
    seed: int,
) -> dict[tuple[str, str], PairTest]:
    """The test of every pair, by its dimension and group, each from arrangements of its own two sides.

    `mirrored`: the two pairs of a dimension are one contrast, told from both sides.
    """
    # Whether two groups differ does not depend on the side from which it is told.
    first = {pair.dimension: pair for pair in reversed(pairs)}
    found: dict[tuple[str, str], PairTest] = {}
    for pair in pairs:
        one = first[pair.dimension] if mirrored else pair
        exchanged = exchanged_in(dimension, one, places)
        if exchanged is None:
            tests = [undefined(Status.NO_COMPARISON)] * len(places)
        else:
            test = swap_test if exchanged == WITHIN_SPEAKERS else permutation_test
            purpose = f"{one.group} of {one.dimension} changes places"
            tests = test(
                one.own.at(places), one.other.at(places), n_draws=n_draws, seed=seed, purpose=purpose
            )
        found[pair.dimension, pair.group] = PairTest(dict(zip(places, tests, strict=True)), exchanged)
    return found
