"""The list of utterances as a page: filter, what the selection adds up to, and a page of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import ErrorCounts
from asr_fair.report.wording import count, percent
from asr_fair.view.addresses import Addresses, Place
from asr_fair.view.browser import Browser
from asr_fair.view.change import Change
from asr_fair.view.diff import Token
from asr_fair.view.forms import Field, filter_fields
from asr_fair.view.query import Query
from asr_fair.view.rates import no_rate
from asr_fair.view.selection import ROWS_PER_PAGE, Selection
from asr_fair.wording import counted

TOKENS_SHOWN = 60
"""Words of an utterance in a list: some five lines. The rest stands on its own page."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of the list; `tokens` is None where there is no transcript, `lost` says why."""

    utterance_id: str
    address: str
    condition: str
    system: str
    speaker: str
    counts: ErrorCounts
    rate: str
    change: str | None
    tokens: Sequence[Token] | None
    n_more_tokens: int
    lost: str | None


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the other pages of a list are; None where there is none."""

    words: str
    first: str | None
    previous: str | None
    next: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list, ready to be rendered."""

    title: str
    run_title: str
    fields: Sequence[Field]
    is_filtered: bool
    totals: Sequence[str]
    rows: Sequence[ListedRow]
    pager: Pager


def list_page(browser: Browser, query: Query, addresses: Addresses) -> ListPage:
    """The page of a query; texts are looked up for the rows that it shows."""
    selection = browser.select(query)
    shown = replace(query, page=min(query.page, selection.n_pages))
    on_page = selection.on_page(shown.page)
    return ListPage(
        title="Utterances",
        run_title=browser.title,
        fields=filter_fields(browser.catalogue, shown),
        is_filtered=shown.is_filtered,
        totals=_totals_words(selection, query, browser.least_speakers),
        rows=[listed_row(browser, int(row), shown, addresses, selection.change) for row in on_page],
        pager=_pager(selection, shown, addresses),
    )


def listed_row(
    browser: Browser, row: int, query: Query, addresses: Addresses, change: Change | None
) -> ListedRow:
    """A row of the catalogue as it stands in a list; its address keeps the filter."""
    catalogue = browser.catalogue
    number, condition, system = catalogue.place(row)
    counts = catalogue.counts_of(row)
    tokens = browser.diff(row)
    return ListedRow(
        utterance_id=str(catalogue.utterance_ids[number]),
        address=addresses.utterance(Place.of(number, (condition, system), query)),
        condition=condition,
        system=system,
        speaker=browser.speaker(number) or "not known",
        counts=counts,
        rate=rate_words(counts),
        change=None if change is None else change.words(row),
        tokens=None if tokens is None else tokens[:TOKENS_SHOWN],
        n_more_tokens=max(0, len(tokens or ()) - TOKENS_SHOWN),
        lost=catalogue.loss_of(row),
    )


def rate_words(counts: ErrorCounts) -> str:
    """A word error rate, or why there is none."""
    return "nobody spoke" if counts.wer is None else percent(counts.wer)


def _totals_words(selection: Selection, query: Query, least_speakers: int) -> list[str]:
    """What a selection adds up to, in short facts."""
    totals = selection.totals()
    counts = totals.counts
    heard = "speakers not known" if totals.n_speakers is None else counted(totals.n_speakers, "speaker")
    facts = [f"{counted(totals.n_rows, 'transcript')} of {counted(totals.n_utterances, 'utterance')}", heard]
    facts.append(f"{counted(counts.errors, 'error')} in {counted(counts.reference_words, 'reference word')}")
    facts.append(
        f"{count(counts.substitutions)} taken for others, {count(counts.deletions)} left out, "
        f"{count(counts.insertions)} added"
    )
    if counts.wer is not None:
        facts.append(no_rate(query, totals, least_speakers) or f"WER {percent(counts.wer)}")
    if selection.change is not None:
        facts.append(change_words(selection.change.errors[selection.rows]))
    if totals.n_lost:
        facts.append(f"{count(totals.n_lost)} without a transcript")
    return facts


def change_words(changes: NDArray[np.int16]) -> str:
    """Of how many rows there are more errors than elsewhere, of how many fewer."""
    more, fewer = int((changes > 0).sum()), int((changes < 0).sum())
    alike = len(changes) - more - fewer
    return f"{count(more)} with more errors, {count(fewer)} with fewer, {count(alike)} with as many"


def _pager(selection: Selection, query: Query, addresses: Addresses) -> Pager:
    page, last, total = query.page, selection.n_pages, len(selection.rows)
    first_row = (page - 1) * ROWS_PER_PAGE + 1
    last_row = min(page * ROWS_PER_PAGE, total)

    def at(number: int) -> str | None:
        wanted = 1 <= number <= last and number != page
        return addresses.utterances(query.at_page(number)) if wanted else None

    words = f"{first_row:,} to {last_row:,} of {total:,}; page {page:,} of {last:,}" if total else "none"
    return Pager(words, at(1), at(page - 1), at(page + 1), at(last))
