"""Kinds of error that utterances are filtered by, each a question to the counts of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from asr_fair.fairness.counting.hallucination import is_above_one, is_runaway
from asr_fair.fairness.counting.slices import DELETIONS, HITS, INSERTIONS, SUBSTITUTIONS
from asr_fair.view.catalogue import SCORED, Catalogue, Mask


class Kind(StrEnum):
    """What an address calls a kind; `title` is what people read."""

    title: str

    def __new__(cls, name: str, title: str) -> Kind:
        """Keep the title beside the name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.title = title
        return member

    ERRORS = "errors", "any error"
    SUBSTITUTIONS = "substitutions", "words taken for others"
    DELETIONS = "deletions", "words left out"
    INSERTIONS = "insertions", "words added"
    ABOVE_ONE = "above_one", "more errors than words (WER above 100 %)"
    RUNAWAY = "runaway", "transcript ran away (over 5 times the words, 10 or more)"
    EMPTY_TRANSCRIPT = "empty_transcript", "empty transcript where something was said"
    NOBODY_SPOKE = "nobody_spoke", "words where nobody spoke"
    WRONG_LANGUAGE = "wrong_language", "wrong language detected"
    LOST = "lost", "no transcript (lost)"
    NONE = "none", "no error"


def rows_of_kind(catalogue: Catalogue, kind: Kind) -> Mask:
    """Which rows are of a kind, shape = (C × U,); a lost row is of the kind `lost` alone."""
    lost: Mask = catalogue.losses != SCORED
    if kind is Kind.LOST:
        return lost
    if kind is Kind.WRONG_LANGUAGE:
        return catalogue.wrong_language
    found: Mask = _OF_COUNTS[kind](catalogue) & ~lost
    return found


def _has(*counts: int) -> Callable[[Catalogue], Mask]:
    def has(catalogue: Catalogue) -> Mask:
        found: Mask = (catalogue.counts[list(counts)] > 0).any(axis=0)
        return found

    return has


def _is_empty_transcript(catalogue: Catalogue) -> Mask:
    found: Mask = (catalogue.words > 0) & ~_has(SUBSTITUTIONS, INSERTIONS, HITS)(catalogue)
    return found


def _is_nobody_spoke(catalogue: Catalogue) -> Mask:
    found: Mask = (catalogue.words == 0) & (catalogue.counts[INSERTIONS] > 0)
    return found


_OF_COUNTS: Mapping[Kind, Callable[[Catalogue], Mask]] = MappingProxyType(
    {
        Kind.ERRORS: _has(SUBSTITUTIONS, DELETIONS, INSERTIONS),
        Kind.SUBSTITUTIONS: _has(SUBSTITUTIONS),
        Kind.DELETIONS: _has(DELETIONS),
        Kind.INSERTIONS: _has(INSERTIONS),
        Kind.ABOVE_ONE: lambda catalogue: is_above_one(catalogue.counts),
        Kind.RUNAWAY: lambda catalogue: is_runaway(catalogue.counts),
        Kind.EMPTY_TRANSCRIPT: _is_empty_transcript,
        Kind.NOBODY_SPOKE: _is_nobody_spoke,
        Kind.NONE: lambda catalogue: ~_has(SUBSTITUTIONS, DELETIONS, INSERTIONS)(catalogue),
    }
)
