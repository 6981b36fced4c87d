"""What a page is about: one group, condition and system, with links to the others that it could be about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from asr_fair.records import CLEAN
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.query import Query

Link: TypeAlias = Callable[[Query], str]
"""The address of a page of the same kind about something else."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a page could be about; `is_chosen`: it is."""

    title: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Things of one kind to choose from."""

    title: str
    entries: Sequence[Choice]


def column_of(query: Query, catalogue: Catalogue) -> tuple[str, str]:
    """The condition and system that a query names; else clean, or the run's first that there is."""
    fitting = [
        column
        for column in catalogue.columns
        if query.condition in (None, column[0]) and query.system in (None, column[1])
    ] or list(catalogue.columns)
    return next((column for column in fitting if column[0] == CLEAN), fitting[0])


def choices(
    query: Query, catalogue: Catalogue, groups: Mapping[str, Sequence[str]], link: Link
) -> list[Choices]:
    """Groups of each dimension, conditions and systems; what leaves no choice is left out."""
    of_groups = [
        Choices(catalogue.tags[name].title, list(_groups(query, name, members, link)))
        for name, members in groups.items()
    ]
    conditions = [
        Choice(name, link(replace(query, condition=name)), query.condition == name)
        for name in catalogue.conditions
    ]
    systems = [
        Choice(name, link(replace(query, system=name)), query.system == name) for name in catalogue.systems
    ]
    of_columns = [Choices("Condition", conditions), Choices("System", systems)]
    return [*of_groups, *(each for each in of_columns if len(each.entries) > 1)]


def _groups(query: Query, dimension: str, members: Sequence[str], link: Link) -> Iterator[Choice]:
    for name in members:
        asked = replace(query, groups={dimension: name})
        yield Choice(name, link(asked), query.groups.get(dimension) == name)
