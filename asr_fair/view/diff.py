"""Where a transcript differs from its reference, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from asr_fair.score.word_pairs import NOTHING, WordPair, pairs_in_order


class Edit(StrEnum):
    """What became of a word."""

    HIT = "hit"
    SUBSTITUTION = "substitution"
    DELETION = "deletion"
    INSERTION = "insertion"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the reference, of the transcript, or one taken for the other; empty where there is none."""

    edit: Edit
    reference: str
    heard: str


def word_diff(reference: Sequence[str], heard: Sequence[str]) -> tuple[Token, ...]:
    """One best alignment, the very one that the counts come from, as tokens in the order of reading.

    >>> [each.edit.value for each in word_diff("the room is quiet".split(), "the groom is".split())]
    ['hit', 'substitution', 'hit', 'deletion']
    """
    return tuple(map(_token, pairs_in_order(reference, heard)))


def _token(pair: WordPair) -> Token:
    if pair.is_right:
        edit = Edit.HIT
    elif pair.hypothesis == NOTHING:
        edit = Edit.DELETION
    else:
        edit = Edit.INSERTION if pair.reference == NOTHING else Edit.SUBSTITUTION
    return Token(edit, pair.reference, pair.hypothesis)
