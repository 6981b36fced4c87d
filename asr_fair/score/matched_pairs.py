"""MAPSSWE, NIST's matched-pairs test on sentence segments, for comparison with published figures only.

It takes segments of speech as independent and knows no speakers, so its p-value is too small wherever
speakers differ. Sources: Gillick & Cox 1989; segments as in NIST SCTK's `mtchprs.c` (read, see methods
section 5). One difference: SCTK stops at the end of the first system's alignment and so overlooks words that
only the second one inserts after the last reference word; here both systems are counted alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy.special import ndtr

from asr_fair.score.align import align_words

GOOD_WORDS_BETWEEN = 2
"""Consecutive words right in both systems that end a segment (SCTK's default)."""


class PlacedErrors(NamedTuple):
    """Errors of one transcript by their place along a reference of N words."""

    wrong: Sequence[int]
    """1 for each reference word substituted or deleted, else 0; length N."""
    inserted: Sequence[int]
    """Words inserted before each reference word, and after the last; length N + 1."""


class SegmentSums(NamedTuple):
    """What the test needs of segments; sums of several utterances are added field by field."""

    n_segments: int = 0
    errors: int = 0
    errors_other: int = 0
    squares: int = 0
    """Of the errors of the first system less those of the other."""


@dataclass(frozen=True, slots=True)
class MatchedPairs:
    """The test on n segments; d = errors of the first system less those of the second in one segment.

    `z` and `p_value` are None where the differences show no spread (fewer than two segments, or all alike).
    """

    n_segments: int
    errors: tuple[int, int]
    mean: float | None
    sd: float | None
    z: float | None
    p_value: float | None


def place_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> PlacedErrors:
    """Where one best alignment of two lists of words has its errors."""
    wrong, inserted = [0] * len(reference), [0] * (len(reference) + 1)
    for operation in align_words(reference, hypothesis):
        if operation.tag == "insert":
            inserted[operation.src_pos] += 1
        else:
            wrong[operation.src_pos] = 1
    return PlacedErrors(wrong, inserted)


def segments(first: PlacedErrors, second: PlacedErrors) -> Iterator[tuple[int, int]]:
    """Errors of both systems in each segment of one utterance.

    A segment opens at the first error of either system and closes after two consecutive words right in both,
    with nothing inserted between them, or at the end of the utterance. The good words that bound it add no
    errors.
    """
    errors, n_good = (0, 0), 0
    last = len(first.wrong)
    for place in range(last + 1):
        inserted = first.inserted[place], second.inserted[place]
        wrong = (first.wrong[place], second.wrong[place]) if place < last else (0, 0)
        if any(inserted):
            n_good = 0
        errors = errors[0] + inserted[0] + wrong[0], errors[1] + inserted[1] + wrong[1]
        n_good = 0 if any(wrong) else n_good + 1
        if any(errors) and (n_good >= GOOD_WORDS_BETWEEN or place == last):
            yield errors
            errors = (0, 0)


def sum_segments(pairs: Iterable[tuple[int, int]]) -> SegmentSums:
    """The sums over segments, each with the errors of both systems."""
    n, errors, errors_other, squares = 0, 0, 0, 0
    for one, other in pairs:
        n, errors, errors_other = n + 1, errors + one, errors_other + other
        squares += (one - other) ** 2
    return SegmentSums(n, errors, errors_other, squares)


def matched_pairs_of(sums: SegmentSums) -> MatchedPairs:
    """Z = mean(d) / (sd(d) / √n) and its two-sided p from the normal."""
    n, difference = sums.n_segments, sums.errors - sums.errors_other
    totals = sums.errors, sums.errors_other
    if n < 2:
        return MatchedPairs(n, totals, None, None, None, None)
    # In whole numbers until the end: no rounding where all differences are alike.
    spread = n * sums.squares - difference**2
    mean, sd = difference / n, math.sqrt(spread / (n * (n - 1)))
    if not spread:
        return MatchedPairs(n, totals, mean, 0.0, None, None)
    z = mean / (sd / math.sqrt(n))
    return MatchedPairs(n, totals, mean, sd, z, float(2.0 * ndtr(-abs(z))))
