"""What published figures tell together: people who are in one of them and not in those inside it.

Rates are sums over sums, so that a group less the groups of another tag that lie wholly inside it gives the
sums of those who are left over. Where these are few, a figure of theirs is as good as published. Tags that
refine each other (a region and its accents) are where it happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]
Place: TypeAlias = tuple[str, str]
"""A dimension and a group of it."""


@dataclass(frozen=True, eq=False)
class People:
    """Who is in which group, and of whom there is what.

    Attributes
    ----------
    speaker
        Number of each utterance's speaker (the cluster where one is declared), shape (n,).
    members
        Utterances of each group, shape (n,), by dimension and group.
    heard
        By (condition, system): utterances with a transcript, shape (n,).
    with_words
        Utterances with reference words, shape (n,).
    """

    speaker: NDArray[np.int64]
    members: Mapping[Place, Mask]
    heard: Mapping[tuple[str, str], Mask]
    with_words: Mask

    def of(self, dimension: str, group: str) -> Mask:
        """Utterances of a group, or of everyone."""
        return self.members.get((dimension, group), self.everyone)

    @property
    def everyone(self) -> Mask:
        """All utterances."""
        return np.ones(len(self.speaker), np.bool_)

    def tells_of_few(self, utterances: Mask, k: int) -> bool:
        """Whether figures of these utterances would be those of fewer than `k` people, in any column."""
        return any(self._are_few(utterances & mask, k) for mask in self._columns)

    @cached_property
    def _columns(self) -> Sequence[Mask]:
        """Utterances that figures rest on: of each column, and of each two systems under a condition."""
        masks = [
            one & other
            for (condition, _), one in self.heard.items()
            for (same, _), other in self.heard.items()
            if condition == same
        ]
        return list({mask.tobytes(): mask for mask in masks}.values())

    def differs_by_few(self, group: Mask, one: Mask, other: Mask, k: int) -> bool:
        """Whether of a group few people are in `one` and not in `other`, or the other way round."""
        return self._are_few(group & one & ~other, k) or self._are_few(group & other & ~one, k)

    def _are_few(self, utterances: Mask, k: int) -> bool:
        if not utterances.any():
            return False
        is_there = np.zeros(int(self.speaker.max()) + 1, np.bool_)
        is_there[self.speaker[utterances & self.with_words]] = True
        return int(is_there.sum()) < k


@dataclass(frozen=True, eq=False)
class _Published:
    """Utterances of which sums are known.

    `place`: the group to hide so that they are not; of a rest, which is known by subtraction, the smallest
    group that is not in it. None for everyone, whom nothing hides.
    """

    utterances: Mask
    place: Place | None = None
    is_rest: bool = False


def revealing_group(shown: Mapping[str, Collection[str]], people: People, k: int) -> Place | None:
    """A group that must be hidden because few people are left over beside it; None where nobody is.

    `shown`: groups that are to be published, by dimension.
    """
    by_dimension = {name: _published(name, groups, people) for name, groups in shown.items()}
    everyone = _Published(people.everyone)
    wholes = [everyone, *(each for published in by_dimension.values() for each in published)]
    for whole in wholes:
        for published in by_dimension.values():
            inside = [each for each in published if each is not whole and _lies_in(each, whole)]
            for parts in _subtractions(inside):
                left_over = whole.utterances & ~np.logical_or.reduce([each.utterances for each in parts])
                if people.tells_of_few(left_over, k):
                    return _smallest([*parts, whole], people)
    return None


def _published(dimension: str, groups: Collection[str], people: People) -> list[_Published]:
    """The groups of a dimension, and what is left of everyone: known too where nobody is in two of them."""
    named = [_Published(people.members[dimension, group], (dimension, group)) for group in groups]
    if not named or not _are_apart(named):
        return named
    rest = ~np.logical_or.reduce([each.utterances for each in named])
    return [*named, _Published(rest, _smallest(named, people), is_rest=True)] if rest.any() else named


def _subtractions(inside: Sequence[_Published]) -> Iterator[Sequence[_Published]]:
    """What can be taken away: each by itself, and all together where nobody is in two of them.

    Any others leave more people over: whole groups, none of which is small.
    """
    yield from ([each] for each in inside)
    for together in (inside, [each for each in inside if not each.is_rest]):
        if len(together) > 1 and _are_apart(together):
            yield together


def _lies_in(part: _Published, whole: _Published) -> bool:
    return not (part.utterances & ~whole.utterances).any()


def _are_apart(sets: Sequence[_Published]) -> bool:
    times: NDArray[Any] = np.sum([each.utterances for each in sets], axis=0)
    return bool((times <= 1).all())


def _smallest(sets: Sequence[_Published], people: People) -> Place:
    """The group with the fewest people among those that hiding helps against."""
    places = {each.place for each in sets if each.place is not None}
    return min(places, key=lambda place: (len(np.unique(people.speaker[people.of(*place)])), place))
