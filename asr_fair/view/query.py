"""What a reader asks for: the query string of an address, checked against the run, and back to text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from rapidfuzz.process import extractOne

from asr_fair.errors import AsrFairError, UnknownNameError
from asr_fair.report.links import TAG, utterances_query
from asr_fair.report.printable import shortened
from asr_fair.view.catalogue import Catalogue
from asr_fair.view.change import Other, usual_other
from asr_fair.view.kinds import Kind

MOST_PARAMETERS = 200
"""In one address; more come from no page of ours."""
TEXT, OTHER = "text", ("than.condition", "than.system")
PARAMETERS = ("condition", "system", "kind", TEXT, *OTHER, "sort", "page")
LONGEST_TEXT = 200
MOST_NAMED = 100
"""Names that an error lists; a run may have a hundred thousand utterances."""
LONGEST_TOLD = 300
"""Letters of what was asked for; an address may have 64,000."""


class Sort(StrEnum):
    """Orders of a list."""

    ERRORS = "errors"
    RATE = "rate"
    ID = "id"
    WORSE = "worse"
    BETTER = "better"


SORT_TITLES: Mapping[Sort, str] = MappingProxyType(
    {
        Sort.ERRORS: "most errors first",
        Sort.RATE: "highest WER first",
        Sort.ID: "by id",
        Sort.WORSE: "most worsened first",
        Sort.BETTER: "most improved first",
    }
)
"""What people read."""


class QueryError(AsrFairError):
    """An address that asks for what there is not."""


@dataclass(frozen=True)
class Query:
    """A filter, an order and a page. None and no group: everything.

    `said`: a text in reference or transcript. `other`: what rows are compared with; who has none is left out.
    """

    condition: str | None = None
    system: str | None = None
    kind: Kind | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    said: str | None = None
    other: Other | None = None
    sort: Sort = Sort.ERRORS
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.condition or self.system or self.kind or self.groups or self.said or self.other)

    @property
    def text(self) -> str:
        """The query string, without what is so anyway; `parse_query` reads it."""
        shared = utterances_query(
            condition=self.condition, system=self.system, kind=self.kind, groups=self.groups
        )
        own: dict[str, str | int] = {} if self.said is None else {TEXT: self.said}
        if self.other is not None:
            sides = zip(OTHER, (self.other.condition, self.other.system), strict=True)
            own |= {name: value for name, value in sides if value is not None}
        if self.sort is not Sort.ERRORS:
            own["sort"] = self.sort
        if self.page != 1:
            own["page"] = self.page
        return "&".join(part for part in (shared, urlencode(own)) if part)

    def at_page(self, page: int) -> Query:
        """The same at another page."""
        return replace(self, page=page)


def parse_query(text: str, catalogue: Catalogue) -> Query:
    """The query in an address (what stands behind its `?`). Raises QueryError naming what is not there."""
    return query_of(parameters(text), catalogue)


def parameters(text: str) -> dict[str, str]:
    """Names and values of a query string; an empty value asks for nothing. QueryError for one given twice."""
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, encoding="utf-8", errors="strict"
        )
    except ValueError as error:  # too many, or bytes that are not UTF-8
        msg = f"this address cannot be read ({error}). Start again from the list"
        raise QueryError(msg) from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            msg = f"{name}: stands in the address more than once. Remove all but one"
            raise QueryError(msg)
        found[name] = value
    return {name: value for name, value in found.items() if value}


def query_of(asked: Mapping[str, str], catalogue: Catalogue) -> Query:
    """The query of some parameters, all of which must be known. Raises QueryError."""
    groups: dict[str, str] = {}
    for name in asked:
        if name.startswith(TAG):
            dimension = known("tag", name.removeprefix(TAG), catalogue.tags)
            groups[dimension] = known("group", asked[name], catalogue.tags[dimension].groups)
        else:
            known("parameter", name, (*PARAMETERS, f"{TAG}<name>"))
    kind, sort = asked.get("kind"), Sort(known("sort", asked.get("sort", Sort.ERRORS), Sort))
    return Query(
        condition=_maybe("condition", asked.get("condition"), catalogue.conditions),
        system=_maybe("system", asked.get("system"), catalogue.systems),
        kind=None if kind is None else Kind(known("kind", kind, Kind)),
        groups=groups,
        said=_text(asked.get(TEXT)),
        other=_other(asked, sort, catalogue),
        sort=sort,
        page=_page(asked.get("page", "1")),
    )


def known(what: str, name: str, names: Iterable[str]) -> str:
    """`name`, which must be among `names`. Raises QueryError with what is near to it."""
    there = list(names)
    if name in there:
        return name
    asked = shortened(name, LONGEST_TOLD)
    if len(there) <= MOST_NAMED:
        raise QueryError(str(UnknownNameError(what, asked, there)))
    near = extractOne(asked, there, score_cutoff=80)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"unknown {what} {asked!r}.{hint}"
    raise QueryError(msg)


def _maybe(what: str, name: str | None, names: Iterable[str]) -> str | None:
    return None if name is None else known(what, name, names)


def _text(text: str | None) -> str | None:
    if text is not None and len(text) > LONGEST_TEXT:
        msg = f"{TEXT}: must be {LONGEST_TEXT} characters or fewer, got {len(text)}. Look for a part of it"
        raise QueryError(msg)
    return text


def _other(asked: Mapping[str, str], sort: Sort, catalogue: Catalogue) -> Other | None:
    """What rows are compared with: as asked for, or the usual where an order by change asks for nothing."""
    condition, system = (asked.get(name) for name in OTHER)
    if condition or system:
        return Other(
            _maybe("condition", condition, catalogue.conditions), _maybe("system", system, catalogue.systems)
        )
    if sort not in (Sort.WORSE, Sort.BETTER):
        return None
    usual = usual_other(catalogue)
    if usual is None:
        msg = "sort: this run has one condition and one system, so nothing is compared. Choose another order"
        raise QueryError(msg)
    return usual


def _page(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0):
        msg = f"page: must be a whole number from 1 on, got {text[:20]!r}"
        raise QueryError(msg)
    return int(text[:10])
