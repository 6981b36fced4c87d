"""The filter as a form: one field for the condition, the system, the kind of error and each tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.report.links import TAG
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.kinds import KIND_TITLES, Kind
from asr_fair.view.query import SORT_TITLES, Query, Sort

MOST_OPTIONS = 500
"""A tag of more groups gets a field to write in: its list would outweigh the page."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: what stands in the address, and what people read."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form; without options it is written in."""

    name: str
    title: str
    chosen: str
    options: Sequence[Option]


def filter_fields(catalogue: Catalogue, query: Query) -> list[Field]:
    """The fields of the filter, with what the query has chosen."""
    kinds = [Option(each, KIND_TITLES[each]) for each in Kind]
    return [
        _field("condition", "Condition", query.condition, "all conditions", _same(catalogue.conditions)),
        _field("system", "System", query.system, "all systems", _same(catalogue.systems)),
        _field("kind", "Kind of error", query.kind, "all utterances", kinds),
        *(
            _field(f"{TAG}{name}", tag.title, query.groups.get(name), "everyone", _same(tag.groups))
            for name, tag in catalogue.tags.items()
        ),
        Field("sort", "Order", query.sort, [Option(each, SORT_TITLES[each]) for each in Sort]),
    ]


def column_fields(catalogue: Catalogue, prefix: str, chosen: tuple[str, str] | None) -> list[Field]:
    """Two fields that choose a condition and a system; `prefix`: of their names."""
    condition, system = chosen or ("", "")
    return [
        _field(f"{prefix}.condition", "Condition", condition, "the same", _same(catalogue.conditions)),
        _field(f"{prefix}.system", "System", system, "the same", _same(catalogue.systems)),
    ]


def _same(names: Sequence[str]) -> list[Option]:
    return [Option(name, name) for name in names]


def _field(name: str, title: str, chosen: str | None, anything: str, options: Sequence[Option]) -> Field:
    if len(options) > MOST_OPTIONS:
        return Field(name, title, chosen or "", ())
    return Field(name, title, chosen or "", [Option("", anything), *options])
