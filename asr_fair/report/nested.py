"""Groups of one dimension that, less groups of another, would be a hidden group of that other one.

Where “region” holds the people of several accents, a region less the accents that are shown is the one that
is not. Whether dimensions are nested in that way is not stored; but then all counts and errors add up, under
every condition and system, which they do not by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import TypeAlias

from asr_fair.fairness.display import Visibilities, Visibility
from asr_fair.fairness.results import DimensionInfo, Figure, GroupInfo, Results

Counts: TypeAlias = tuple[int, ...]
"""Utterances, words and errors of a group under each condition and system: they add up over groups."""

MOST_SHOWN, MOST_HIDDEN = 14, 8
"""Groups of which every combination is tried; of more, a few of them, and all but a few."""
FEW = 2


def revealing_groups(
    results: Results, dimensions: Sequence[DimensionInfo], seen: Mapping[str, Visibilities], *, fewest: int
) -> dict[str, set[str]]:
    """By dimension: shown groups that give away hidden ones of another dimension.

    `fewest`: speakers below which hidden groups may not be told even together.
    """
    counts = _counts(results)
    found: dict[str, set[str]] = {}
    for one, other in permutations(dimensions, 2):
        hidden = _groups(one, seen[one.name], counts, is_hidden=True)
        shown = _groups(one, seen[one.name], counts, is_hidden=False)
        secrets = {_total(part, one, counts) for part in _secret_parts(hidden, fewest)}
        if not secrets:
            continue
        sums = {_total(part, one, counts) for part in _parts(shown, 0, MOST_SHOWN)}
        for part in _tellable(_groups(other, seen[other.name], counts, is_hidden=False)):
            told = _total(part, other, counts)
            if any(_less(told, secret) in sums for secret in secrets):
                smallest = min(part, key=lambda group: (group.n_heard or 0, group.name))
                found.setdefault(other.name, set()).add(smallest.name)
    return found


def _counts(results: Results) -> dict[tuple[str, str], Counts]:
    by_group: dict[tuple[str, str], list[Figure]] = {}
    for figure in results.figures:
        if figure.measure == "wer" and figure.normaliser == results.normalisers[0]:
            by_group.setdefault((figure.dimension, figure.group), []).append(figure)
    return {
        group: tuple(
            number
            for one in sorted(figures, key=lambda one: (one.condition, one.system))
            for number in (one.n_utterances, one.n_words, round((one.value or 0.0) * one.n_words))
        )
        for group, figures in by_group.items()
    }


def _groups(
    dimension: DimensionInfo,
    seen: Visibilities,
    counts: Mapping[tuple[str, str], Counts],
    *,
    is_hidden: bool,
) -> list[GroupInfo]:
    return [
        group
        for group in dimension.groups
        if (seen[group.name] < Visibility.INDICATIVE) is is_hidden
        and group.n_utterances > 0
        and (dimension.name, group.name) in counts
    ]


def _secret_parts(hidden: Sequence[GroupInfo], fewest: int) -> Iterator[tuple[GroupInfo, ...]]:
    """Parts of the hidden groups that tell too few people: by themselves, or by what is left beside them."""
    for part in _parts(hidden, 1, MOST_HIDDEN):
        names = {group.name for group in part}
        rest = [group for group in hidden if group.name not in names]
        if rest and (_is_few(part, fewest) or _is_few(rest, fewest)):
            yield part


def _is_few(groups: Collection[GroupInfo], fewest: int) -> bool:
    return len(groups) == 1 or sum(group.n_heard or 0 for group in groups) < fewest


def _tellable(shown: Sequence[GroupInfo]) -> Iterator[tuple[GroupInfo, ...]]:
    """What a reader can add up of the other dimension: a group, or two of not too many."""
    for size in (1, 2) if len(shown) <= MOST_SHOWN else (1,):
        yield from combinations(shown, size)


def _parts(groups: Sequence[GroupInfo], at_least: int, most: int) -> Iterator[tuple[GroupInfo, ...]]:
    n_groups = len(groups)
    for size in range(at_least, n_groups + 1):
        if n_groups <= most or size <= FEW or size >= n_groups - FEW:
            yield from combinations(groups, size)


def _total(
    part: Iterable[GroupInfo], dimension: DimensionInfo, counts: Mapping[tuple[str, str], Counts]
) -> Counts:
    rows = [counts[dimension.name, group.name] for group in part]
    return tuple(map(sum, zip(*rows, strict=True))) if rows else ()


def _less(whole: Counts, part: Counts) -> Counts:
    """What is left; () for nothing at all, as a sum of no groups."""
    left = tuple(a - b for a, b in zip(whole, part, strict=True))
    return left if any(left) else ()
