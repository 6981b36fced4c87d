"""The word diff is the alignment that the counts come from."""

from __future__ import annotations

from collections import Counter

import jiwer
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.view.diff import Edit, word_diff

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_a_diff(reference: list[str], heard: list[str]) -> None:
    tokens = word_diff(reference, heard)
    assert [each.reference for each in tokens if each.reference] == reference
    assert [each.heard for each in tokens if each.heard] == heard
    assert all((each.reference == each.heard) == (each.edit is Edit.HIT) for each in tokens)


@given(TEXTS.filter(bool), TEXTS)
def test_edits_are_those_that_jiwer_counts(reference: list[str], heard: list[str]) -> None:
    found = Counter(each.edit for each in word_diff(reference, heard))
    oracle = jiwer.process_words(" ".join(reference), " ".join(heard))
    assert found[Edit.SUBSTITUTION] == oracle.substitutions
    assert found[Edit.DELETION] == oracle.deletions
    assert found[Edit.INSERTION] == oracle.insertions
    assert found[Edit.HIT] == oracle.hits
