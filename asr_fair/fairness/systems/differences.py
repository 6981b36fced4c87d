"""What is computed of two systems in the groups of one dimension: intervals, draws, exchanged signs.

The unit is the speaker, heard by both systems: each is left out, drawn or flipped with all counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.alignment import speakers_of
from asr_fair.fairness.counting.paired import Couple
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Scale, Term
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations.arrangements import PermutationTest, draws_for_family, undefined
from asr_fair.fairness.permutations.sign_flip import sign_flip_test
from asr_fair.fairness.resampling.bootstrap import bootstrap, resampling_blocks
from asr_fair.fairness.resampling.bootstrap_intervals import Bounds, percentile_bounds
from asr_fair.fairness.resampling.multiplicity import Simultaneous, simultaneous_families
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.resampling.studentised import Sides
from asr_fair.fairness.results import Status
from asr_fair.records import EVERYONE, OVERALL


@dataclass(frozen=True, eq=False)
class Other:
    """What a group is compared with: its name, and its cells under each pair of systems."""

    versus: str
    couples: Sequence[Couple]


@dataclass(frozen=True, eq=False)
class Place:
    """The groups of one dimension under M pairs of systems in a condition.

    Attributes
    ----------
    dimension
        Its name.
    groups
        All groups, each with its M couples.
    family
        Declared groups, whose verdicts hold together.
    others
        What each compared group is compared with.
    mirrored
        Whether there are two groups, each the rest of the other.
    """

    dimension: str
    groups: Mapping[str, Sequence[Couple]]
    family: Sequence[str] = ()
    others: Mapping[str, Other] | None = None
    mirrored: bool = False

    @classmethod
    def of_everyone(cls, couples: Sequence[Couple]) -> Place:
        """All speakers together, as a dimension of one group."""
        return cls(OVERALL, {EVERYONE: couples}, family=(EVERYONE,))


@dataclass(frozen=True, slots=True)
class InFamily:
    """A simultaneous interval, and how many hold together."""

    interval: Simultaneous
    size: int


def difference_sides(couple: Couple) -> Sides:
    """W_A − W_B, or their ratio: one group, so both systems on one side."""
    return [[Term(+1, couple.one), Term(-1, couple.other)]]


def gap_sides(group: Couple, other: Couple) -> Sides:
    """[W_g − W_r] under A less the same under B; from merged cells where that is the same."""
    merged = (group.merged, other.merged)
    # A cell without errors has no interval; neither has a merged one whose differences add up to nothing.
    cells = (*merged, group.one, group.other, other.one, other.other)
    if all(cell.n_errors for cell in cells):
        return [[Term(+1, merged[0])], [Term(-1, merged[1])]]
    return [
        [Term(+1, group.one), Term(-1, group.other)],
        [Term(-1, other.one), Term(+1, other.other)],
    ]


def ratio_families(
    place: Place, families: Sequence[Sequence[int]], limits: Thresholds
) -> dict[tuple[str, int], InFamily]:
    """W_A / W_B by group and pair: a family holds the declared groups under each of its pairs."""
    members = [[(group, pair) for group in place.family for pair in own] for own in families]
    sides = {key: difference_sides(place.groups[key[0]][key[1]]) for own in members for key in own}
    return _in_families(place, members, sides, LOG, limits)


def gap_families(
    place: Place, families: Sequence[Sequence[int]], limits: Thresholds
) -> dict[tuple[str, int], InFamily]:
    """Differences of gaps by compared group and pair.

    Of two groups, each the rest of the other, either side is a family of its own: it is one contrast.
    """
    others = place.others or {}
    told = [[group] for group in others] if place.mirrored else [list(others)]
    members = [[(group, pair) for group in names for pair in own] for names in told for own in families]
    sides = {
        (group, pair): gap_sides(place.groups[group][pair], others[group].couples[pair])
        for own in members
        for group, pair in own
    }
    return _in_families(place, members, sides, LINEAR, limits)


def _in_families(
    place: Place,
    members: Sequence[Sequence[tuple[str, int]]],
    sides: Mapping[tuple[str, int], Sides],
    scale: Scale,
    limits: Thresholds,
) -> dict[tuple[str, int], InFamily]:
    found = simultaneous_families(
        [[sides[key] for key in own] for own in members],
        scale,
        _blocks(place),
        confidence=limits.confidence,
        n_draws=limits.n_draws,
        seed=SEED,
        purpose=f"speakers of {place.dimension}",
    )
    return {
        key: InFamily(interval, len(own))
        for own, intervals in zip(members, found, strict=True)
        for key, interval in zip(own, intervals, strict=True)
    }


@dataclass(frozen=True, eq=False)
class Drawn:
    """Differences in draws of speakers that all groups, systems and conditions share."""

    own: Mapping[tuple[str, int], Reals]
    others: Mapping[tuple[str, int], Reals]

    def difference(self, group: str, pair: int, confidence: float) -> Bounds | None:
        """Percentile bounds of W_A − W_B."""
        return percentile_bounds(self.own[group, pair], confidence, float)

    def gap_difference(self, group: str, pair: int, confidence: float) -> Bounds | None:
        """Percentile bounds of the difference of gaps."""
        draws = self.own[group, pair] - self.others[group, pair]
        return percentile_bounds(draws, confidence, float)


def draw(place: Place, n_draws: int) -> Drawn:
    """Draw speakers and take every difference of systems in each draw."""
    sides = [{name: other.couples for name, other in (place.others or {}).items()}]
    sides.insert(0, dict(place.groups))
    keys = [
        (side, group, pair)
        for side, groups in enumerate(sides)
        for group, couples in groups.items()
        for pair in range(len(couples))
    ]
    found = bootstrap(
        lambda differences, words: differences / words,
        [sides[side][group][pair].merged for side, group, pair in keys],
        _blocks(place),
        n_draws=n_draws,
        seed=SEED,
        purpose=f"speakers of {place.dimension}",
    )
    drawn: tuple[dict[tuple[str, int], Reals], ...] = ({}, {})
    for (side, group, pair), draws in zip(keys, found, strict=True):
        drawn[side][group, pair] = draws
    return Drawn(*drawn)


def flip_signs(place: Place, group: str, *, n_draws: int, family_size: int) -> list[PermutationTest]:
    """Whether the two systems make as many errors, for each pair; one set of flips for all.

    Drawn flips are `n_draws`, or so many that the smallest p, adjusted over a family, can fall below .01.
    """
    couples = place.groups[group]
    if not all(couple.one.identified for couple in couples):
        return [undefined(Status.NO_SPEAKERS)] * len(couples)
    speakers = _speakers(couples)
    # Who is not in one of the conditions adds nothing to its sum, whatever the sign.
    differences = np.zeros((len(couples), len(speakers)), np.int64)
    for row, couple in zip(differences, couples, strict=True):
        row[np.searchsorted(speakers, couple.one.speakers)] = couple.differences
    purpose = f"{group} of {place.dimension} under two systems"
    n_draws = draws_for_family(n_draws, family_size)
    return sign_flip_test(differences, n_draws=n_draws, seed=SEED, purpose=purpose)


def _blocks(place: Place) -> list[Integers]:
    return resampling_blocks(_speakers(couples) for couples in place.groups.values())


def _speakers(couples: Sequence[Couple]) -> Integers:
    """Both systems of a couple have the same speakers."""
    return speakers_of([couple.one for couple in couples])
