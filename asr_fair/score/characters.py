"""Character error counts, with or without the spaces between words; the unit says which."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from asr_fair.records import ErrorCounts
from asr_fair.score.align import Counts, Words, count_pairs, of_each


class CharacterUnit(StrEnum):
    """What a character error rate counts: kept beside every count, for the two cannot be compared."""

    CHARACTERS = "char"
    CHARACTERS_AND_SPACES = "char+space"  # as jiwer counts


def count_character_errors(
    reference: Words, hypothesis: Words, unit: CharacterUnit = CharacterUnit.CHARACTERS_AND_SPACES
) -> ErrorCounts:
    """Counts of one pair; see `count_character_pairs`.

    >>> count_character_errors(["an", "ice"], ["a", "nice"], CharacterUnit.CHARACTERS)
    ErrorCounts(substitutions=0, deletions=0, insertions=0, hits=5)
    """
    return ErrorCounts(*count_character_pairs([reference], [hypothesis], unit)[0].tolist())


def count_character_pairs(
    references: Sequence[Words],
    hypotheses: Sequence[Words],
    unit: CharacterUnit = CharacterUnit.CHARACTERS_AND_SPACES,
) -> Counts:
    """Counts of one best alignment of the characters of each two lists of words.

    A character is a Unicode code point. With spaces there is one between two words, so that two words run
    together are one deletion; without them that is no error.
    """
    join = (" " if unit is CharacterUnit.CHARACTERS_AND_SPACES else "").join
    return count_pairs(of_each(join, references), list(map(join, hypotheses)))
