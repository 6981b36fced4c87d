"""Which rule changed which words of whom."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.score.normalise import Normaliser, load_normaliser
from asr_fair.score.trace import Change, Rule, add_up, trace, trace_by_group
from edacc_counts import headline

WHISPER = load_normaliser("whisper_en")


@pytest.mark.parametrize(
    ("reference", "changes"),
    [
        ("Um, it's here.", {(Rule.DROPPED, "um", ""), (Rule.EXPANDED, "it's", "it is")}),
        ("The colour, Dr. Who", {(Rule.RESPELLED, "colour", "color"), (Rule.RESPELLED, "dr", "doctor")}),
        ("since twenty ten, uh, you know", {(Rule.NUMBER, "twenty ten", "2010"), (Rule.DROPPED, "uh", "")}),
        ("oh no", {(Rule.NUMBER, "oh", "0")}),
        ("five <LAUGH> pounds", {(Rule.NUMBER, "five <laugh> pounds", "£5")}),
        (
            "<LAUGH> five (cough)",
            {(Rule.DROPPED, "<laugh>", ""), (Rule.NUMBER, "five", "5"), (Rule.DROPPED, "(cough)", "")},
        ),
        ("Room 0, at 1,200.50!", {(Rule.NUMBER, "1,200.50", "1200.50")}),
        ("Plain WORDS, only: case and punctuation!", set()),
        ("", set()),
    ],
)
def test_changes_are_told_by_word_and_by_passage(reference: str, changes: set[tuple]) -> None:
    assert {tuple(change) for change in trace(reference, WHISPER).changes} == changes


def test_counts_of_a_reference_worked_by_hand() -> None:
    found = trace("Um I'm gonna see the the colours, um", WHISPER)
    assert (found.n_references, found.n_emptied, found.n_words, found.n_altered) == (1, 0, 8, 5)
    assert found.by_rule() == {Rule.DROPPED: 2, Rule.EXPANDED: 2, Rule.RESPELLED: 1}
    assert found.altered_share == pytest.approx(5 / 8)


def test_reference_of_fillers_alone_is_counted_as_emptied_and_no_words_have_no_share() -> None:
    found = trace("Uh, hmm.", WHISPER)
    assert (found.n_emptied, found.n_words, found.n_altered) == (1, 2, 2)
    nothing = trace("...", WHISPER)
    assert (nothing.n_emptied, nothing.n_words, nothing.altered_share) == (0, 0, None)


def test_pairs_of_the_dialect_table_are_named_only_under_the_profile_that_has_it() -> None:
    change = Change(Rule.DIALECT, "tryna", "trying to")
    assert trace("tryna", load_normaliser("whisper_en+dialect")).changes == {change: 1}
    assert trace("tryna", WHISPER).changes == {}
    assert trace("gonna", WHISPER).changes == {Change(Rule.EXPANDED, "gonna", "going to"): 1}


def test_groups_count_their_own_references_and_people_in_two_groups_count_in_both() -> None:
    found = trace_by_group(["um yes", "it's so", "no"], [["a"], ["a", "b"], ["b"]], WHISPER)
    assert {group: (each.n_references, each.n_altered) for group, each in found.items()} == {
        "a": (2, 2),
        "b": (2, 1),
    }


WORDS = st.sampled_from(
    ["um", "it's", "twenty", "ten", "hundred", "the", "colour", "gonna", "oh", "is", "percent"]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, max_size=10))
def test_changes_turn_the_words_before_into_the_words_after(words: list[str]) -> None:
    """Applied to the words, changes give the normalised words: as a bag, nothing is lost or made up."""
    found = trace(" ".join(words), WHISPER)
    bag = Counter(words)
    for change, count in found.changes.items():
        for word in change.before.split():
            bag[word] -= count
        for word in change.after.split():
            bag[word] += count
    assert {word: count for word, count in bag.items() if count} == Counter(WHISPER.words(" ".join(words)))
    assert (
        sum(len(change.before.split()) * count for change, count in found.changes.items()) == found.n_altered
    )


def test_a_passage_never_swallows_its_neighbours() -> None:
    # Rules over several words: two of them, each next to words that are alike on both sides.
    pairs = {"b c": "x", "e e": "e"}

    def rules(text: str) -> str:
        for before, after in pairs.items():
            text = text.replace(before, after)
        return text

    found = trace("a b c d e e f", Normaliser("toy", "1", None, rules))
    assert [(change.before, change.after) for change in found.changes] == [("b c", "x"), ("e", "")]


@pytest.mark.shared
def test_on_edacc_the_rules_change_more_of_some_groups_words_than_of_others(shared_data: Path) -> None:
    rows = headline(shared_data)
    found = trace_by_group(rows["reference"], [[group] for group in rows["accent"]], WHISPER)
    shares = {group: each.altered_share for group, each in found.items()}
    assert max(shares, key=shares.get) == "Vietnamese"
    assert shares["Vietnamese"] > 1.7 * shares["Jamaican English"]
    everyone = add_up(list(found.values()))
    assert everyone.n_references == 5087
    # Fillers, counted in the text itself.
    text = " ".join(rows["reference"]).lower()
    assert everyone.changes[Change(Rule.DROPPED, "um", "")] == pytest.approx(
        text.split().count("um"), rel=0.05
    )
