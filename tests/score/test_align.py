import jiwer
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.records import ErrorCounts
from asr_fair.score.align import count_word_errors

WORDS = st.lists(st.sampled_from(["a", "b", "c", "the", "room", "is", "-1", "97"]), max_size=14)


@given(WORDS, WORDS)
def test_split_equals_jiwer(reference: list[str], hypothesis: list[str]) -> None:
    oracle = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    assert count_word_errors(reference, hypothesis) == ErrorCounts(
        oracle.substitutions, oracle.deletions, oracle.insertions, oracle.hits
    )


def test_empty_reference_gives_only_insertions() -> None:
    assert count_word_errors([], ["thank", "you"]) == ErrorCounts(insertions=2)


def test_empty_hypothesis_gives_only_deletions() -> None:
    assert count_word_errors(["thank", "you"], []) == ErrorCounts(deletions=2)


def test_nothing_against_nothing_is_no_error() -> None:
    assert count_word_errors([], []) == ErrorCounts()
