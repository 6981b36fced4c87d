"""What each speaker adds to a group: integer counts, summed in one pass over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.strata import MICROSECONDS, Integers, Mask, Strata
from asr_fair.records import Seconds

COUNTS = ("substitutions", "deletions", "insertions", "hits")
SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS = range(4)


class Empty(NamedTuple):
    """What the rates hold without showing it: utterances of which one side has no words.

    They stand in the order of the first axis of `Tally.empty`.
    """

    references: int = 0
    """Utterances whose reference has no words."""
    reference_insertions: int = 0
    """Words that were recognised in them."""
    transcripts: int = 0
    """Transcripts without words where the reference has some."""


class Column(NamedTuple):
    """What all figures of one kind share beside the group."""

    condition: str
    system: str
    normaliser: str


@dataclass(frozen=True, eq=False)
class Cell:
    """One group in one column: counts of its K speakers with at least one scored utterance.

    Attributes
    ----------
    speakers
        Numbers of the speakers, ascending, shape (K,).
    counts
        Substitutions, deletions, insertions, hits, shape (4, K).
    n_utterances
        Scored utterances.
    identified
        Whether speakers are known; if not, K is 1 and means nothing.
    empty
        Empty references and transcripts among the scored utterances.
    """

    speakers: Integers
    counts: Integers
    n_utterances: int
    identified: bool = True
    empty: Empty = field(default_factory=Empty)

    @cached_property
    def errors(self) -> Integers:
        """S + D + I of each speaker, shape (K,)."""
        errors: Integers = self.counts[[SUBSTITUTIONS, DELETIONS, INSERTIONS]].sum(axis=0)
        return errors

    @cached_property
    def words(self) -> Integers:
        """Reference words, S + D + H, of each speaker, shape (K,)."""
        words: Integers = self.counts[[SUBSTITUTIONS, DELETIONS, HITS]].sum(axis=0)
        return words

    @cached_property
    def n_errors(self) -> int:
        """Errors of all speakers."""
        return int(self.errors.sum())

    @cached_property
    def n_words(self) -> int:
        """Reference words of all speakers."""
        return int(self.words.sum())

    @property
    def n_speakers(self) -> int | None:
        """Speakers with a scored utterance; None where speakers are not known."""
        return len(self.speakers) if self.identified else None


@dataclass(frozen=True, eq=False)
class Slice:
    """One group: its cell in every column, and its share of the manifest."""

    cells: tuple[Cell, ...]
    n_speakers_expected: int | None
    n_utterances_expected: int
    duration_s: Seconds | None

    def at(self, places: Sequence[int]) -> list[Cell]:
        """The cells at some places among the columns."""
        return [self.cells[place] for place in places]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts by stratum; C columns, T strata.

    Attributes
    ----------
    counts
        Substitutions, deletions, insertions, hits, shape (4, C, T).
    utterances
        Scored utterances, shape (C, T).
    empty
        The fields of `Empty`, shape (3, C, T).
    """

    strata: Strata
    counts: Integers
    utterances: Integers
    empty: Integers

    def of(self, members: Mask) -> Slice:
        """The group made of the strata in `members`, shape (T,)."""
        speakers, starts = np.unique(self.strata.speakers[members], return_index=True)
        counts = _sum_runs(self.counts[..., members], starts)
        utterances = _sum_runs(self.utterances[..., members], starts)
        empty = self.empty[..., members].sum(axis=-1)
        cells = []
        for column, scored in enumerate(utterances):
            present = scored > 0
            cells.append(
                Cell(
                    speakers=speakers[present],
                    counts=counts[:, column, present],
                    n_utterances=int(scored.sum()),
                    identified=self.strata.identified,
                    empty=Empty(*empty[:, column].tolist()),
                )
            )
        timed = not self.strata.n_untimed[members].any()
        return Slice(
            cells=tuple(cells),
            n_speakers_expected=len(speakers) if self.strata.identified else None,
            n_utterances_expected=int(self.strata.n_utterances[members].sum()),
            duration_s=float(self.strata.duration_us[members].sum() / MICROSECONDS) if timed else None,
        )


