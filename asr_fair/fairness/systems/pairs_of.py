"""Which systems are compared with which, and in which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from asr_fair.errors import UnknownNameError
from asr_fair.records import SystemPair

MOST_FOR_ALL_PAIRS = 3
"""With more systems than these, all pairs are more than anybody reads: five make ten, eight twenty-eight."""


def system_pairs(expected: Sequence[tuple[str, str]], baseline: str | None = None) -> tuple[SystemPair, ...]:
    """The pairs of systems that are compared, in each condition that both were to transcribe.

    Parameters
    ----------
    expected
        The (condition, system) pairs that were to be scored; they give the order of both.
    baseline
        The system that the others are compared with. Without one every two systems are compared; with more
        than `MOST_FOR_ALL_PAIRS` systems the first one is compared with each of the others.

    Raises
    ------
    UnknownNameError
        The baseline is not among the systems.
    """
    there = set(expected)
    systems = list(dict.fromkeys(system for _, system in expected))
    conditions = list(dict.fromkeys(condition for condition, _ in expected))
    if baseline is not None and baseline not in systems:
        kind = "baseline_system of the analysis plan"
        raise UnknownNameError(kind, baseline, systems, remedy="Name one of the systems of this run")
    if baseline is None and len(systems) <= MOST_FOR_ALL_PAIRS:
        pairs = list(combinations(systems, 2))
    else:
        first = systems[0] if baseline is None else baseline
        pairs = [(first, system) for system in systems if system != first]
    return tuple(
        SystemPair(condition, *pair)
        for pair in pairs
        for condition in conditions
        if all((condition, system) in there for system in pair)
    )


def by_pair(pairs: Sequence[SystemPair]) -> list[list[int]]:
    """Positions of the conditions of each two systems."""
    found: dict[tuple[str, str], list[int]] = {}
    for position, pair in enumerate(pairs):
        found.setdefault((pair.system, pair.other_system), []).append(position)
    return list(found.values())
