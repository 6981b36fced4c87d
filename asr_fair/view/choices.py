"""What a page is about: one group, condition and system, with links to the others that it could be about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from asr_fair.records import CLEAN
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.query import Query

Link: TypeAlias = Callable[[Query], str | None]
"""The address of a page of the same kind about something else; None where there is no such page."""


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
        Choices(
            catalogue.tags[dimension].title,
            _linked(
                link,
                (
                    (name, replace(query, groups={dimension: name}), query.groups.get(dimension) == name)
                    for name in members
                ),
            ),
        )
        for dimension, members in groups.items()
    ]
    conditions = (
        (name, replace(query, condition=name), query.condition == name) for name in catalogue.conditions
    )
    systems = ((name, replace(query, system=name), query.system == name) for name in catalogue.systems)
    of_columns = [Choices("Condition", _linked(link, conditions)), Choices("System", _linked(link, systems))]
    return [*of_groups, *(each for each in of_columns if len(each.entries) > 1)]


def _linked(link: Link, options: Iterable[tuple[str, Query, bool]]) -> list[Choice]:
    linked = ((name, link(asked), is_chosen) for name, asked, is_chosen in options)
    return [Choice(name, address, is_chosen) for name, address, is_chosen in linked if address is not None]
