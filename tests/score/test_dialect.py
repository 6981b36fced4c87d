"""Spellings of the same spoken word must not count as errors; and nothing else may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.errors import ConfigError
from asr_fair.score.align import count_word_errors
from asr_fair.score.dialect import DIALECT_DIGEST, DIALECT_TABLE, respell
from asr_fair.score.normalise import load_normaliser
from edacc_counts import headline


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("they aks me", "they ask me"),
        ("two busses", "two buses"),
        ("cuz I said so", "cause I said so"),
        ("'Cuz", "'cause"),
        ("tryna sleep", "trying to sleep"),
        ("Gonna", "going to"),
        ("OK.", "okay"),
        ("ima go", "imma go"),
        ("ima go", "I'ma go"),
        ("ima go", "I am going to go"),
    ],
)
def test_both_spellings_of_a_pair_score_alike_whichever_side_they_are_on(one: str, other: str) -> None:
    words = load_normaliser("whisper_en+dialect").words
    assert words(one) == words(other)
    assert count_word_errors(words(one), words(other)).errors == 0
    assert count_word_errors(words(other), words(one)).errors == 0


def test_table_holds_what_the_methods_list_as_read_and_nothing_more() -> None:
    assert dict(DIALECT_TABLE) == {
        "aks": "ask", "busses": "buses", "cuz": "cause", "ima": "imma", "tryna": "trying to",
        "gonna": "going to", "ok": "okay",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["book", "tasks", "cuzco", "I'ma", "prima facie", "because", "ain't", "finna"]
)
def test_words_that_only_hold_a_spelling_are_left_alone(text: str) -> None:
    assert respell(text) == text


def test_text_without_a_spelling_scores_as_under_whisper_en() -> None:
    text = "Well, it's twenty ten [laughs] and I won't"
    assert load_normaliser("whisper_en+dialect").words(text) == load_normaliser("whisper_en").words(text)


def test_profile_names_its_table_and_is_english_only() -> None:
    normaliser = load_normaliser("whisper_en+dialect", languages=["en-GB"])
    rules = load_normaliser("whisper_en").version
    assert normaliser.version == f"{rules} after dialect table {DIALECT_DIGEST[:12]}"
    assert normaliser.spellings == DIALECT_TABLE
    with pytest.raises(ConfigError, match="made for en only"):
        load_normaliser("whisper_en+dialect", languages=["de"])


def test_raw_is_the_text_as_it_is_in_any_language() -> None:
    raw = load_normaliser("raw", languages=["de", "en"])
    assert raw.words("Um,  it's <LAUGH>\tOK!") == ["Um,", "it's", "<LAUGH>", "OK!"]


@pytest.mark.shared
def test_on_edacc_the_table_finds_gonna_and_hardly_anything_else(shared_data: Path) -> None:
    references = headline(shared_data)["reference"].str.lower()
    moved = [set(DIALECT_TABLE) & set(text.split()) for text in references if respell(text) != text]
    others = [sorted(found - {"gonna"}) for found in moved if found - {"gonna"}]
    assert len(moved) == 94
    assert sorted(others) == [["cuz"], ["cuz"], ["cuz"], ["ok"]]
