"""Our fast rules against openai-whisper's own, text by text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

from asr_fair.score.normalise import load_normaliser

ENGLISH, BASIC = EnglishTextNormalizer(), BasicTextNormalizer()
NUMBERS = ENGLISH.standardize_numbers
WORDS = sorted(
    {
        *NUMBERS.words,
        *(re.sub(r"\\b", "", pattern) for pattern in ENGLISH.replacers),
        *("half", "a", "hmm", "mm", "mhm", "mmm", "uh", "um", "colour", "been", "first class", "number"),
        *("1", "10", "1,200", "2.5", "3rd", "5 s", "$2", "¢7", "£1.05", "0.07", "٣", "½", "²", "c3po", "a1b"),
        *("café", "naïve", "straße", "Øre", "İ", "日本", "don’t", "e\u0301", "\u2028", "x\x1fy", "\x85"),
        *(
            "<laugh>",
            "[noise]",
            "(cough)",
            "<open",
            "close>",
            "(",
            ")",
            "()",
            "[",
            "]",
            "'",
            "''",
            "\t'",
            "-",
        ),
        *(".", "..", "...", "%", "$", "¢", "€", "£", "+", "a.b", "1.", ".5", "%%", ",", "?", "\n"),
    }
)
SOME_WORDS = st.sampled_from(WORDS)
TEXTS = st.one_of(
    st.lists(st.tuples(SOME_WORDS, st.sampled_from([" ", " ", " ", "", ". ", ", ", "  ", "'", "-"]))).map(
        lambda parts: "".join(word + gap for word, gap in parts)
    ),
    st.lists(st.sampled_from(sorted(NUMBERS.words)), max_size=8).map(" ".join),
    st.text(),
)


def outcome(rules: Callable[[str], str], text: str) -> str | type[Exception]:
    """The text that the rules make, or the exception that they end in."""
    try:
        return rules(text)
    except Exception as error:
        return type(error)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
@example("six and a half and and five and minus point dollars")
@example("minus one hundred and two dollars and seven cents per cent")
@example("double oh seven triple and point")
@example("a.. b. 1.. 2. c.")
@example("half and")
def test_made_up_texts_come_out_as_from_the_package(text: str) -> None:
    assert outcome(load_normaliser("whisper_en").function, text) == outcome(ENGLISH, text)
    assert outcome(load_normaliser("basic").function, text) == outcome(BASIC, text)


def real_texts(shared_data: Path) -> Iterator[str]:
    """Every reference and every transcript there is."""
    for name in ("artie-bias-corpus.tsv", *(f"predictions/{each}" for each in PREDICTIONS)):
        table = pd.read_csv(shared_data / "artie_bias_corpus" / name, sep="\t", dtype=str, quoting=3)
        yield from table["prediction" if "prediction" in table else "sentence"].dropna()
    for line in (shared_data / "edacc_whisper_turbo/transcripts.jsonl").read_text().splitlines():
        yield from (text for text in json.loads(line).values() if isinstance(text, str))
    for line in (shared_data / "speechocean762/train/text").read_text().splitlines():
        yield line.partition("\t")[2]


PREDICTIONS = ("amazon-en-IN.tsv", "deepspeech-v0-7-3.tsv", "google-en-US.tsv")


@pytest.mark.shared
def test_real_texts_come_out_as_from_the_package(shared_data: Path) -> None:
    texts = sorted(set(real_texts(shared_data)))[::2]  # all of them are compared by benchmarks/scoring.py
    assert len(texts) > 5_000
    for normaliser, rules in ((load_normaliser("whisper_en"), ENGLISH), (load_normaliser("basic"), BASIC)):
        assert [text for text in texts if normaliser.function(text) != rules(text)] == []
