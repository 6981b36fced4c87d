"""What each speaker adds to a group: integer counts by stratum, and the groups made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.counting.strata import MICROSECONDS, Integers, Mask, Strata
from asr_fair.records import Seconds

COUNTS = ("substitutions", "deletions", "insertions", "hits")
SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS = range(4)
SCORED, SPOKEN, ABOVE_ONE, RUNAWAY = range(4)
"""Places in `Cell.by_utterance`."""


class UtteranceSums(NamedTuple):
    """Sums over a cell's utterances of what only single utterances know; e errors and N words of each.

    They are integers and add up like counts, whatever the order of the rows. They stand in the order of the
    first axis of `Tally.sums`.
    """

    errors_squared: int = 0
    errors_times_words: int = 0
    words_squared: int = 0
    capped_errors: int = 0
    """min(e, N): errors without those beyond the words said."""
    nano_rates: int = 0
    """e/N in billionths, over utterances with N > 0."""
    above_one: int = 0
    """Utterances with more errors than words, of those with words."""
    runaway: int = 0
    """Utterances whose transcript ran away."""
    empty_references: int = 0
    """Utterances whose reference has no words."""
    empty_reference_insertions: int = 0
    """Words that were recognised in them."""
    empty_reference_us: int = 0
    """Their length in whole microseconds, as far as it is known."""
    untimed_empty_references: int = 0
    """How many of them have no known length."""
    empty_transcripts: int = 0
    """Transcripts without words where the reference has some."""
    languages_detected: int = 0
    """Utterances whose language was known and detected by the recogniser."""
    languages_wrong: int = 0
    """How many of them it took for another language."""


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
    sums
        What only single utterances know, summed over the scored ones.
    by_utterance
        Of each speaker: scored utterances, those with reference words, those with WER > 1, and those whose
        transcript ran away, shape (4, K); None where that was not asked for.
    """

    speakers: Integers
    counts: Integers
    n_utterances: int
    identified: bool = True
    sums: UtteranceSums = field(default_factory=UtteranceSums)
    by_utterance: Integers | None = None

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

    @property
    def n_with_words(self) -> int | None:
        """Speakers with a reference word, who alone tell of a rate; None where speakers are not known."""
        return int(np.count_nonzero(self.words)) if self.identified else None


@dataclass(frozen=True, eq=False)
class Slice:
    """One group: its cell in every column, and its share of the manifest.

    `characters` are the same cells with characters for words, or empty where none were counted.
    """

    cells: tuple[Cell, ...]
    n_speakers_expected: int | None
    n_utterances_expected: int
    duration_s: Seconds | None
    characters: tuple[Cell, ...] = ()

    def at(self, places: Sequence[int]) -> list[Cell]:
        """The cells at some places among the columns."""
        return [self.cells[place] for place in places]


@dataclass(frozen=True, eq=False)
class UnitTotals:
    """What was counted in one unit by stratum; C columns, T strata.

    Attributes
    ----------
    counts
        Substitutions, deletions, insertions, hits, shape (4, C, T).
    utterances
        Scored utterances, shape (C, T).
    sums
        The fields of `UtteranceSums`, shape (14, C, T); None where they were not asked for.
    """

    counts: Integers
    utterances: Integers
    sums: Integers | None = None

    @cached_property
    def by_utterance(self) -> Integers | None:
        """Utterances of the kinds in `Cell.by_utterance`, shape (4, C, T)."""
        if self.sums is None:
            return None
        names = ("empty_references", "above_one", "runaway")
        empty, above_one, runaway = (self.sums[UtteranceSums._fields.index(name)] for name in names)
        return np.stack([self.utterances, self.utterances - empty, above_one, runaway])


@dataclass(frozen=True, eq=False)
class Tally:
    """Words, and characters where they were counted, by stratum."""

    strata: Strata
    words: UnitTotals
    characters: UnitTotals | None = None

    def of(self, members: Mask) -> Slice:
        """The group made of the strata in `members`, shape (T,)."""
        speakers, starts = np.unique(self.strata.speakers[members], return_index=True)
        timed = not self.strata.n_untimed[members].any()
        return Slice(
            cells=self._cells(self.words, members, speakers, starts),
            n_speakers_expected=len(speakers) if self.strata.identified else None,
            n_utterances_expected=int(self.strata.n_utterances[members].sum()),
            duration_s=float(self.strata.duration_us[members].sum() / MICROSECONDS) if timed else None,
            characters=(
                () if self.characters is None else self._cells(self.characters, members, speakers, starts)
            ),
        )

    def _cells(
        self, counted: UnitTotals, members: Mask, speakers: Integers, starts: NDArray[np.intp]
    ) -> tuple[Cell, ...]:
        """The group's cell in every column; `starts`: where each speaker begins among the members."""
        counts = _sum_runs(counted.counts[..., members], starts)
        utterances = _sum_runs(counted.utterances[..., members], starts)
        sums = None if counted.sums is None else counted.sums @ members.astype(np.int64)
        kinds = (
            None if counted.by_utterance is None else _sum_runs(counted.by_utterance[..., members], starts)
        )
        cells = []
        for column, scored in enumerate(utterances):
            present = scored > 0
            cells.append(
                Cell(
                    speakers=speakers[present],
                    counts=counts[:, column, present],
                    n_utterances=int(scored.sum()),
                    identified=self.strata.identified,
                    sums=UtteranceSums() if sums is None else UtteranceSums(*sums[:, column].tolist()),
                    by_utterance=None if kinds is None else kinds[:, column, present],
                )
            )
        return tuple(cells)


def _sum_runs(values: Integers, starts: NDArray[np.intp]) -> Integers:
    """Sums over the last axis of runs that begin at `starts`; no run, no sum."""
    if not len(starts):
        return values
    sums: Integers = np.add.reduceat(values, starts, axis=-1)
    return sums
