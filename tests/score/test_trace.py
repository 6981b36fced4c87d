"""Which rule changed which words of whom."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.score.normalise import Normaliser, load_normaliser
from asr_fair.score.trace import Change, Rule, trace
from asr_fair.score.traced_texts import trace_all, trace_texts

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
    assert (found.is_emptied, found.n_words, found.n_altered) == (False, 8, 5)
    by_rule = Counter(change.rule for change in found.changes.elements())
    assert by_rule == {Rule.DROPPED: 2, Rule.EXPANDED: 2, Rule.RESPELLED: 1}


def test_reference_of_fillers_alone_is_counted_as_emptied_and_one_without_words_is_not() -> None:
    found = trace("Uh, hmm.", WHISPER)
    assert (found.is_emptied, found.n_words, found.n_altered) == (True, 2, 2)
    nothing = trace("...", WHISPER)
    assert (nothing.is_emptied, nothing.n_words, nothing.n_altered) == (False, 0, 0)


def test_pairs_of_the_dialect_table_are_named_only_under_the_profile_that_has_it() -> None:
    change = Change(Rule.DIALECT, "tryna", "trying to")
    assert trace("tryna", load_normaliser("whisper_en+dialect")).changes == {change: 1}
    assert trace("tryna", WHISPER).changes == {}
    assert trace("gonna", WHISPER).changes == {Change(Rule.EXPANDED, "gonna", "going to"): 1}


def test_tables_of_many_texts_hold_what_the_trace_of_each_says() -> None:
    texts = ["um it's um so", "no", "it's gonna rain", "", "um it's um so", "uh"]
    found = trace_texts(pd.Series([f"u{n}" for n in range(6)]), pd.Series(texts), WHISPER)
    rebuilt = [Counter() for _ in texts]
    for place, change, times in zip(found.utterance, found.change, found.times, strict=True):
        rebuilt[place][found.changes[change]] += int(times)
    traces = [trace(text, WHISPER) for text in texts]
    assert rebuilt == [each.changes for each in traces]
    assert found.n_words.tolist() == [each.n_words for each in traces]
    assert found.n_altered.tolist() == [each.n_altered for each in traces]
    assert found.is_emptied.tolist() == [each.is_emptied for each in traces] == [0, 0, 0, 0, 0, 1]


def test_transcripts_are_traced_in_clean_and_nothing_is_traced_under_raw() -> None:
    references = pd.DataFrame({"utterance_id": ["u"], "reference": ["um yes"]})
    rows = [("u", "hum", "a", "it's"), ("u", "clean", "a", "um"), ("u", "clean", "b", None)]
    transcripts = pd.DataFrame(rows, columns=["utterance_id", "condition", "system", "text"])
    both = [WHISPER, load_normaliser("raw")]
    found = trace_all(references, transcripts, both, ["hum", "clean"])
    assert [(one.normaliser, one.side, one.condition, one.system) for one in found] == [
        ("whisper_en", "references", None, None),
        ("whisper_en", "transcripts", "clean", "a"),
    ]
    only_hum = trace_all(references, transcripts, both, ["hum"])
    assert only_hum[1].changes == (Change(Rule.EXPANDED, "it's", "it is"),)
    assert len(trace_all(references.iloc[:0], transcripts.iloc[:0], both, [])) == 1


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
