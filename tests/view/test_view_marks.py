"""Texts of strangers can be seen whole, and turn nothing round."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.view.html import shown
from asr_fair.view.marks import visible

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text())
def test_no_control_and_no_direction_is_left(text: str) -> None:
    seen = visible(text)
    assert not [each for each in seen if unicodedata.category(each) in ("Cc", "Zl", "Zp")]
    assert not [each for each in seen if unicodedata.bidirectional(each) in DIRECTIONS]
    assert visible(seen) == seen


@pytest.mark.parametrize("text", ["صباح الخير", "می‌خواهم", "👩‍⚕️", "שלום", "naïve café", "日本語"])
def test_scripts_and_emoji_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_a_direction_in_a_text_is_named_where_it_stands() -> None:
    assert visible("exe.\u202egpj") == "exe.⟨U+202E⟩gpj"
    assert visible("a\0b\nc\x7f") == "a␀b␊c␡"


def test_markup_is_text_and_its_direction_is_kept_to_itself() -> None:
    assert str(shown("<b>&\"'")) == "<bdi>&lt;b&gt;&amp;&#34;&#39;</bdi>"
