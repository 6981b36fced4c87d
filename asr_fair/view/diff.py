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


_EDITS = {"replace": Edit.SUBSTITUTION, "delete": Edit.DELETION, "insert": Edit.INSERTION}


def word_diff(reference: Sequence[str], heard: Sequence[str]) -> tuple[Token, ...]:
    """One best alignment, the very one that the counts come from, as tokens in the order of reading.

    >>> [each.edit.value for each in word_diff("the room is quiet".split(), "the groom is".split())]
    ['hit', 'substitution', 'hit', 'deletion']
    """
    return tuple(_tokens(reference, heard))


def _tokens(reference: Sequence[str], heard: Sequence[str]) -> Iterator[Token]:
    source = target = 0
    for tag, at_reference, at_heard in align_words(reference, heard).as_list():
        # What no operation touches is alike on both sides.
        for word in reference[source:at_reference]:
            yield Token(Edit.HIT, word, word)
        edit = _EDITS[tag]
        has_reference, has_heard = edit is not Edit.INSERTION, edit is not Edit.DELETION
        yield Token(
            edit,
            reference[at_reference] if has_reference else "",
            heard[at_heard] if has_heard else "",
        )
        source, target = at_reference + has_reference, at_heard + has_heard
    for word, same in zip(reference[source:], heard[target:], strict=True):
        yield Token(Edit.HIT, word, same)
