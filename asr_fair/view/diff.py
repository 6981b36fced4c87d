"""Where a transcript differs from its reference, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from asr_fair.score.align import align_words


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
    return tuple(_tokens(reference, heard))


def _tokens(reference: Sequence[str], heard: Sequence[str]) -> Iterator[Token]:
    done = 0
    for operation in align_words(reference, heard):
        at_reference, at_heard = operation.src_pos, operation.dest_pos
        # What no operation touches is alike on both sides.
        yield from (Token(Edit.HIT, word, word) for word in reference[done:at_reference])
        done = at_reference + (operation.tag != "insert")
        match operation.tag:
            case "replace":
                yield Token(Edit.SUBSTITUTION, reference[at_reference], heard[at_heard])
            case "delete":
                yield Token(Edit.DELETION, reference[at_reference], "")
            case "insert":
                yield Token(Edit.INSERTION, "", heard[at_heard])
    yield from (Token(Edit.HIT, word, word) for word in reference[done:])
