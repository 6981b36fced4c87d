"""Who is in which group and of whom there is what: whose figures a reader could work out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.report.handed_out.told import smallest_told

Mask: TypeAlias = NDArray[np.bool_]
"""Utterances, shape (n,)."""


class Place(NamedTuple):
    """A group of a dimension."""

    dimension: str
    group: str


@dataclass(frozen=True, eq=False)
class People:
    """All that was asked for, utterance by utterance.

    Attributes
    ----------
    speaker
        Number of each utterance's speaker (the cluster where one is declared), shape (n,).
    members
        Utterances of each group, by dimension and group.
    heard
        By (condition, system): utterances with a transcript.
    with_words
        Utterances with reference words.
    """

    speaker: NDArray[np.int64]
    members: Mapping[Place, Mask]
    heard: Mapping[tuple[str, str], Mask]
    with_words: Mask

    @property
    def everyone(self) -> Mask:
        """All utterances."""
        return np.ones(len(self.speaker), np.bool_)

    def are_few(self, utterances: Mask, k: int) -> bool:
        """Whether these utterances hold words of fewer than `k` people, and are any."""
        spoken = self.speaker[utterances & self.with_words]
        return bool(utterances.any()) and len(np.unique(spoken)) < k

    def thin(self, k: int) -> Iterator[Place]:
        """Groups of which some column has something, but of fewer than `k` people."""
        for place, group in self.members.items():
            if any(self.are_few(group & heard, k) for heard in self._heard.values()):
                yield place

    def revealing(self, told: Sequence[Place], k: int) -> Place | None:
        """A group that may not be told beside the others and everyone; None where all may.

        Of the figures that tell of few people together, the group with the fewest, which is hidden for it.
        """
        for heard in self._populations:
            # Of a column with few people in all nothing is told.
            if not self.are_few(heard, k) and (found := self._telling(told, (), heard, k)):
                return min(
                    found, key=lambda place: (len(np.unique(self.speaker[self.members[place]])), place)
                )
        return None

    def reveals_beside(self, told: Sequence[Place], more: Sequence[Place], k: int) -> bool:
        """Whether figures of everyone in `more` together would tell of few people beside what is told."""
        whole = np.logical_or.reduce([self.members[place] for place in more])
        return any(self._telling(told, [whole], heard, k) is not None for heard in self._populations)

    def lost_tell(
        self, told: Sequence[Place], condition: str, system: str, other_system: str, k: int
    ) -> bool:
        """Whether what only one of two systems transcribed is that of few people.

        A system's own rate less that on what both transcribed is the rate of those whom the other lost.
        """
        one, other = self.heard.get((condition, system)), self.heard.get((condition, other_system))
        if one is None or other is None:
            return False
        return any(self._telling(told, (), lost, k) is not None for lost in (one & ~other, other & ~one))

    @cached_property
    def _heard(self) -> Mapping[bytes, Mask]:
        return _different(self.heard.values())

    @cached_property
    def _populations(self) -> Sequence[Mask]:
        """What figures rest on: each column, and what two systems have both under a condition."""
        common = (
            self.heard[one] & self.heard[other]
            for one, other in combinations(self.heard, 2)
            if one[0] == other[0]
        )
        return list(_different([*self.heard.values(), *common]).values())

    def _telling(
        self, told: Sequence[Place], more: Sequence[Mask], population: Mask, k: int
    ) -> list[Place] | None:
        """Groups whose figures tell of few people of a population; None where they do not.

        `more`: utterances of which there is a figure, too; so there is of the whole population.
        """
        if not population.any():
            return None
        sums = np.array([*(self.members[place] for place in told), self.everyone, *more])[:, population]
        found = smallest_told(
            sums, self.speaker[population], self.with_words[population], k, free=1 + len(more)
        )
        return None if found is None else [told[number] for number in found]


def _different(masks: Iterable[Mask]) -> dict[bytes, Mask]:
    return {mask.tobytes(): mask for mask in masks}
