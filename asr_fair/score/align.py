"""Word alignment: integer counts of substitutions, deletions, insertions and hits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Editops, Levenshtein
from rapidfuzz.process import cpdist

from asr_fair.records import ErrorCounts

Words: TypeAlias = Sequence[str]
Counts: TypeAlias = NDArray[np.int64]
"""Substitutions, deletions, insertions and hits of each pair, shape = (n_pairs, 4)."""

T = TypeVar("T")
Made = TypeVar("Made")


def count_word_errors(reference: Words, hypothesis: Words) -> ErrorCounts:
    """Counts of one pair; see `count_word_pairs`.

    >>> count_word_errors("the room is quiet".split(), "the groom is".split())
    ErrorCounts(substitutions=1, deletions=1, insertions=0, hits=2)
    """
    return ErrorCounts(*count_word_pairs([reference], [hypothesis])[0].tolist())


def count_word_pairs(references: Sequence[Words], hypotheses: Sequence[Words]) -> Counts:
    """Counts of one best alignment of each pair, split into S, D, I and H exactly as jiwer 4 splits them.

    The total S + D + I is the Levenshtein distance and unique; the split is not, so it comes from the
    same routine that jiwer uses. An empty reference gives only insertions, an empty hypothesis only
    deletions. Where neighbours have one list as their reference, it is prepared once.
    """
    try:
        code = _Characters().__getitem__
        return count_pairs(
            of_each(lambda words: "".join(map(code, words)), references),
            ["".join(map(code, words)) for words in hypotheses],
        )
    except ValueError:  # more different words than there are characters
        number = _Numbers().__getitem__
        return count_pairs(
            of_each(lambda words: list(map(number, words)), references),
            [list(map(number, words)) for words in hypotheses],
        )


def count_pairs(references: Sequence[Sequence[Hashable]], hypotheses: Sequence[Sequence[Hashable]]) -> Counts:
    """Counts of each pair of texts by characters, or of lists of numbers by numbers.

    Most often the distance d and the lengths n and m leave one split only: with S + D + I = d and
    D - I = n - m, S is d - |n - m| or less by an even number. Where that leaves a choice, and there alone,
    the edits are listed.
    """
    lengths = np.fromiter(map(len, references), np.int64, len(references))
    surplus = lengths - np.fromiter(map(len, hypotheses), np.int64, len(hypotheses))
    distances = cpdist(references, hypotheses, scorer=Levenshtein.distance, dtype=np.int64)
    substitutions = distances - np.abs(surplus)
    for row in np.flatnonzero(substitutions > 1).tolist():
        edits = Levenshtein.editops(references[row], hypotheses[row]).as_list()
        substitutions[row] = [tag for tag, _, _ in edits].count("replace")
    deletions = (distances - substitutions + surplus) // 2
    return np.stack(
        [substitutions, deletions, deletions - surplus, lengths - substitutions - deletions], axis=1
    )


def align_words(reference: Words, hypothesis: Words) -> Editops:
    """One best alignment as edit operations (replace, delete, insert), each with its two positions."""
    # Small integers, as in jiwer: rapidfuzz compares other values by their hash.
    number = _Numbers().__getitem__
    return Levenshtein.editops(list(map(number, reference)), list(map(number, hypothesis)))


def of_each(make: Callable[[T], Made], items: Iterable[T]) -> list[Made]:
    """What `make` makes of each item; of neighbours that are the same object it is made once."""
    made: list[Made] = []
    last: T | None = None
    for item in items:
        made.append(made[-1] if item is last and made else make(item))
        last = item
    return made


class _Numbers(dict[str, int]):
    """A number of its own for every word that is looked up."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class _Characters(dict[str, str]):
    """A character of its own for every word that is looked up; ValueError where none is left."""

    def __missing__(self, word: str) -> str:
        character = self[word] = chr(len(self))
        return character
