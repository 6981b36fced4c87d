"""The service card: its layout, its columns, its disclaimers, alike in its three formats."""

from __future__ import annotations

from itertools import pairwise

import pytest
from made_people import build_card, render_card, render_card_html, render_card_tex
from made_results import ACCENTS, CLEAN_ONLY, Voice, make_combined, make_results
from pages import Page

from asr_fair.fairness.results import Results, SystemInfo
from asr_fair.report.card import render_cards
from asr_fair.report.card.layout import OUTLINE
from asr_fair.report.model import Table

RATES = (
    "| Condition | Group | Speakers | Utterances | Words | Hours | WER \\[95\u00a0% interval\\] | Method | S "
    "| D | I | Speaker mean | Over normalisers | Flags |"
)
COMPARISONS = (
    "| Condition | Group | Ratio \\[simultaneous 95\u00a0% interval\\] "
    "| Gap \\[simultaneous 95\u00a0% interval\\] | Method | Verdict | Could be seen | Flags |"
)
AWS_HEADINGS = (
    "## Overview",
    "## Intended use cases and limitations",
    "## Design of the system",
    "### Machine learning",
    "### Controllability",
    "### Performance expectations",
    "### Test-driven methodology",
    "### Safety",
    "### Fairness",
    "### Robustness",
    "### Explainability",
    "### Privacy",
    "### Security",
    "### Transparency",
    "### Governance",
    "## Deployment and performance optimisation best practices",
    "## Further information",
)


@pytest.fixture(scope="module")
def made() -> Results:
    return make_results()


@pytest.fixture(scope="module")
def card(made: Results) -> str:
    return render_card(made)


def rows_of(card: str, start: str) -> list[list[str]]:
    """Cells of the rows of a Markdown card that begin so."""
    return [
        [cell.strip() for cell in line.split(" | ")] for line in card.splitlines() if line.startswith(start)
    ]


def test_headings_are_those_of_aws_service_cards_in_their_order(card: str) -> None:
    found = [line for line in card.splitlines() if line.startswith("#")]
    assert [line for line in found if line in AWS_HEADINGS] == list(AWS_HEADINGS)


def test_all_formats_hold_the_same_blocks_under_the_same_headings(made: Results) -> None:
    html, tex = render_card_html(made), render_card_tex(made)
    for heading in OUTLINE:
        assert f">{heading.title}</h{heading.level}>" in html
        assert f"section*{{{heading.title.replace('-', '-{}')}}}" in tex
    for name in ("sharing", "header", "limits", "performance", "methodology", "fairness-accent"):
        for text in (render_card(made), html, tex):
            assert text.count(f"asr-fair:begin {name}") == text.count(f"asr-fair:end {name}") == 1


def test_the_first_words_say_whether_it_may_be_shared(card: str) -> None:
    def first_words(text: str) -> str:
        return next(line for line in text.splitlines() if line and not line.startswith("<!--"))

    assert first_words(card).startswith("Results may be shared")
    assert first_words(render_card(make_results(share_results=False))).startswith("NOT TO BE SHARED")


def test_columns_are_those_of_the_methods(card: str) -> None:
    assert card.count(RATES) == 2  # two dimensions, one system
    assert card.count(COMPARISONS) == 2
    row = rows_of(card, "| Clean | Vietnamese English | 14")[0]
    assert row[2:6] == ["14", "189", "1,702", "0.19"]
    assert row[7] == "jackknife-log-independent"


def test_no_two_columns_of_a_table_have_the_same_heading() -> None:
    systems = tuple(SystemInfo(name=name) for name in ("a", "b"))
    card = render_card(make_results().model_copy(update={"systems": systems}))
    assert "| System | Condition | Speakers |" in card
    lines = card.splitlines()
    for heading in (one for one, below in pairwise(lines) if below.startswith("| ---")):
        cells = heading.split("|")[1:-1]
        assert len(set(cells)) == len(cells), heading


def test_header_names_what_was_measured_on_what(made: Results) -> None:
    manifest = made.manifest.model_copy(update={"language": "en"})
    card = render_card(made.model_copy(update={"manifest": manifest}))
    for fact in (
        "whisper tiny.en, digest 9c9c9c9c9c9c; language en, precision float32",
        "accents, version 1.2, digest 0f0f0f0f0f0f",
        "2024-03 to 2024-09",
        "CC-BY-4.0",
        "version 20250625",
        "**Seed**: 1",
        "2026-11-21",
        "**Language**: en",
        "**Fewest speakers shown**: 5",
    ):
        assert fact in card


def test_all_disclaimers_of_the_methods_are_there(made: Results) -> None:
    for card in render_cards(build_card(made)).values():
        text = card.replace("{}", "")
        for part in ("No label was inferred", "not measured", "not a random sample", "added by computation"):
            assert part in text
        for part in (
            "written by somebody",
            "associations",
            "hidden for want of speakers",
            "does not endorse",
        ):
            assert part in text
        assert "84 speakers and 1,232 utterances (collected: 2024-03 to 2024-09)" in text
        assert "hold for these systems, settings and this normaliser" in text


def test_groups_that_the_sidecar_declares_and_nobody_is_in_are_named(made: Results) -> None:
    empty = {"Accent": ("Kiwi", "Maltese")}
    plan = made.plan.model_copy(update={"not_analysed": ("Age",)})
    manifest = made.manifest.model_copy(update={"empty_groups": empty})
    card = render_card(made.model_copy(update={"manifest": manifest, "plan": plan}))
    assert "Accent: nobody in this data is in Kiwi and Maltese, so they were not measured." in card
    assert "not analysed here: Age." in card