def tally(counts: pd.DataFrame, strata: Strata, columns: Sequence[Column]) -> Tally:
    """Add up `counts`: one row per utterance_id, condition, system, normaliser, with the four integers.

    The cost is one pass over the rows; categorical key columns make it several times faster. Raises
    FaultsError for rows of an utterance or a column that is not expected.
    """
    stratum = strata.of_utterance[locate(counts["utterance_id"], strata.utterance_ids, "counts")]
    column = column_numbers(counts, columns)
    shape = (len(columns), len(strata.speakers))
    key = column * shape[1] + stratum
    size = shape[0] * shape[1]
    # bincount adds in float64, which is exact for integers below 2**53.
    sums = [np.bincount(key, weights=counts[name], minlength=size).reshape(shape) for name in COUNTS]
    utterances = np.bincount(key, minlength=size).reshape(shape)
    return Tally(
        strata=strata,
        counts=np.stack(sums).astype(np.int64),
        utterances=utterances,
        empty=_empty(counts, key, shape),
    )


def locate(values: pd.Series, known: pd.Index, table: str) -> Integers:
    """Position in `known` of each value of a column; FaultsError names the first that is not there."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        # Code -1 stands for a missing value and picks the -1 at the end.
        lookup = np.append(known.get_indexer(pd.Index(values.cat.categories)), -1)
        positions = lookup[values.cat.codes.to_numpy()]
    else:
        positions = known.get_indexer(pd.Index(values))
    strangers = values[positions < 0]
    if len(strangers):
        problem = f"{strangers.nunique(dropna=False)} not expected here"
        field = str(values.name)
        raise FaultsError([Fault(file=table, field=field, problem=problem, value=strangers.iloc[0])])
    return positions.astype(np.int64)


def _empty(counts: pd.DataFrame, key: Integers, shape: tuple[int, int]) -> Integers:
    """The fields of `Empty` by column and stratum, shape (3, *shape); `key`: flat place of each row."""
    substitutions, deletions, insertions, hits = (counts[name].to_numpy(np.int64) for name in COUNTS)
    said, heard = substitutions + deletions + hits, substitutions + insertions + hits
    silent, unheard = said == 0, (heard == 0) & (said > 0)
    size = shape[0] * shape[1]
    parts = (
        np.bincount(key[silent], minlength=size),
        np.bincount(key[silent], weights=insertions[silent], minlength=size),
        np.bincount(key[unheard], minlength=size),
    )
    return np.stack(parts).astype(np.int64).reshape(len(parts), *shape)


def column_numbers(counts: pd.DataFrame, columns: Sequence[Column]) -> Integers:
    """Position in `columns` of each row's condition, system and normaliser, shape (n_rows,)."""
    names = [sorted(set(values)) for values in zip(*columns, strict=True)]
    sizes = [len(values) for values in names]
    parts = [
        locate(counts[field], pd.Index(values), "counts")
        for field, values in zip(Column._fields, names, strict=True)
    ]
    number = np.full(sizes, -1, np.int64)
    for position, column in enumerate(columns):
        number[tuple(values.index(value) for values, value in zip(names, column, strict=True))] = position
    numbers: Integers = number[tuple(parts)]
    if (numbers < 0).any():
        row = counts.loc[numbers < 0, list(Column._fields)].iloc[0]
        raise FaultsError([Fault(file="counts", problem="a column not expected here", value=tuple(row))])
    return numbers


def _sum_runs(values: Integers, starts: NDArray[np.intp]) -> Integers:
    """Sums over the last axis of runs that begin at `starts`; no run, no sum."""
    if not len(starts):
        return values
    sums: Integers = np.add.reduceat(values, starts, axis=-1)
    return sums
