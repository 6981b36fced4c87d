"""Which word was heard as which: the pairs of one best alignment of every transcript, counted.

A hit pairs a word with itself, a substitution with another word, a deletion with nothing; an insertion pairs
nothing with a word. The alignment is that of the counts (`align.align_words`), so that sums agree with S, D,
I and H. A best alignment is not unique: where "a b" was heard as "c", it is one of two words that became "c".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.score.align import align_words
from asr_fair.score.normalise import Normaliser

NOTHING = ""
"""In the place of a word that nobody said or nobody heard; a normalised word is never empty."""

Integers = NDArray[np.int64]


class WordPair(NamedTuple):
    """A word of the reference and what stands for it in the transcript; `NOTHING` where there is none."""

    reference: str
    hypothesis: str

    @property
    def is_right(self) -> bool:
        """Whether the word was recognised."""
        return self.reference == self.hypothesis


@dataclass(frozen=True, eq=False)
class PairedWords:
    """The word pairs of U transcripts of one system under one condition.

    Attributes
    ----------
    utterance_ids
        Of the transcripts, length U.
    pairs
        The different pairs, sorted, length P.
    utterance, pair, times
        Which transcript holds which pair how often, shape (n,).
    """

    utterance_ids: pd.Index
    pairs: tuple[WordPair, ...]
    utterance: Integers
    pair: Integers
    times: Integers


def pair_words(references: pd.DataFrame, transcripts: pd.DataFrame, normaliser: Normaliser) -> PairedWords:
    """The word pairs of the transcripts of one system under one condition.

    Parameters
    ----------
    references
        Columns utterance_id (unique) and reference.
    transcripts
        Columns utterance_id (unique) and text, none missing.
    """
    texts = references.set_index("utterance_id")["reference"].loc[transcripts["utterance_id"]]
    number: dict[WordPair, int] = {}
    found: list[tuple[int, int, int]] = []
    for place, (reference, text) in enumerate(zip(texts, transcripts["text"], strict=True)):
        own = pairs_of(normaliser.words(reference), normaliser.words(text))
        found += [(place, number.setdefault(pair, len(number)), times) for pair, times in own.items()]
    utterance, pair, times = np.array(found, np.int64).reshape(-1, 3).T
    ordered = sorted(number)
    new_number = {each: place for place, each in enumerate(ordered)}
    moved = np.array([new_number[each] for each in number], np.int64)
    return PairedWords(
        utterance_ids=pd.Index(transcripts["utterance_id"]),
        pairs=tuple(ordered),
        utterance=utterance,
        pair=moved[pair],
        times=times,
    )


def pairs_of(reference: Sequence[str], hypothesis: Sequence[str]) -> Counter[WordPair]:
    """The pairs of one best alignment of two lists of words.

    >>> sorted(pairs_of(["the", "room"], ["the", "the", "groom"]))[0]
    WordPair(reference='', hypothesis='the')
    """
    return Counter(pairs_in_order(reference, hypothesis))


def pairs_in_order(reference: Sequence[str], hypothesis: Sequence[str]) -> Iterator[WordPair]:
    """The pairs of one best alignment, in the order of reading."""
    done = 0
    for edit in align_words(reference, hypothesis):
        # What no edit touches is alike on both sides.
        yield from (WordPair(word, word) for word in reference[done : edit.src_pos])
        is_added = edit.tag == "insert"
        yield WordPair(
            NOTHING if is_added else reference[edit.src_pos],
            NOTHING if edit.tag == "delete" else hypothesis[edit.dest_pos],
        )
        done = edit.src_pos + (not is_added)
    yield from (WordPair(word, word) for word in reference[done:])
