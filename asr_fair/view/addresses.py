"""Where pages lead to: on the server, query strings that are looked up and never joined to a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from asr_fair.view.catalogue import Catalogue
from asr_fair.view.query import Query, known, parameters, query_of


@dataclass(frozen=True)
class Place:
    """One utterance (by number) in a column, and beside it the same one in another column, in a filter."""

    utterance: int
    column: tuple[str, str]
    query: Query = field(default_factory=Query)
    beside: tuple[str, str] | None = None

    @classmethod
    def of(cls, utterance: int, column: tuple[str, str], query: Query) -> Place:
        """An utterance in a column; beside it what the query compares it with."""
        beside = None if query.other is None else query.other.column(column)
        return cls(utterance, column, query, None if beside == column else beside)


class Addresses(Protocol):
    """Makes the addresses that pages hold; the server's and an exported folder's differ."""

    def utterances(self, query: Query) -> str:
        """A filtered list."""

    def utterance(self, place: Place) -> str:
        """The page of an utterance."""

    def sound(self, utterance: int, condition: str) -> str:
        """The sound of an utterance under a condition."""


@dataclass(frozen=True, eq=False)
class ServerAddresses:
    """Addresses on the server, seen from its root."""

    catalogue: Catalogue

    def utterances(self, query: Query) -> str:
        """A filtered list."""
        return f"utterances?{query.text}"

    def utterance(self, place: Place) -> str:
        """The page of an utterance; the filter comes along, for the way back and to the next."""
        return f"utterance?{urlencode(place_parameters(place, self.catalogue))}"

    def sound(self, utterance: int, condition: str) -> str:
        """The sound of an utterance under a condition."""
        return f"sound?{urlencode({'id': self.catalogue.utterance_ids[utterance], 'condition': condition})}"


def place_parameters(place: Place, catalogue: Catalogue) -> dict[str, str]:
    """A place as the parameters of an address; `place_of` reads them."""
    own = {"id": str(catalogue.utterance_ids[place.utterance])}
    own |= dict(zip(("at.condition", "at.system"), place.column, strict=True))
    if place.beside is not None:
        own |= dict(zip(("beside.condition", "beside.system"), place.beside, strict=True))
    return own | parameters(place.query.text)


def place_of(asked: Mapping[str, str], catalogue: Catalogue, numbers: Mapping[str, int]) -> Place:
    """The place that parameters name; `numbers`: of utterances by their ids. Raises QueryError.

    Without a column it is the run's first one that the filter allows; without a system beside, the same one.
    """
    own = ("id", "at.condition", "at.system", "beside.condition", "beside.system")
    query = query_of({name: value for name, value in asked.items() if name not in own}, catalogue)
    utterance = numbers[known("utterance", asked.get("id", ""), numbers)]
    first = next(
        column
        for column in catalogue.columns
        if query.condition in (None, column[0]) and query.system in (None, column[1])
    )
    column = _column(asked, "at", first, catalogue)
    asks_beside = "beside.condition" in asked or "beside.system" in asked
    beside = _column(asked, "beside", column, catalogue) if asks_beside else None
    return Place(utterance, column, query, None if beside == column else beside)


def _column(
    asked: Mapping[str, str], prefix: str, default: tuple[str, str], catalogue: Catalogue
) -> tuple[str, str]:
    condition = known("condition", asked.get(f"{prefix}.condition", default[0]), catalogue.conditions)
    system = known("system", asked.get(f"{prefix}.system", default[1]), catalogue.systems)
    pairs = [f"{each} by {other}" for each, other in catalogue.columns]
    known("pair of condition and system", f"{condition} by {system}", pairs)
    return condition, system
