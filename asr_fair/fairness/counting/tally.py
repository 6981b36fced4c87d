"""One pass over the rows of counts: sums by column and stratum, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.counting.design_effect import squared
from asr_fair.fairness.counting.hallucination import is_above_one, is_runaway
from asr_fair.fairness.counting.measures import capped_errors, nano_rates
from asr_fair.fairness.counting.slices import (
    COUNTS,
    DELETIONS,
    HITS,
    INSERTIONS,
    SUBSTITUTIONS,
    Column,
    Tally,
    UnitTotals,
    UtteranceSums,
)
from asr_fair.fairness.counting.strata import Integers, Mask, Strata

Whole: TypeAlias = NDArray[np.signedinteger[Any]]
Amounts: TypeAlias = Integers | Mask
"""What each row adds: a whole number, or one where it is so."""

ROWS_AT_ONCE = 2**21
"""What is made of so many rows takes some 400 MB beside the table; each time costs a pass over all cells."""


def tally(
    words: pd.DataFrame,
    strata: Strata,
    columns: Sequence[Column],
    *,
    characters: pd.DataFrame | None = None,
) -> Tally:
    """Add up counts of words, and of characters where there are any.

    Both have one row per utterance_id, condition, system and normaliser, and the integer columns `COUNTS`;
    that of words may have wrong_language (NA where no language was detected). The cost is one pass over the
    rows; categorical key columns make it several times faster. Raises FaultsError for rows of an utterance
    or a column that is not expected.
    """
    counted = _count(words, strata, columns, by_utterance=True)
    if characters is None or characters.empty:
        return Tally(strata, counted)
    return Tally(strata, counted, _count(characters, strata, columns, by_utterance=False))


def locate(values: pd.Series, known: pd.Index, table: str) -> Integers:
    """Position in `known` of each value of a column; FaultsError names the first that is not there."""
    return _located(values, known, table).astype(np.int64)


def _located(values: pd.Series, known: pd.Index, table: str) -> Whole:
    """The same in the smallest type that holds the positions: for indexing, not for arithmetic."""
    small = np.min_scalar_type(-1 - len(known))
    if isinstance(values.dtype, pd.CategoricalDtype):
        # Code -1 stands for a missing value and picks the -1 at the end.
        lookup = np.append(known.get_indexer(pd.Index(values.cat.categories)), -1).astype(small)
        positions = lookup[values.cat.codes.to_numpy()]
    else:
        positions = known.get_indexer(pd.Index(values)).astype(small)
    strange = positions < 0
    if strange.any():
        strangers = values[strange]
        problem = f"{strangers.nunique(dropna=False)} not expected here"
        field = str(values.name)
        raise FaultsError([Fault(file=table, field=field, problem=problem, value=strangers.iloc[0])])
    return positions


def column_numbers(counts: pd.DataFrame, columns: Sequence[Column]) -> Integers:
    """Position in `columns` of each row's condition, system and normaliser, shape (n_rows,)."""
    return _ColumnFinder.of(counts, columns).at(slice(None))


