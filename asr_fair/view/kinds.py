"""Kinds of error that utterances are filtered by, each a question to the counts of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from asr_fair.fairness.counting.hallucination import is_above_one, is_runaway
from asr_fair.fairness.counting.slices import DELETIONS, HITS, INSERTIONS, SUBSTITUTIONS
from asr_fair.fairness.counting.strata import Mask
from asr_fair.view.catalogue import SCORED, Catalogue


class Kind(StrEnum):
    """What an address calls a kind."""

    ERRORS = "errors"
    SUBSTITUTIONS = "substitutions"
    DELETIONS = "deletions"
    INSERTIONS = "insertions"
    ABOVE_ONE = "above_one"
    RUNAWAY = "runaway"
    EMPTY_TRANSCRIPT = "empty_transcript"
    NOBODY_SPOKE = "nobody_spoke"
    WRONG_LANGUAGE = "wrong_language"
    LOST = "lost"
    NONE = "none"


KIND_TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ERRORS: "any error",
        Kind.SUBSTITUTIONS: "words taken for others",
        Kind.DELETIONS: "words left out",
        Kind.INSERTIONS: "words added",
        Kind.ABOVE_ONE: "more errors than words (WER above 100 %)",
        Kind.RUNAWAY: "transcript ran away (over 5 times the words, 10 or more)",
        Kind.EMPTY_TRANSCRIPT: "empty transcript where something was said",
        Kind.NOBODY_SPOKE: "words where nobody spoke",
        Kind.WRONG_LANGUAGE: "another language detected than was spoken",
        Kind.LOST: "no transcript (lost)",
        Kind.NONE: "no error",
    }
)
"""What people read."""


def rows_of_kind(catalogue: Catalogue, kind: Kind) -> Mask:
    """Which rows are of a kind, shape = (C × U,); a lost row is of the kind `lost` alone."""
    lost: Mask = np.asarray(catalogue.losses != SCORED, dtype=np.bool_)
    if kind is Kind.LOST:
        return lost
    if kind is Kind.WRONG_LANGUAGE:
        return catalogue.wrong_language
    return _OF_COUNTS[kind](catalogue) & ~lost


def _has(*counts: int) -> Callable[[Catalogue], Mask]:
    def has(catalogue: Catalogue) -> Mask:
        found: Mask = np.any(catalogue.counts[list(counts)] > 0, axis=0)
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
