"""Arrangements of labels over speakers: all of them where they are few, else drawn by chance.

If groups are alike, a speaker's label says nothing of the speaker's counts, and every way to hand out the
labels was as likely as the one seen: p is the share of arrangements at least as extreme as that one. Drawn
arrangements give (1 + #) / (R + 1), which is never 0 and keeps the level (Phipson & Smyth 2010).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.jackknife import Reals
from asr_fair.fairness.results import Status
from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers
from asr_fair.fairness.streams import in_streams, pieces

MOST_ENUMERATED = 100_000
"""More arrangements than these are drawn, not enumerated."""

MOST_LABELS = 5 * 10**7
"""Nor is what would not fit into memory, arrangements × speakers: one speaker against many thousands."""

N_DRAWS = 20_000

TIE = 1e-9
"""Statistics closer than this, as a share, are equal but for rounding; equal ones are as extreme."""

Labels = NDArray[np.uint16]

GroupStatistic: TypeAlias = Callable[[Reals], Reals]
"""Sums by group of R amounts, shape (R, G, n), to the statistic of each of C columns, shape (C, n)."""


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """How extreme a statistic is among its arrangements; all None where it is undefined in the data."""

    statistic: float | None
    p: float | None
    null_mean: float | None
    """Mean of the statistic over the arrangements in which it is finite."""
    n_arrangements: int
    exact: bool
    n_undefined: int = 0
    """Arrangements without a statistic, for instance with no words in a group: taken as extreme."""
    status: Status = Status.OK

    @property
    def method(self) -> str:
        """How p was found."""
        return "permutation-exact" if self.exact else "permutation-monte-carlo"


@dataclass(frozen=True, eq=False)
class Units:
    """What is labelled: U speakers in G groups, with their counts in C columns.

    Attributes
    ----------
    labels
        Number of the group of each unit, shape (U,).
    strata
        Integers are exchanged among units of one stratum, shape (U,).
    errors, words
        Shape (C, U); 0 where the unit is not in a column.
    """

    labels: Labels
    strata: Integers
    errors: Reals
    words: Reals


def comparable(group: Cell, other: Cell) -> Status:
    """Why ln W_g − ln W_r is not defined, or says nothing of speakers; OK where it does."""
    if not (group.identified and other.identified):
        return Status.NO_SPEAKERS
    if group.n_words == 0:
        return Status.NO_REFERENCE_WORDS
    if other.n_words == 0 or group.n_errors == 0 or other.n_errors == 0:
        return Status.NO_COMPARISON
    return Status.OK


def units_of(groups: Sequence[Sequence[Cell]], strata: Integers | None = None) -> Units:
    """Units from the cells of G groups, each with one cell a column.

    A speaker of one group is a unit of the stratum that `strata` gives the speaker's number, of the one
    stratum there is where None. A speaker of several groups is a unit in each, alone in a stratum: such
    units keep their labels.
    """
    speakers = [np.unique(np.concatenate([cell.speakers for cell in cells])) for cells in groups]
    everyone = np.concatenate(speakers)
    labels = np.repeat(np.arange(len(groups), dtype=np.uint16), [len(each) for each in speakers])
    placed = np.zeros(len(everyone), np.int64) if strata is None else strata[everyone].astype(np.int64)
    _, who, times = np.unique(everyone, return_inverse=True, return_counts=True)
    several = times[who] > 1
    placed[several] = placed.max(initial=0) + 1 + np.arange(several.sum())
    n_columns = len(groups[0])
    errors, words = np.zeros((2, n_columns, len(everyone)))
    for label, (cells, own) in enumerate(zip(groups, speakers, strict=True)):
        start = int(np.searchsorted(labels, label))
        for column, cell in enumerate(cells):
            positions = start + np.searchsorted(own, cell.speakers)
            errors[column, positions], words[column, positions] = cell.errors, cell.words
    return Units(labels, placed, errors, words)


def group_totals(amounts: Reals, labels: Labels, n_groups: int) -> Reals:
    """Sums by group: amounts (R, U) of whole numbers and n arrangements (n, U) to (R, n_groups, n).

    Exact, whatever the order of addition, while sums are below 2**53.
    """
    totals = np.empty((len(amounts), n_groups, len(labels)))
    for group in range(1, n_groups):
        totals[:, group] = amounts @ (labels == group).T.astype(np.float64)
    totals[:, 0] = amounts.sum(axis=1, keepdims=True) - totals[:, 1:].sum(axis=1)
    return totals


def null_distribution(
    statistic: GroupStatistic, amounts: Reals, units: Units, *, n_draws: int, seed: int, purpose: str
) -> tuple[Reals, bool]:
    """The statistic in every arrangement, shape (C, n), and whether these are all there are.

    `statistic` takes sums by group (R, G, n) of `amounts` (R, U), and gives (C, n).
    """
    n_groups = int(units.labels.max()) + 1

    def of_all(arrangements: Iterable[Labels]) -> Reals:
        found = [statistic(group_totals(amounts, labels, n_groups)) for labels in arrangements]
        return np.concatenate(found, axis=1)

    def of_drawn(rng: np.random.Generator, n: int) -> Reals:
        return of_all(_shuffled(units, part.stop - part.start, rng) for part in pieces(n, len(units.labels)))

    if n_arrangements(units) <= min(MOST_ENUMERATED, MOST_LABELS // len(units.labels)):
        return of_all(_enumerated(units)), True
    return np.concatenate(in_streams(of_drawn, n_draws, seed=seed, purpose=purpose), axis=1), False


def n_arrangements(units: Units) -> int:
    """In how many ways labels can be exchanged within strata: a product of multinomial coefficients."""
    count = 1
    for stratum in np.unique(units.strata):
        left = 0
        for size in np.unique(units.labels[units.strata == stratum], return_counts=True)[1].tolist():
            left += size
            count *= math.comb(left, size)
            if count > MOST_ENUMERATED:
                return count
    return count


def summarise(observed: float, null: Reals, *, exact: bool) -> PermutationTest:
    """The share of `null`, shape (n,), at least as large as `observed`; undefined arrangements included."""
    if math.isnan(observed):
        return undefined(Status.NO_INTERVAL)
    nothing = np.isnan(null)
    slack = TIE * abs(observed) if math.isfinite(observed) else 0.0
    extreme = int((nothing | (null >= observed - slack)).sum())
    finite = null[np.isfinite(null)]
    return PermutationTest(
        statistic=observed if math.isfinite(observed) else None,
        p=extreme / len(null) if exact else (1 + extreme) / (len(null) + 1),
        null_mean=float(finite.mean()) if len(finite) else None,
        n_arrangements=len(null),
        exact=exact,
        n_undefined=int(nothing.sum()),
    )


def undefined(status: Status) -> PermutationTest:
    """A test that this data does not allow, and why."""
    return PermutationTest(None, None, None, n_arrangements=0, exact=False, status=status)


def _enumerated(units: Units) -> Iterator[Labels]:
    """All arrangements, in chunks of shape (n, U)."""
    members = [np.flatnonzero(units.strata == stratum) for stratum in np.unique(units.strata)]
    orders = [(own, _orders(units.labels[own])) for own in members if len(own) > 1]
    for piece in pieces(math.prod(len(each) for _, each in orders), len(units.labels)):
        labels = np.tile(units.labels, (piece.stop - piece.start, 1))
        number = np.arange(piece.start, piece.stop)
        for own, each in orders:
            number, position = np.divmod(number, len(each))
            labels[:, own] = each[position]
        yield labels


def _orders(labels: Labels) -> Labels:
    """Every distinct order of labels (K,), shape (n, K): places of one label times orders of the rest."""
    kinds, sizes = np.unique(labels, return_counts=True)
    if len(kinds) == 1:
        return labels[None]
    places = np.array(list(combinations(range(len(labels)), int(sizes[0]))))
    rest = _orders(np.sort(labels)[sizes[0] :])
    taken = np.zeros((len(places), len(labels)), np.bool_)
    np.put_along_axis(taken, places, values=True, axis=1)
    free = np.nonzero(~taken)[1].reshape(len(places), -1)
    orders = np.full((len(places), len(rest), len(labels)), kinds[0])
    np.put_along_axis(
        orders, np.broadcast_to(free[:, None], (*orders.shape[:2], free.shape[1])), rest[None], 2
    )
    return orders.reshape(-1, len(labels))


def _shuffled(units: Units, n: int, rng: np.random.Generator) -> Labels:
    """Labels in `n` random orders within strata, shape (n, U)."""
    strata = np.unique(units.strata, return_inverse=True)[1]
    if not strata.any():
        return rng.permuted(np.tile(units.labels, (n, 1)), axis=1)
    places = np.argsort(strata + rng.random((n, len(strata))), axis=1)
    labels = np.empty(places.shape, np.uint16)
    np.put_along_axis(labels, places, units.labels[None, np.argsort(strata, kind="stable")], axis=1)
    return labels
