"""How often each speaker said a word, and how often it went wrong: on both sides of a comparison.

Three kinds of row: a word that was got wrong in any way; a word and what was heard in its place (nothing:
it was left out); a word that was heard and not said, which is told per reference word. Each is `wrong` times
out of `said`, both counted per speaker and side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.score.word_pairs import NOTHING, PairedWords, WordPair

FEWEST_SPEAKERS = 3
"""Who must have said a word on each side, and have got it wrong on both together, before it is tested."""


class Kind(StrEnum):
    """What a row is about."""

    WORD = "word"
    CONFUSION = "confusion"
    INSERTION = "insertion"


class Sides(NamedTuple):
    """Who is compared: the speaker of each of U utterances by number, and which side the utterance is on.

    No utterance is on both sides; one on neither has no part.
    """

    speakers: Integers
    group: Mask
    rest: Mask


@dataclass(frozen=True, eq=False)
class SideCounts:
    """One row on one side: its speakers who said it, ascending, and their counts, each of shape (K,)."""

    speakers: Integers
    said: Integers
    wrong: Integers

    @property
    def n_speakers(self) -> int:
        """Who said it."""
        return len(self.speakers)

    @property
    def n_speakers_wrong(self) -> int:
        """Who said it and was got wrong at least once."""
        return int(np.count_nonzero(self.wrong))

    @property
    def n_said(self) -> int:
        """How often it was said."""
        return int(self.said.sum())

    @property
    def n_wrong(self) -> int:
        """How often it went wrong."""
        return int(self.wrong.sum())

    @property
    def rate(self) -> float | None:
        """Wrong per time said; None where nobody said it."""
        return self.n_wrong / self.n_said if self.n_said else None


@dataclass(frozen=True, eq=False)
class WordRow:
    """A row on both sides. `hypothesis` is what was heard: nothing where a word was left out, None where the
    row is of a word however it was got wrong.
    """

    kind: Kind
    reference: str
    hypothesis: str | None
    group: SideCounts
    rest: SideCounts

    @property
    def n_speakers_wrong(self) -> int:
        """On both sides together, which no exchange of labels changes."""
        return len(np.union1d(*(side.speakers[side.wrong > 0] for side in (self.group, self.rest))))


def word_rows(paired: PairedWords, sides: Sides) -> Iterator[WordRow]:
    """Every row that went wrong at least once on either side, in the order of kinds and of words."""
    pairs = paired.pairs
    words = sorted({pair.reference for pair in pairs} - {NOTHING})
    number = {word: place for place, word in enumerate(words)}
    owner = np.array([number.get(pair.reference, -1) for pair in pairs], np.int64)
    right = np.array([pair.is_right for pair in pairs], np.bool_)
    counted = [
        _Counted.of(paired, sides, mask, owner, right, len(words)) for mask in (sides.group, sides.rest)
    ]
    for word, place in number.items():
        group, rest = (side.word(place) for side in counted)
        if group.n_wrong + rest.n_wrong:
            yield WordRow(Kind.WORD, word, None, group, rest)
    for kind, is_own in ((Kind.CONFUSION, owner >= 0), (Kind.INSERTION, owner < 0)):
        for place in np.flatnonzero(is_own & ~right).tolist():
            group, rest = (side.pair(place, int(owner[place])) for side in counted)
            if group.n_wrong + rest.n_wrong:
                yield _pair_row(kind, pairs[place], group, rest)


def _pair_row(kind: Kind, pair: WordPair, group: SideCounts, rest: SideCounts) -> WordRow:
    return WordRow(kind, pair.reference, pair.hypothesis, group, rest)


@dataclass(frozen=True, eq=False)
class _Counted:
    """One side: sparse matrices of whole numbers over its speakers.

    `said` and `wrong` have a row a word, `pairs` one a pair; `all_said` is the reference words of each
    speaker.
    """

    said: Any
    wrong: Any
    pairs: Any
    all_said: Integers

    @classmethod
    def of(
        cls,
        paired: PairedWords,
        sides: Sides,
        mask: Mask,
        owner: Integers,
        right: Mask,
        n_words: int,
    ) -> _Counted:
        from scipy.sparse import csr_array  # slow to import

        own = mask[paired.utterance]
        pair, times = paired.pair[own], paired.times[own]
        speaker = sides.speakers[paired.utterance[own]]
        n_speakers = int(sides.speakers.max(initial=-1)) + 1

        def matrix(rows: Integers, chosen: Mask, n_rows: int) -> Any:
            made = csr_array((times[chosen], (rows[chosen], speaker[chosen])), shape=(n_rows, n_speakers))
            made.sum_duplicates()
            return made

        is_said = owner[pair] >= 0
        said = matrix(owner[pair], is_said, n_words)
        return cls(
            said=said,
            wrong=matrix(owner[pair], is_said & ~right[pair], n_words),
            pairs=matrix(pair, ~right[pair], len(paired.pairs)),
            all_said=np.asarray(said.sum(axis=0), np.int64).ravel(),
        )

    def word(self, word: int) -> SideCounts:
        speakers, said = _row(self.said, word)
        return SideCounts(speakers, said, _at(self.wrong, word, speakers))

    def pair(self, pair: int, word: int) -> SideCounts:
        """Of an insertion, `word` is below 0, and all who said anything might have had it put in."""
        if word < 0:
            speakers = np.flatnonzero(self.all_said)
            said = self.all_said[speakers]
        else:
            speakers, said = _row(self.said, word)
        return SideCounts(speakers, said, _at(self.pairs, pair, speakers))


def _row(matrix: Any, row: int) -> tuple[Integers, Integers]:
    own = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[own].astype(np.int64), matrix.data[own]


def _at(matrix: Any, row: int, speakers: Integers) -> Integers:
    """The numbers of a row for `speakers`, ascending; 0 where it has none. Others are left out."""
    columns, values = _row(matrix, row)
    found = np.zeros(len(speakers), np.int64)
    places = np.searchsorted(speakers, columns)
    known = places < len(speakers)
    known[known] = speakers[places[known]] == columns[known]
    found[places[known]] = values[known]
    return found