def test_each_interval_of_the_card_says_which_it_is(card: str) -> None:
    row = rows_of(card, "| Clean | Vietnamese English | 2.47")[0]
    assert row[2] == "2.47× \\[2.00\u00a0to\u00a03.04\\]"  # 0.2843/0.115 · 0.81 and · 1.23
    assert row[3] == "+16.9\u00a0points \\[+9.9\u00a0to\u00a0+24.9\\]"  # 28.43 − 11.5, less 7 and more 8
    assert row[4] == "jackknife-log-independent-bonferroni; gap: jackknife-independent-bonferroni"
    assert "disparity: higher WER than Irish" in row[5]
    assert "28.4 to 31.3\u00a0%" in card
    assert "those of the ratios of all declared comparisons hold together, and those of the gaps" in card


def test_a_card_of_older_results_shows_the_gaps_own_interval_and_says_so(made: Results) -> None:
    content = made.model_dump(mode="json") | {"schema_version": "1.3"}
    for comparison in content["comparisons"]:
        for field in ("gap", "gap_low", "gap_high", "gap_method"):
            del comparison[field]
    card = render_card(Results.model_validate(content))
    assert card.count("| Gap \\[95\u00a0% interval by itself\\] |") == 2
    row = rows_of(card, "| Clean | Vietnamese English | 2.47")[0]
    assert row[3] == "+16.9\u00a0points \\[+13.2\u00a0to\u00a0+20.7\\]"  # of the figure by itself
    assert "gap:" not in row[4]
    assert "and those of the gaps" not in card
    assert "The interval of the ratio is simultaneous" in card


def test_robustness_tells_every_condition_and_the_tolerance_in_decibels(card: str) -> None:
    block = card.split("asr-fair:begin robustness-accent")[1].split("asr-fair:end")[0]
    for part in ("WER under every condition", "Points lost beyond Irish", "Tolerance", "dB"):
        assert part in block
    assert "| Scanner at 0 dB |" in block


def test_one_condition_speaks_for_no_other() -> None:
    card = render_card(make_results(rendered=CLEAN_ONLY))
    assert "Only one condition was measured" in card
    assert "robustness-accent" not in card


def test_hidden_groups_have_a_row_and_no_number(card: str) -> None:
    (row,) = rows_of(card, "| Clean | Welsh")
    assert set(row[2:]) <= {"hidden", "", "|"}
    assert "Hidden: fewer than 5 known speakers with reference words and a transcript" in card


def test_six_people_of_whom_two_spoke_have_a_row_and_no_number() -> None:
    silent = [Voice("Kiwi", 6, 900, 0.4321, n_heard=2), *ACCENTS]
    page = render_card(make_results(rendered=CLEAN_ONLY, accents=silent))
    assert "\n| Kiwi | hidden |" in page
    assert "43.2" not in page


def test_without_known_speakers_the_card_shows_no_rates() -> None:
    from test_statuses import WITHOUT_SPEAKERS

    card = render_card(make_results(accents=WITHOUT_SPEAKERS))
    assert rows_of(card, "| Clean | Irish")
    assert all(row[2] == "hidden" for row in rows_of(card, "| Clean | Irish"))


def test_more_speakers_asked_for_hide_more_and_the_card_says_how_many(made: Results) -> None:
    card = render_card(made, fewest=12)
    assert "fewest-speakers=12" in card
    assert "Hidden: fewer than 12 known speakers" in card
    assert rows_of(card, "| Clean | Nigerian English")[0][2] == "hidden"
    assert rows_of(render_card(made), "| Clean | Nigerian English")[0][2] == "7"
    # Less than the plan says is never shown.
    assert render_card(made, fewest=2) == render_card(made)


def test_where_even_everyone_is_too_few_nothing_but_that_is_said(made: Results) -> None:
    card = render_card(made, fewest=500)
    performance = card.split("begin performance")[1].split("asr-fair:end")[0]
    assert "hidden: fewer than 500 speakers" in performance
    assert "11,088" not in card
    assert "1,232" not in card


def test_the_card_says_why_no_group_is_compared_with_all_others() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    thin = tuple(
        one.model_copy(update={"reference": None, "reference_reason": None}) if one.name == "accent" else one
        for one in results.dimensions
    )
    card = render_card(results.model_copy(update={"dimensions": thin, "comparisons": ()}))
    assert "they would reveal groups that are hidden here" in card
    assert "they would reveal" not in render_card(results)


def test_intersections_are_not_on_the_card() -> None:
    tables = [
        part
        for section in build_card(make_combined()).sections
        for block in section.blocks
        for part in block.parts
        if isinstance(part, Table)
    ]
    assert tables
    assert not any("×" in table.full_caption for table in tables)


def test_dimensions_of_the_same_letters_have_blocks_of_their_own(made: Results) -> None:
    accent = made.dimensions[0]
    names = ("Ton fall", "ton-fall", "מבטא")
    dimensions = tuple(accent.model_copy(update={"name": name}) for name in names)
    empty = {"figures": (), "comparisons": (), "robustness": (), "losses": (), "normaliser_traces": ()}
    card = build_card(make_results(accents=ACCENTS).model_copy(update={"dimensions": dimensions} | empty))
    fairness = next(section for section in card.sections if section.title == "Fairness")
    assert [one.name for one in fairness.blocks] == [
        "fairness-ton-fall",
        "fairness-ton-fall-2",
        "fairness-tag",
    ]


def test_html_can_be_read_by_sections(made: Results) -> None:
    page = Page.parse(render_card_html(made))
    assert page.open == []
    targets = [href[1:] for href in page.attributes("href") if href.startswith("#")]
    assert len(targets) > len(OUTLINE)
    assert set(targets) <= set(page.attributes("id"))
    assert page.attributes("src") == []
