"""Character counts against jiwer."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.records import ErrorCounts
from asr_fair.score.characters import CharacterUnit, count_character_errors

WORDS = st.lists(st.text("abcé日", min_size=1, max_size=4), max_size=5)


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS)
def test_counts_with_spaces_are_those_of_jiwer(reference: list[str], hypothesis: list[str]) -> None:
    found = count_character_errors(reference, hypothesis)
    if not reference:
        assert found == ErrorCounts(insertions=len(" ".join(hypothesis)))
        return
    oracle = jiwer.process_characters(" ".join(reference), " ".join(hypothesis))
    assert (found.substitutions, found.deletions, found.insertions, found.hits) == (
        oracle.substitutions, oracle.deletions, oracle.insertions, oracle.hits,
    )  # fmt: skip
    assert found.wer == pytest.approx(oracle.cer)


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS)
def test_counts_without_spaces_are_those_of_jiwer_on_joined_words(
    reference: list[str], hypothesis: list[str]
) -> None:
    found = count_character_errors(reference, hypothesis, CharacterUnit.CHARACTERS)
    assert found.reference_words == len("".join(reference))
    if reference:
        assert found.wer == pytest.approx(jiwer.cer("".join(reference), "".join(hypothesis)))


def test_words_run_together_are_an_error_only_where_spaces_count() -> None:
    units = [CharacterUnit.CHARACTERS_AND_SPACES, CharacterUnit.CHARACTERS]
    assert [count_character_errors(["no", "where"], ["nowhere"], unit).errors for unit in units] == [1, 0]
    assert [str(unit) for unit in units] == ["char+space", "char"]
