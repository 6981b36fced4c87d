"""Words of a group as a page: what was planted is found, thin groups have none, and no text runs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from asr_fair.fairness.counting.words import Kind
from asr_fair.view.browser import Browser
from asr_fair.view.html import render
from asr_fair.view.query import Query, QueryError
from asr_fair.view.word_study import WordStudies
from asr_fair.view.words import TITLES, WordsPage, words_page
from view.word_run import HARD_HEARD, HARD_WORD, HIDDEN, HIDDEN_WORD, HOSTILE_GROUP


@pytest.fixture(scope="module")
def studies(word_run: Path) -> WordStudies:
    return WordStudies(Browser.open(word_run))


def page_of(studies: WordStudies, **groups: str) -> WordsPage:
    return words_page(studies, Query(system="one", groups=groups), lambda query: f"words?{query.text}")


def test_the_planted_word_is_found_in_its_group_with_its_speakers_and_counts(studies: WordStudies) -> None:
    page = page_of(studies, accent=HOSTILE_GROUP)
    words = {table.caption: table for table in page.tables}
    first = words[TITLES[Kind.WORD]].blocks[0].rows[0]
    assert first.header == HARD_WORD
    group, others, excess, share, p = first.cells
    assert group.text == "100.0\u00a0%"
    assert group.detail == "16 of 16; 8 speakers, 8 misheard"
    assert others.text == "0.0\u00a0%"
    assert others.detail == "0 of 20; 10 speakers, 0 misheard"
    assert excess.text == "+16.0"
    # 16 of this group's errors: 16 trays, 8 notice boards of two errors, and 5 words for nobody.
    assert share.text.startswith("4")
    assert "found" in p.detail
    assert words[TITLES[Kind.CONFUSION]].blocks[0].rows[0].header == f"{HARD_WORD} → {HARD_HEARD}"
    assert "found" in page.found


def test_what_is_wrong_alike_everywhere_is_not_found(studies: WordStudies) -> None:
    rows = page_of(studies, accent="Irish").tables[0].blocks[0].rows
    assert not any("found" in row.cells[-1].detail for row in rows)


def test_a_group_below_the_display_rules_has_no_words(studies: WordStudies) -> None:
    page = page_of(studies, accent=HIDDEN)
    assert page.refusal
    assert not page.tables
    assert not page.facts
    text = render("words", page)
    assert HIDDEN_WORD not in text


def test_no_page_lists_a_thin_or_reserved_group(studies: WordStudies) -> None:
    assert studies.groups["accent"] == [HOSTILE_GROUP, "Irish"]
    for group in studies.groups["accent"]:
        for choice in page_of(studies, accent=group).choices:
            assert not {HIDDEN, "declined"} & {each.title for each in choice.entries}


def test_who_declined_is_compared_with_nobody(studies: WordStudies) -> None:
    assert page_of(studies, accent="declined").refusal


def test_a_tag_that_varies_within_speakers_says_how_it_was_tested(studies: WordStudies) -> None:
    page = page_of(studies, phone="mobile")
    assert not page.refusal
    assert "two sides change places" in page.how_to_read[0]


def test_without_a_group_the_first_one_is_shown(studies: WordStudies) -> None:
    assert page_of(studies).subject == f"Accent: {HOSTILE_GROUP}"


def test_two_groups_at_once_are_refused(studies: WordStudies) -> None:
    with pytest.raises(QueryError, match="one group at a time"):
        page_of(studies, accent="Irish", phone="mobile")


def test_what_was_not_tested_is_counted_with_its_errors(studies: WordStudies) -> None:
    untested = page_of(studies, accent=HOSTILE_GROUP).untested
    assert untested is not None
    (row,) = untested.blocks[0].rows  # the word of the thin group, and that it was left out
    assert row.header == "fewer than 3 speakers of the group said it"
    assert [(cell.text, cell.detail) for cell in row.cells] == [
        ("1", "0 errors"),
        ("1", "0 errors"),
        ("0", "0 errors"),
    ]


def test_hostile_words_and_groups_are_text(studies: WordStudies) -> None:
    text = render("words", page_of(studies, accent=HOSTILE_GROUP))
    assert "<script" not in text
    assert "<img" not in text
    assert (
        html.escape(HOSTILE_GROUP, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in text
    )


def test_a_run_without_speakers_says_why_nothing_is_tested(
    word_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser.open(word_run)
    browser.run.manifest.table["speaker_id"] = None
    page = page_of(WordStudies(browser), accent="Irish")
    assert page.refusal
    assert "speakers" in page.refusal


def test_the_server_answers_with_both_pages(
    word_run: Path, serve: Callable[..., AbstractContextManager[str]]
) -> None:
    with serve(Browser.open(word_run)) as address:

        def get(path: str) -> str:
            answer: HTTPResponse = urlopen(address + path)  # noqa: S310 - a server of this test
            with answer:
                return answer.read().decode()

        words = get(f"words?tag.accent={quote(HOSTILE_GROUP)}&system=one")
        assert re.search(rf'<th scope="row"><bdi>{HARD_WORD}</bdi>', words)
        assert "Suspected references" in get("references?system=one")
        assert 'href="words"' in get("utterances")
