"""The rows that a query selects, in its order, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.strata import Mask
from asr_fair.records import ErrorCounts
from asr_fair.view.catalogue import SCORED, Catalogue, Rows
from asr_fair.view.change import Change
from asr_fair.view.kinds import rows_of_kind
from asr_fair.view.query import Query, Sort
from asr_fair.view.texts import Texts

ROWS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Totals:
    """What a selection adds up to; a description of it, without interval or verdict.

    `n_speakers` is None where the manifest does not say who spoke in some of it.
    """

    n_rows: int
    n_columns: int
    n_utterances: int
    n_speakers: int | None
    n_lost: int
    counts: ErrorCounts


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows of a catalogue in the order of a query, and the same as a mask over all rows, shape = (C × U,).

    `change`: against what they are compared with, where the query asks for that.
    """

    catalogue: Catalogue
    rows: Rows
    wanted: Mask
    change: Change | None = None

    @property
    def n_pages(self) -> int:
        """Pages of `ROWS_PER_PAGE`; an empty selection has one."""
        return max(1, -(-len(self.rows) // ROWS_PER_PAGE))

    def on_page(self, page: int) -> Rows:
        """The rows of a page, counted from 1; of the last one where there are not so many."""
        first = (min(page, self.n_pages) - 1) * ROWS_PER_PAGE
        return self.rows[first : first + ROWS_PER_PAGE]

    def position(self, row: int) -> int | None:
        """Place of a row in the selection, from 0; None where it is not in it."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None

    def totals(self) -> Totals:
        """Sums over all rows of the selection."""
        catalogue, wanted = self.catalogue, self.wanted
        by_column = wanted.reshape(-1, catalogue.n_utterances)
        heard = by_column.any(axis=0)
        speakers = np.unique(catalogue.speakers[heard])
        identified = not len(speakers) or speakers[0] >= 0
        return Totals(
            n_rows=len(self.rows),
            n_columns=int(np.count_nonzero(by_column.any(axis=1))),
            n_utterances=int(np.count_nonzero(heard)),
            n_speakers=len(speakers) if identified else None,
            n_lost=int(np.count_nonzero(wanted & (catalogue.losses != SCORED))),
            counts=ErrorCounts(*(catalogue.counts @ wanted).tolist()),
        )


def select(catalogue: Catalogue, query: Query, texts: Texts | None = None) -> Selection:
    """The rows that a query asks for, in its order; `texts`: needed by a query for a text."""
    wanted = _in_columns(catalogue, query)
    if query.groups:
        utterances = np.ones(catalogue.n_utterances, dtype=bool)
        for dimension, group in query.groups.items():
            utterances &= catalogue.members(dimension, group)
        wanted &= np.tile(utterances, len(catalogue.columns))
    if query.kind is not None:
        wanted &= rows_of_kind(catalogue, query.kind)
    change = None if query.other is None else Change(catalogue, query.other)
    if change is not None:
        wanted &= change.has_both
    if query.said and texts is not None:
        wanted = texts.matching(query.said, wanted)
    is_by_change = query.sort in (Sort.WORSE, Sort.BETTER)
    ordered = catalogue.ordered(Sort.ERRORS if is_by_change else query.sort)
    rows = ordered[wanted[ordered]]
    if is_by_change and change is not None:
        rows = change.ordered(rows, worse_first=query.sort is Sort.WORSE)
    return Selection(catalogue, rows, wanted, change)


def _in_columns(catalogue: Catalogue, query: Query) -> Mask:
    chosen = [
        query.condition in (None, condition) and query.system in (None, system)
        for condition, system in catalogue.columns
    ]
    return np.repeat(np.array(chosen, dtype=bool), catalogue.n_utterances)
