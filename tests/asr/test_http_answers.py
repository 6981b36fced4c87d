"""What servers answer: the forms that their documents and their threads show."""

from __future__ import annotations

import json

import pytest

from asr_fair.asr.http_answers import hypothesis_of, join_hypotheses, language_code
from asr_fair.records import Hypothesis

JSON = "application/json"


@pytest.mark.parametrize(
    ("asked", "content_type", "body", "text"),
    [
        ("json", JSON, '{"text": "hi", "usage": {"type": "duration", "seconds": 3}}', "hi"),
        (
            "json",
            "application/json; charset=utf-8",
            '{"text": " And so\\n my fellow\\n"}',
            "And so my fellow",
        ),
        ("json", "text/plain", '{"text": ""}', ""),
        ("text", "text/plain; charset=utf-8", "hi there\n", "hi there"),
        ("text", JSON, '"hi there"', "hi there"),
        ("text", JSON, '{"text": "hi"}', "hi"),
        ("text", "text/plain", "{laughs} hi", "{laughs} hi"),
        ("text", "", "", ""),
    ],
)
def test_a_text_is_found_in_every_form(asked: str, content_type: str, body: str, text: str) -> None:
    assert hypothesis_of(body, content_type, asked=asked).text == text


def test_verbose_json_gives_the_decoders_facts_where_every_segment_has_them() -> None:
    segments = [
        {"avg_logprob": -0.2, "no_speech_prob": 0.5, "text": "a"},
        {"avg_logprob": -0.4, "no_speech_prob": 0.1, "text": "b"},
    ]
    content = {"text": "a b", "language": "en-US", "duration": "3.0", "segments": segments}
    heard = hypothesis_of(json.dumps(content), JSON, asked="verbose_json")
    assert heard.language == "en-us"
    assert heard.no_speech_probability == 0.1
    assert heard.mean_log_probability == pytest.approx(-0.3)
    del segments[0]["no_speech_prob"]
    partly = hypothesis_of(json.dumps(content | {"language": 7}), JSON, asked="verbose_json")
    assert (partly.no_speech_probability, partly.language) == (None, None)
    for odd in (None, "x", [None, 3], []):
        assert hypothesis_of(json.dumps(content | {"segments": odd}), JSON, asked="json").text == "a b"


@pytest.mark.model  # the names are Whisper's, whose import takes seconds
def test_a_languages_name_becomes_its_code() -> None:
    names = ("english", "Mandarin", "klingon of the north")
    assert [language_code(name) for name in names] == ["en", "zh", None]


def test_parts_without_words_leave_no_gap() -> None:
    parts = [Hypothesis("a", "en", n_requests=1), Hypothesis(""), Hypothesis("b", n_requests=2)]
    assert join_hypotheses(parts) == Hypothesis("a b", "en", n_requests=3)
