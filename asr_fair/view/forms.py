"""The filter as a form: one field for the condition, the system, the kind of error and each tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.report.links import TAG
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.kinds import KIND_TITLES, Kind
from asr_fair.view.query import OTHER, SORT_TITLES, TEXT, Query, Sort

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
    hint: str = ""


def filter_fields(catalogue: Catalogue, query: Query) -> list[Field]:
    """The fields of the filter, with what the query has chosen."""
    kinds = [Option(each, KIND_TITLES[each]) for each in Kind]
    orders = [each for each in Sort if len(catalogue.columns) > 1 or each not in (Sort.WORSE, Sort.BETTER)]
    return [
        _field("condition", "Condition", query.condition, "all conditions", _same(catalogue.conditions)),
        _field("system", "System", query.system, "all systems", _same(catalogue.systems)),
        _field("kind", "Kind of error", query.kind, "all utterances", kinds),
        *(
            _field(f"{TAG}{name}", tag.title, query.groups.get(name), "everyone", _same(tag.groups))
            for name, tag in catalogue.tags.items()
        ),
        Field(TEXT, "Text as written or heard", query.said or "", (), "anything"),
        *_other_fields(catalogue, query),
        Field("sort", "Order", query.sort, [Option(each, SORT_TITLES[each]) for each in orders]),
    ]


def _other_fields(catalogue: Catalogue, query: Query) -> list[Field]:
    """What is compared with; none where there is nothing else."""
    chosen = (None, None) if query.other is None else (query.other.condition, query.other.system)
    names = (catalogue.conditions, catalogue.systems)
    titles = ("Compared with condition", "Compared with system")
    return [
        _field(name, title, own, "the same", _same(there))
        for name, title, own, there in zip(OTHER, titles, chosen, names, strict=True)
        if len(there) > 1
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
        return Field(name, title, chosen or "", (), anything)
    return Field(name, title, chosen or "", [Option("", anything), *options])
