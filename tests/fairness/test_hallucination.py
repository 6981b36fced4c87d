"""Signs of words that nobody said."""

from __future__ import annotations

import numpy as np
import pytest
from fairness_tables import cell
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.fairness.counting.hallucination import (
    empty_insertions_per_minute,
    is_above_one,
    is_runaway,
    share_wrong_language,
)
from asr_fair.fairness.counting.slices import Cell, UtteranceSums
from asr_fair.records import ErrorCounts

COUNT = st.tuples(*[st.integers(0, 12)] * 4)


def four_utterances(**sums: int) -> Cell:
    one = cell([15], [10])
    return Cell(one.speakers, one.counts, 4, sums=UtteranceSums(**sums))


@settings(max_examples=50, deadline=None)
@given(st.lists(COUNT, min_size=1, max_size=20))
def test_signs_are_their_definitions_one_utterance_at_a_time(rows: list[tuple[int, int, int, int]]) -> None:
    counts = np.array(rows).T
    each = [ErrorCounts(*row) for row in rows]
    assert is_above_one(counts).tolist() == [one.wer is not None and one.wer > 1 for one in each]
    assert is_runaway(counts).tolist() == [
        one.hypothesis_words > 5 * one.reference_words and one.hypothesis_words >= 10 for one in each
    ]


def test_shares_are_of_what_could_show_the_sign() -> None:
    found = four_utterances(languages_detected=3, languages_wrong=1)
    assert share_wrong_language(found) == pytest.approx(1 / 3)


def test_words_put_into_empty_references_are_told_by_the_minute() -> None:
    empty = {"empty_references": 2, "empty_reference_insertions": 3, "empty_reference_us": 90_000_000}
    assert empty_insertions_per_minute(four_utterances(**empty)) == pytest.approx(3 / 1.5)
    assert empty_insertions_per_minute(four_utterances(**empty, untimed_empty_references=1)) is None
    assert empty_insertions_per_minute(four_utterances(empty_references=2)) is None


def test_what_cannot_be_divided_is_none() -> None:
    nothing = cell([], [])
    assert (share_wrong_language(nothing), empty_insertions_per_minute(nothing)) == (None, None)
