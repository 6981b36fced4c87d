"""What was lost is told by the size of the manifest's groups, whatever is left of them."""

from __future__ import annotations

import csv
import io

import pytest
from made_people import render_card, render_card_html
from made_results import ACCENTS, CLEAN_ONLY, HANDSETS, Voice, dimension, make_results
from pages import Page

from asr_fair.fairness.results import Loss, Results
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

HEADSET = Voice("headset", 0, 0, None, None, n_lost_speakers=6)
TOO_SMALL = Voice("earpiece", 0, 0, None, None, n_lost_speakers=2)
LOST = "Utterances without a usable transcript"


def loss(place: str, group: str, n_lost: int) -> Loss:
    return Loss(
        dimension=place,
        group=group,
        condition="clean",
        system="whisper-tiny.en",
        n_expected=n_lost,
        n_missing=n_lost,
    )


def with_lost(*lost: Voice) -> Results:
    made = make_results(conditions=CLEAN_ONLY)
    voices = (*HANDSETS, *lost)
    handset = dimension("handset", "Handset", voices, None, source="device_log", level="utterance")
    losses = (loss(OVERALL, EVERYONE, 40), *(loss("handset", voice.name, 30) for voice in lost))
    return made.model_copy(update={"dimensions": (made.dimensions[0], handset), "losses": losses})


@pytest.fixture(scope="module")
def results() -> Results:
    return with_lost(HEADSET, TOO_SMALL)


def test_lost_group_stands_in_the_losses_of_report_table_and_card(results: Results) -> None:
    row = ["headset", "whisper-tiny.en", "Clean", "30", "0", "30", ""]
    assert row in Page.parse(render_html(results)).table(LOST).rows
    table = csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))["losses.csv"]))
    assert [line["n_missing"] for line in table if line["group"] == "headset"] == ["30"]
    card = render_card(with_lost(HEADSET))
    assert "| Dimension | Group | System |" in card
    assert "| Handset | headset | whisper-tiny.en | Clean | 30 | 0 | 30 |  |" in card


def test_lost_group_is_not_said_to_be_small(results: Results) -> None:
    rows = Page.parse(render_html(results)).table("Rates and verdicts: Handset").rows
    assert ["headset", "hidden: too few transcripts left"] in rows
    assert ["earpiece", "hidden: fewer than 3 speakers"] in rows


def test_lost_group_that_was_too_small_stands_in_no_losses(results: Results) -> None:
    for html in (render_html(results), render_card_html(results)):
        assert "earpiece" not in {row[0] for row in Page.parse(html).table(LOST).rows}
    assert "earpiece" not in csv_tables(shown_in_report(results))["losses.csv"]


def test_card_lets_no_lost_group_tell_what_a_smaller_one_lost(results: Results) -> None:
    # Everyone's losses less those of all others would be the earpiece's.
    assert "| headset | whisper-tiny.en |" not in render_card(results)


def test_card_tells_the_losses_of_groups_that_it_might_show(results: Results) -> None:
    # Of the accents only these have fewer than five speakers in the manifest.
    small = {"Scottish", "Welsh", "unknown"}
    losses = [loss(OVERALL, EVERYONE, 99), *(loss("accent", voice.name, 7) for voice in ACCENTS)]
    card = render_card_html(results.model_copy(update={"losses": tuple(losses)}))
    named = {row[0] for row in Page.parse(card).table(LOST).rows if len(row) > 1} - {"Group"}
    assert named == {"Everyone"} | {voice.name for voice in ACCENTS} - small


def test_card_without_losses_has_no_section_on_them() -> None:
    assert "Losses" not in render_card(make_results(conditions=CLEAN_ONLY, losses=()))


def test_losses_that_may_not_be_detailed_are_still_mentioned(results: Results) -> None:
    nobody = results.manifest.model_copy(update={"n_speakers": None})
    without = results.model_copy(update={"manifest": nobody, "losses": (loss(OVERALL, EVERYONE, 5),)})
    card = render_card(without)
    assert "have no usable transcript" in card
    assert LOST not in card


def test_transcripts_that_were_handed_in_are_no_recordings() -> None:
    made = make_results(conditions=CLEAN_ONLY, losses=())
    handed_in = tuple(one.model_copy(update={"engine": None, "model": None}) for one in made.systems)
    page = Page.parse(render_html(made.model_copy(update={"systems": handed_in})))
    assert "No transcript is missing." in page.text
    assert "No recording failed" not in page.text
