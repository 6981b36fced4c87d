"""Suspected references as a page: counts by group, what they do to its WER, hidden groups without a rate."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pytest

from asr_fair.report.model import Row
from asr_fair.score.reference_doubts import Reason
from asr_fair.view.addresses import ServerAddresses
from asr_fair.view.browser import Browser
from asr_fair.view.html import render
from asr_fair.view.query import Query
from asr_fair.view.suspect_study import SuspectStudy
from asr_fair.view.suspects import SuspectsPage, suspects_page
from view.word_run import GROUPS, HIDDEN, HOSTILE_GROUP, HOSTILE_REFERENCE, SENTENCES


@pytest.fixture(scope="module")
def study(word_run: Path) -> SuspectStudy:
    return SuspectStudy(Browser.open(word_run))


def page_of(study: SuspectStudy, **groups: str) -> SuspectsPage:
    return suspects_page(
        study,
        Query(system="one", groups=groups),
        lambda query: f"references?{query.text}",
        ServerAddresses(study.browser.catalogue),
    )


def row(page: SuspectsPage, group: str) -> Row:
    return next(each for each in page.groups[0].blocks[0].rows if each.header == group)


def test_every_planted_reference_is_suspected_and_no_other(study: SuspectStudy) -> None:
    found = {
        (each.reason, study.browser.reference(study.browser.numbers[each.utterance_id]))
        for each in study.doubts
    }
    # In the thin group the system leaves a word out, so that the letters differ.
    assert found == {
        (Reason.NOTATION, "is the noticeboard in the hall"),
        (Reason.MARKUP, f"{HOSTILE_REFERENCE} {SENTENCES[0]}"),
    }
    assert len(study.doubts) == sum(GROUPS.values()) - GROUPS[HIDDEN] + 1


def test_wer_without_them_is_that_of_the_other_utterances(study: SuspectStudy) -> None:
    suspected, members = study.suspected(), study.browser.catalogue.members("accent", "Irish")
    found = study.sensitivity(members, suspected, "clean", "one", has_rates=True)
    frame = study.browser.run.headline_counts()
    ids = study.browser.catalogue.utterance_ids[members & ~suspected]
    own = frame[frame["utterance_id"].isin(ids) & (frame["system"] == "one")]
    counts = own[["substitutions", "deletions", "insertions", "hits"]].sum()
    errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
    assert found.n_words_without == counts["substitutions"] + counts["deletions"] + counts["hits"]
    assert found.wer_without == pytest.approx(errors / found.n_words_without)
    assert found.wer is not None
    assert found.wer > found.wer_without


def test_each_group_has_its_suspects_of_how_many_and_their_speakers(study: SuspectStudy) -> None:
    page = page_of(study)
    suspected, speakers, *_ = row(page, "Irish").cells
    assert (suspected.text, suspected.detail) == ("9", "28.1\u00a0% of 32")
    assert (speakers.text, speakers.detail) == ("8", "of 8")
    assert row(page, HOSTILE_GROUP).cells[0].text == "8"


def test_a_hidden_group_is_not_on_the_page(study: SuspectStudy) -> None:
    assert HIDDEN not in {each.header for each in page_of(study).groups[0].blocks[0].rows}
    assert HIDDEN not in render("references", page_of(study))


def test_a_rate_of_what_is_left_of_too_few_speakers_is_not_shown(study: SuspectStudy) -> None:
    catalogue = study.browser.catalogue
    members = catalogue.members("accent", "Irish")
    speakers = np.unique(catalogue.speakers[members])
    all_but_two = members & ~np.isin(catalogue.speakers, speakers[:2])
    found = study.sensitivity(members, all_but_two, "clean", "one", has_rates=True)
    assert found.wer is not None
    assert found.wer_without is None


def test_the_list_can_be_of_one_group(study: SuspectStudy) -> None:
    notation, markup = page_of(study, accent="Irish").sections
    assert len(notation.suspects) == 8
    assert len(markup.suspects) == 1
    assert all("utterance?id=" in each.address for each in notation.suspects)


def test_nothing_suspected_vouches_for_nothing(study: SuspectStudy) -> None:
    other = SuspectStudy(study.browser)
    other.__dict__["doubts"] = []
    assert "vouches for none" in page_of(other).found


def test_hostile_references_are_text(study: SuspectStudy) -> None:
    text = render("references", page_of(study))
    assert html.escape("<img src=x") in text
    assert "<script" not in text
    assert "<img" not in text
    assert "\u202e" not in text


def test_lengths_that_are_not_known_are_said_not_to_be_checked(study: SuspectStudy) -> None:
    assert any("was not checked" in words for words in page_of(study).how_to_read)
