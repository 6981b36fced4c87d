"""Labels over speakers, and the ways to hand them out: all where they are few, else some by chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.counting.alignment import in_line, speakers_of
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.resampling.streams import pieces

MOST_ENUMERATED = 100_000
"""More arrangements than these are drawn, not enumerated."""

MOST_LABELS = 5 * 10**7
"""Nor is what would not fit into memory, arrangements × speakers: one speaker against many thousands."""

Labels = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Units:
    """What is labelled: U speakers in G groups, with their counts in C columns.

    Attributes
    ----------
    speakers
        Number of the speaker of each unit, shape (U,).
    labels
        Number of the group of each unit, shape (U,).
    strata
        Labels are exchanged among units of one stratum, shape (U,).
    errors, words
        Shape (C, U); 0 where the unit is not in a column.
    n_groups
        G, those without a unit included.
    """

    speakers: Integers
    labels: Labels
    strata: Integers
    errors: Integers
    words: Integers
    n_groups: int

    @property
    def sizes(self) -> Reals:
        """How many units each group has, in every arrangement, shape (G,)."""
        return np.bincount(self.labels, minlength=self.n_groups).astype(np.float64)

    @cached_property
    def exchanged(self) -> list[NDArray[np.intp]]:
        """The units of each stratum that has more than one."""
        _, stratum, sizes = np.unique(self.strata, return_inverse=True, return_counts=True)
        members = np.split(np.argsort(stratum, kind="stable"), np.cumsum(sizes)[:-1])
        return [own for own in members if len(own) > 1]

    @cached_property
    def n_arrangements(self) -> int:
        """In how many ways labels can be exchanged within strata: a product of multinomial coefficients.

        Some number above MOST_ENUMERATED where there are more.
        """
        count = 1
        for members in self.exchanged:
            left = 0
            for size in np.bincount(self.labels[members]).tolist():
                left += size
                count *= math.comb(left, size)
                if count > MOST_ENUMERATED:
                    return count
        return count

    @property
    def few_arrangements(self) -> bool:
        """Whether all of them can be gone through."""
        return (
            self.n_arrangements <= MOST_ENUMERATED and self.n_arrangements * len(self.labels) <= MOST_LABELS
        )


def units_of(groups: Sequence[Sequence[Cell]], strata: Integers | None = None) -> Units:
    """Units from the cells of G groups, each with one cell a column.

    A speaker of one group is a unit of the stratum that `strata` gives the speaker's number, of the one
    stratum there is where None. A speaker of several groups is a unit in each, alone in a stratum: such
    units keep their labels.
    """
    speakers = [speakers_of(cells) for cells in groups]
    everyone = np.concatenate(speakers)
    placed = np.zeros(len(everyone), np.int64) if strata is None else strata[everyone].astype(np.int64)
    _, who, times = np.unique(everyone, return_inverse=True, return_counts=True)
    several = times[who] > 1
    placed[several] = placed.max(initial=0) + 1 + np.arange(several.sum())
    counts = [in_line(cells, own) for cells, own in zip(groups, speakers, strict=True)]
    errors, words = (np.concatenate(each, axis=1) for each in zip(*counts, strict=True))
    labels = np.repeat(np.arange(len(groups), dtype=np.uint16), [len(each) for each in speakers])
    return Units(everyone, labels, placed, errors, words, len(groups))


def everyone_apart(groups: Sequence[Sequence[Cell]]) -> Integers:
    """Strata, by the speaker's number, in which no label is exchanged."""
    last = max(
        (int(cell.speakers[-1]) for cells in groups for cell in cells if len(cell.speakers)), default=-1
    )
    return np.arange(last + 1)


def enumerated(units: Units) -> Iterator[Labels]:
    """All arrangements, in chunks of shape (n, U)."""
    orders = [(members, _orders(units.labels[members])) for members in units.exchanged]
    for piece in pieces(math.prod(len(each) for _, each in orders), len(units.labels)):
        labels = np.tile(units.labels, (piece.stop - piece.start, 1))
        number = np.arange(piece.start, piece.stop)
        for members, each in orders:
            number, position = np.divmod(number, len(each))
            labels[:, members] = each[position]
        yield labels


def shuffled(units: Units, n: int, rng: np.random.Generator) -> Iterator[Labels]:
    """Labels in `n` random orders within strata, in chunks of shape (some, U)."""
    generators = rng.spawn(len(units.exchanged))
    for piece in pieces(n, len(units.labels)):
        labels = np.tile(units.labels, (piece.stop - piece.start, 1))
        for members, own in zip(units.exchanged, generators, strict=True):
            labels[:, members] = own.permuted(labels[:, members], axis=1)
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
