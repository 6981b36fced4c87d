import sys

import jiwer
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.records import ErrorCounts
from asr_fair.score.align import count_pairs, count_word_errors, count_word_pairs

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


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6), st.integers(1, 3))
def test_many_pairs_at_once_equal_jiwer_one_by_one(pairs: list[tuple[list[str], ...]], times: int) -> None:
    pairs = [pair for pair in pairs for _ in range(times)]  # neighbours with one list as their reference
    oracles = [jiwer.process_words(" ".join(said), " ".join(heard)) for said, heard in pairs]
    assert count_word_pairs([said for said, _ in pairs], [heard for _, heard in pairs]).tolist() == [
        [each.substitutions, each.deletions, each.insertions, each.hits] for each in oracles
    ]


def test_more_different_words_than_there_are_characters_are_counted_all_the_same() -> None:
    heard = [str(number) for number in range(sys.maxunicode + 2)]
    assert count_word_errors(["0", "no", heard[-1]], heard) == ErrorCounts(
        substitutions=1, insertions=len(heard) - 3, hits=2
    )


def test_no_pairs_have_no_counts() -> None:
    assert count_word_pairs([], []).shape == count_pairs([], []).shape == (0, 4)
