"""Signs of words that nobody said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.fairness.hallucination import (
    count_hallucinations,
    is_above_one,
    is_runaway,
    is_wrong_language,
)
from asr_fair.fairness.slices import COUNTS
from asr_fair.records import ErrorCounts
from edacc_counts import headline

COUNT = st.tuples(*[st.integers(0, 12)] * 4)


@settings(max_examples=50, deadline=None)
@given(st.lists(COUNT, min_size=1, max_size=20))
def test_signs_are_their_definitions_one_utterance_at_a_time(rows: list[tuple[int, int, int, int]]) -> None:
    counts = np.array(rows).T
    each = [ErrorCounts(*row) for row in rows]
    assert is_above_one(counts).tolist() == [one.wer is not None and one.wer > 1 for one in each]
    assert is_runaway(counts).tolist() == [
        one.hypothesis_words > 5 * one.reference_words and one.hypothesis_words >= 10 for one in each
    ]


def test_block_of_four_utterances_counted_by_hand() -> None:
    # A good one, a loop of 12 on 1 word, 3 words and 60 s of nothing said, an empty one right.
    counts = np.array([(1, 0, 1, 8), (0, 0, 11, 1), (0, 0, 3, 0), (0, 0, 0, 0)]).T
    known, wrong = is_wrong_language(["en", "cy", "EN_us", None], ["en", "en-GB", "en", "en"])
    found = count_hallucinations(
        counts,
        duration_us=np.array([5, 5, 60, 30]) * 1_000_000,
        detected=known,
        wrong_language=wrong,
    )
    assert found.insertion_rate == pytest.approx(15 / 10)
    assert found.share_above_one == pytest.approx(1 / 2)
    assert found.share_runaway == pytest.approx(1 / 4)
    assert (found.n_empty, found.empty_insertions) == (2, 3)
    assert found.empty_insertions_per_minute == pytest.approx(3 / 1.5)
    assert found.share_wrong_language == pytest.approx(1 / 3)


def test_what_cannot_be_divided_is_none() -> None:
    nothing = count_hallucinations(np.zeros((4, 0), np.int64))
    assert (nothing.n_utterances, nothing.share_runaway, nothing.insertion_rate) == (0, None, None)
    assert (nothing.share_above_one, nothing.share_wrong_language) == (None, None)
    silent = count_hallucinations(np.array([[0], [0], [4], [0]]), duration_us=np.array([0]))
    assert silent.empty_insertions_per_minute is None
    assert count_hallucinations(np.array([[0], [0], [4], [0]])).empty_insertions_per_minute is None


@pytest.mark.shared
def test_edacc_has_the_published_loops_in_the_published_groups(shared_data: Path) -> None:
    published = json.loads((shared_data / "edacc_whisper_turbo/published_summary.json").read_text())
    loops = {group: each["count"] for group, each in published["hallucination_loops_by_group"].items()}
    rows = headline(shared_data)
    blocks = {
        group: count_hallucinations(of_group[list(COUNTS)].to_numpy().T)
        for group, of_group in rows.groupby("accent")
    }
    assert {group: block.n_runaway for group, block in blocks.items() if block.n_runaway} == loops
    assert sum(block.n_runaway for block in blocks.values()) == 6
    assert sum(block.n_empty for block in blocks.values()) == 269
    assert sum(block.empty_insertions for block in blocks.values()) == 451
