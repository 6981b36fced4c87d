"""Doubtful references: each rule finds what was planted and leaves the rest alone."""

from __future__ import annotations

import pandas as pd
import pytest

from asr_fair.score.normalise import load_normaliser
from asr_fair.score.reference_doubts import REASONS, Doubt, Reason, doubtful_references
from asr_fair.score.written_references import markup_in, split_by_apostrophe, strange_letters_in

SAID = "please bring the second tray to room nine"


def doubts(
    reference: str,
    *heard: str,
    language: str | None = "en",
    duration_s: float | None = None,
    others: dict[str, str] | None = None,
) -> dict[Reason, str]:
    """The doubts about one reference; `heard` by one system each; `others`: of the same speaker."""
    references = {"it": reference, **(others or {})}
    manifest = pd.DataFrame(
        {
            "utterance_id": list(references),
            "reference": list(references.values()),
            "speaker_id": "s",
            "language": language,
            "duration_s": [duration_s] * len(references),
        }
    )
    transcripts = pd.DataFrame(
        [
            {
                "utterance_id": each,
                "system": f"system {number}",
                "text": text if each == "it" else references[each],
            }
            for number, text in enumerate(heard)
            for each in references
        ],
        columns=["utterance_id", "system", "text"],
    )
    found = doubtful_references(manifest, transcripts, load_normaliser("whisper_en"))
    return {each.reason: each.evidence for each in found if each.utterance_id == "it"}


def test_a_reference_that_was_heard_as_it_is_gives_no_doubt() -> None:
    assert doubts(SAID, SAID, SAID, duration_s=3.0) == {}


def test_plain_recognition_errors_give_no_doubt() -> None:
    assert doubts(SAID, "please ring the second tray", "please bring a second day to room five") == {}
    assert doubts(SAID, "", "") == {}


@pytest.mark.parametrize(
    ("reference", "heard"),
    [
        ("plates on the noticeboard", "plates on the notice board"),
        ("SIX EIGHT FOUR SIX", "6, 8, 4, 6."),
        ("It’s time", "it's time"),
    ],
)
def test_another_notation_of_the_same_letters_is_told(reference: str, heard: str) -> None:
    assert set(doubts(reference, heard)) == {Reason.NOTATION}


def test_notation_is_not_told_again_as_a_word_that_all_systems_heard() -> None:
    assert set(doubts("It’s time", "it's time", "it's time")) == {Reason.NOTATION}


def test_the_same_other_word_by_all_systems_is_told_and_needs_two() -> None:
    first, second = SAID.replace("nine", "five"), SAID.replace("nine", "five").replace("bring", "ring")
    assert doubts(SAID, first, second) == {Reason.AGREED: "9: heard 5"}
    assert doubts(SAID, first) == {}
    assert doubts(SAID, first, SAID) == {}


def test_a_word_that_all_systems_left_out_alike_is_no_doubt() -> None:
    assert doubts(SAID, "please bring the tray to room nine", "please bring the tray to room nine") == {}


def test_speech_beyond_the_reference_is_told() -> None:
    before = f"so i was thinking about lunch {SAID}"
    found = doubts(SAID, before)
    assert found == {Reason.RUNS_ON: "also heard: so i was thinking about lunch"}
    assert doubts(SAID, f"{SAID} and then we can all go home") == {
        Reason.RUNS_ON: "also heard: and then we can all go home"
    }


def test_a_loop_or_a_few_words_beyond_the_reference_are_not_told() -> None:
    assert doubts(SAID, f"{SAID} {'thank you ' * 9}") == {}
    assert doubts(SAID, f"well yes {SAID}") == {}


def test_an_empty_reference_is_told_where_all_systems_heard_several_words() -> None:
    assert set(doubts("", "then I will listen")) == {Reason.EMPTY}
    assert doubts("", "thank you thank you thank you") == {}
    assert doubts("", "then I will listen", "") == {}


def test_a_filler_that_the_normaliser_drops_is_no_empty_reference() -> None:
    assert doubts("MM HMM", "I will see you tomorrow") == {}


def test_the_reference_of_another_utterance_is_told_by_its_id() -> None:
    other = "the porter is waiting at the lift downstairs"
    found = doubts(SAID, other, others={"that": other})
    assert found == {Reason.ELSEWHERE: f"the reference of that: {other}"}


def test_words_that_do_not_fit_into_the_length_are_told_only_where_it_is_known() -> None:
    assert doubts(SAID, SAID, duration_s=0.8) == {Reason.PACE: "8 words in 0.8 s"}
    assert doubts("yes", "yes", duration_s=30.0) == {Reason.PACE: "1 words in 30.0 s"}
    assert doubts("yes", "yes", duration_s=0.1) == {}
    assert doubts(SAID, SAID) == {}


@pytest.mark.parametrize(
    "text", ["bring <noise> it", "fish &amp; chips", "[laughs] yes", "see https://x.y", "a **b**"]
)
def test_markup_is_told(text: str) -> None:
    assert markup_in(text)


@pytest.mark.parametrize("text", ["5 < 6", "R&D", "rock 'n' roll", "half-past two", "50% off (today)", "a_b"])
def test_plain_punctuation_is_no_markup(text: str) -> None:
    assert markup_in(text) is None


def test_broken_and_foreign_letters_are_told() -> None:
    assert strange_letters_in("a cafÃ© here", "en") == "cafÃ©"
    assert strange_letters_in("lost \ufffd", None) == "\ufffd"
    assert strange_letters_in("say привет now", "en-GB") == "привет"


def test_letters_of_the_language_are_not_told() -> None:
    assert strange_letters_in("café Hạ Long Müller’s 1ª", "en") is None
    assert strange_letters_in("привет", "ru") is None
    assert strange_letters_in("привет", None) is None


def test_an_apostrophe_counts_only_where_the_normaliser_splits_at_it() -> None:
    assert split_by_apostrophe("don’t", load_normaliser("whisper_en"))
    assert not split_by_apostrophe("‘Hush!’ he said", load_normaliser("whisper_en"))
    assert not split_by_apostrophe("don't", load_normaliser("whisper_en"))


def test_an_utterance_that_a_system_lost_is_asked_of_its_text_alone() -> None:
    manifest = pd.DataFrame(
        {
            "utterance_id": ["it"],
            "reference": ["<b> yes"],
            "speaker_id": [None],
            "language": [None],
            "duration_s": [None],
        }
    )
    heard = pd.DataFrame({"utterance_id": ["other"], "system": ["one"], "text": ["no"]})
    found = doubtful_references(manifest, heard, load_normaliser("whisper_en"))
    assert found == [Doubt("it", Reason.MARKUP, "<b>")]


def test_every_reason_is_explained() -> None:
    assert set(REASONS) == set(Reason)
