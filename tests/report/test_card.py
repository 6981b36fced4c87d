"""The service card in Markdown: its first line, its columns, its disclaimers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from made_results import ACCENTS, CLEAN_ONLY, Voice, make_results

from asr_fair.fairness.results import SystemInfo
from asr_fair.report import render_card
from asr_fair.report.card import build_card

COLUMNS = (
    "| Condition | Group | Speakers | Utterances | Words | Hours | WER \\[95\u00a0% interval\\] | S | D | I "
    "| Speaker mean | Ratio | Gap | Verdict | Could be seen | Over normalisers | Flags |"
)


@pytest.fixture(scope="module")
def card() -> str:
    return render_card(make_results())


def test_first_line_says_whether_it_may_be_shared(card: str) -> None:
    assert card.splitlines()[0].startswith("Results may be shared")
    assert render_card(make_results(share_results=False)).splitlines()[0].startswith("NOT TO BE SHARED")


def test_columns_are_those_of_the_methods(card: str) -> None:
    assert card.count(COLUMNS) == 2  # two dimensions, one system


def test_no_two_columns_of_a_table_have_the_same_heading() -> None:
    systems = tuple(SystemInfo(name=name) for name in ("a", "b"))
    card = render_card(make_results().model_copy(update={"systems": systems}))
    assert "| System | Condition | Speakers |" in card
    lines = card.splitlines()
    for heading in (one for one, below in pairwise(lines) if below.startswith("| ---")):
        cells = heading.split("|")[1:-1]
        assert len(set(cells)) == len(cells), heading


def test_header_names_what_was_measured_on_what(card: str) -> None:
    for fact in (
        "openai-whisper tiny.en, digest 9c9c9c9c9c9c",
        "accents, version 1.2, digest 0f0f0f0f0f0f",
        "2024-03 to 2024-09",
        "CC-BY-4.0",
        "version 20250625",
        "**Seed**: 1",
        "2026-11-21",
    ):
        assert fact in card


def test_disclaimers_are_there(card: str) -> None:
    for part in ("No label was inferred", "not measured", "not a random sample", "added by computation"):
        assert part in card
    for part in ("written by somebody", "associations", "hidden for want of speakers", "does not endorse"):
        assert part in card


def test_ratio_comes_with_the_simultaneous_interval(card: str) -> None:
    row = next(line for line in card.splitlines() if line.startswith("| Clean | Vietnamese English"))
    assert "2.47× \\[2.00\u00a0to\u00a03.04\\]" in row  # 0.2843/0.115 · 0.81 and · 1.23
    assert "disparity: higher WER than Irish" in row
    assert "28.4 to 31.3\u00a0%" in row


def test_hidden_groups_have_a_row_and_no_number(card: str) -> None:
    row = next(line for line in card.splitlines() if line.startswith("| Clean | Welsh"))
    assert [text for text in row.split("|")[3:] if any(c.isdigit() for c in text)] == [
        " hidden: fewer than 5 known speakers with reference words and a transcript, "
        "or the next smallest group beside such a one "
    ]


def test_six_people_of_whom_two_spoke_have_a_row_and_no_number() -> None:
    silent = [Voice("Kiwi", 6, 900, 0.4321, n_heard=2), *ACCENTS]
    page = render_card(make_results(rendered=CLEAN_ONLY, accents=silent))
    row = next(line for line in page.splitlines() if line.startswith("| Kiwi | hidden"))
    assert row.split("|")[2].startswith(" hidden: fewer than 5 known speakers with reference words")
    assert "43.2" not in page


def test_without_known_speakers_the_card_shows_no_rates() -> None:
    from test_statuses import WITHOUT_SPEAKERS

    card = render_card(make_results(accents=WITHOUT_SPEAKERS))
    rows = [line for line in card.splitlines() if line.startswith("| Clean | Irish")]
    assert all("hidden" in row for row in rows)


def test_the_card_says_why_no_group_is_compared_with_all_others() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    thin = tuple(
        one.model_copy(update={"reference": None, "reference_reason": None}) if one.name == "accent" else one
        for one in results.dimensions
    )
    card = build_card(results.model_copy(update={"dimensions": thin, "comparisons": ()}))
    (accent,) = [section for section in card.sections if section.title == "Accent"]
    assert "they would reveal groups that are hidden here" in accent.comparison
    with_reference = build_card(results)
    assert not any("they would reveal" in section.comparison for section in with_reference.sections)
