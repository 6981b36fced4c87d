"""All permutation tests of one dimension, from as few sets of arrangements as will do.

Whole speakers change places among all groups: that serves the omnibus test, heterogeneity, and each group
against the rest. Two groups by themselves need arrangements of their own speakers; so does a pair with so few
of them that all are gone through. Where a tag varies within a speaker, the speaker's two sides change places
(`permutations.sign_flip`), and nobody changes places among all groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from asr_fair.fairness.counting.slices import Slice
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.arrangements import Null, PermutationTest, null_distributions, totals_seen
from asr_fair.fairness.permutations.heterogeneity import HeterogeneityTest, homogeneity, read_heterogeneity
from asr_fair.fairness.permutations.omnibus import Omnibus, read_omnibus, spreads
from asr_fair.fairness.permutations.pairs import WHOLE_SPEAKERS, Pair, PairTest, pair_tests
from asr_fair.fairness.permutations.permutation import log_ratio_to_rest, statuses_of, tests_where_defined
from asr_fair.fairness.permutations.units import Units, everyone_apart, units_of
from asr_fair.records import REST


@dataclass(frozen=True, eq=False)
class GroupTests:
    """The tests of one dimension; both sequences have one for each place."""

    pairwise: Mapping[tuple[str, str], PairTest]
    """By dimension and group, as `pairs.pair_tests` gives them."""
    omnibus: Sequence[Omnibus]
    heterogeneity: Sequence[HeterogeneityTest]


def group_tests(
    dimension: Dimension,
    declared: Mapping[str, Slice],
    pairs: Sequence[Pair],
    places: Sequence[int],
    *,
    mirrored: bool,
    n_draws: int,
    seed: int,
) -> GroupTests:
    """The tests of the declared groups and of pairs of them, at some places among the columns.

    `mirrored`: the two pairs are one contrast, told from both sides.
    """
    if not declared:
        return GroupTests({}, [], [])
    within = dimension.level == "utterance"
    groups = [own.at(places) for own in declared.values()]
    number = {name: position for position, name in enumerate(declared)}
    units = units_of(groups, everyone_apart(groups) if within else None)
    served = [pair for pair in pairs if not within and _is_served(pair, number[pair.group], units)]
    statistics = [partial(log_ratio_to_rest, group=number[pair.group]) for pair in served]
    overall, between, *against = null_distributions(
        [spreads, homogeneity, *statistics],
        units,
        n_draws=n_draws,
        seed=seed,
        purpose=f"all groups of {dimension.name} change places",
    )
    pairwise = {
        pair[:2]: PairTest(_by_place(places, pair, null), WHOLE_SPEAKERS)
        for pair, null in zip(served, against, strict=True)
    }
    others = [pair for pair in pairs if pair[:2] not in pairwise]
    pairwise |= pair_tests(dimension, others, places, mirrored=mirrored, n_draws=n_draws, seed=seed)
    return GroupTests(
        pairwise, read_omnibus(overall, groups), read_heterogeneity(between, totals_seen(units), groups)
    )


def _by_place(places: Sequence[int], pair: Pair, null: Null) -> dict[int, PermutationTest]:
    statuses = statuses_of(pair.own.at(places), pair.other.at(places))
    return dict(zip(places, tests_where_defined(null, statuses), strict=True))


def _is_served(pair: Pair, number: int, units: Units) -> bool:
    """Whether arrangements over all groups serve a pair: each a random choice of the group's speakers.

    The rest of a group is all the others, if nobody is in two groups.
    """
    if pair.versus != REST or len(np.unique(units.speakers)) < len(units.speakers):
        return False
    two_groups = replace(units, labels=(units.labels == number).astype(units.labels.dtype), n_groups=2)
    return not two_groups.few_arrangements