def _count(
    counts: pd.DataFrame, strata: Strata, columns: Sequence[Column], *, by_utterance: bool
) -> UnitTotals:
    """Counts of one unit, and the `UtteranceSums` where they are asked for."""
    shape = (len(columns), len(strata.speakers))
    size = shape[0] * shape[1]
    utterances = _located(counts["utterance_id"], strata.utterance_ids, "counts")
    finder = _ColumnFinder.of(counts, columns)
    n_counts = len(COUNTS)
    totals = np.zeros((n_counts + 1 + by_utterance * len(UtteranceSums._fields), size), np.int64)
    for start in range(0, len(counts), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        key = finder.at(rows) * shape[1] + strata.of_utterance[utterances[rows]]
        each = np.stack([counts[name].to_numpy()[rows] for name in COUNTS]).astype(np.int64, copy=False)
        amounts: list[Amounts] = [*each, np.ones(len(key), np.bool_)]
        if by_utterance:
            found = _amounts(each, strata.length_us[utterances[rows]]) | _languages(counts, rows)
            amounts += [found[name] for name in UtteranceSums._fields]
        for total, amount in zip(totals, amounts, strict=True):
            total += _sums(amount, key, size)
    cells = totals.reshape(-1, *shape)
    return UnitTotals(cells[:n_counts], cells[n_counts], cells[n_counts + 1 :] if by_utterance else None)


def _amounts(counts: Integers, lengths_us: Integers) -> dict[str, Amounts]:
    """What each utterance adds to the `UtteranceSums`, save languages; `counts` of shape (4, n)."""
    words = counts[SUBSTITUTIONS] + counts[DELETIONS] + counts[HITS]
    errors = counts[SUBSTITUTIONS] + counts[DELETIONS] + counts[INSERTIONS]
    silent = words == 0
    recognised = counts[SUBSTITUTIONS] + counts[INSERTIONS] + counts[HITS]
    squares = squared(errors, words)
    return {
        "errors_squared": squares[0],
        "errors_times_words": squares[1],
        "words_squared": squares[2],
        "capped_errors": capped_errors(errors, words),
        "nano_rates": nano_rates(errors, words),
        "above_one": is_above_one(counts),
        "runaway": is_runaway(counts),
        "empty_references": silent,
        "empty_reference_insertions": counts[INSERTIONS] * silent,
        "empty_reference_us": np.maximum(lengths_us, 0) * silent,
        "untimed_empty_references": silent & (lengths_us < 0),
        "empty_transcripts": ~silent & (recognised == 0),
    }


def _languages(counts: pd.DataFrame, rows: slice) -> dict[str, Amounts]:
    """Where a language was detected, and where it is another than the one spoken."""
    if "wrong_language" not in counts:
        nowhere = np.zeros(len(range(*rows.indices(len(counts)))), np.bool_)
        return {"languages_detected": nowhere, "languages_wrong": nowhere}
    wrong = pd.array(counts["wrong_language"].array[rows], dtype="boolean")
    return {
        "languages_detected": ~np.asarray(wrong.isna()),
        "languages_wrong": wrong.to_numpy(np.bool_, na_value=False),
    }


def _sums(amounts: Amounts, key: Integers, size: int) -> Integers:
    """Sums of `amounts` by key, shape (size,)."""
    if amounts.dtype == np.bool_:
        return np.bincount(key[amounts], minlength=size)
    # bincount adds in float64, which is exact for whole numbers below 2**53; the largest, billionths of a
    # rate, would need 9 million utterances of WER 1 in one cell of one part.
    return np.bincount(key, weights=amounts, minlength=size).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _ColumnFinder:
    """Finds the column of a row by its condition, system and normaliser.

    `positions` holds for each of the three the place of every row's name among all names, `grid` the number
    of the column in which three names meet, or −1.
    """

    counts: pd.DataFrame
    positions: Sequence[Whole]
    grid: Integers

    @classmethod
    def of(cls, counts: pd.DataFrame, columns: Sequence[Column]) -> Self:
        names = [sorted(set(values)) for values in zip(*columns, strict=True)]
        positions = [
            _located(counts[field], pd.Index(values), "counts")
            for field, values in zip(Column._fields, names, strict=True)
        ]
        grid = np.full([len(values) for values in names], -1, np.int64)
        for number, column in enumerate(columns):
            grid[tuple(values.index(value) for values, value in zip(names, column, strict=True))] = number
        return cls(counts, positions, grid)

    def at(self, rows: slice) -> Integers:
        """Number of the column of each of these rows; FaultsError for one that is not expected."""
        numbers: Integers = self.grid[tuple(each[rows] for each in self.positions)]
        if (numbers < 0).any():
            names = self.counts.iloc[rows].loc[numbers < 0, list(Column._fields)].iloc[0]
            problem = "a column not expected here"
            raise FaultsError([Fault(file="counts", problem=problem, value=tuple(names))])
        return numbers
