"""Intersections and gaps within levels on the page: lean, after the dimensions, and in words."""

from __future__ import annotations

import csv
import io
import re

import pytest
from made_results import CROSSED, Voice, make_combined
from pages import Page

from asr_fair.fairness.results import Results, Verdict
from asr_fair.report import render_html
from asr_fair.report.findings import findings
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

SYSTEM = "whisper-tiny.en"


@pytest.fixture(scope="module")
def results() -> Results:
    return make_combined()


@pytest.fixture(scope="module")
def page(results: Results) -> Page:
    return Page.parse(render_html(results))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_intersections_and_controls_stand_after_the_dimensions(results: Results) -> None:
    html = render_html(results)
    order = [
        html.index(f">{title}</h2>")
        for title in ("Handset", "Accent × Handset", "Accent within levels of Handset")
    ]
    assert order == sorted(order)
    assert order[-1] < html.index('id="limits"')


def test_combinations_that_hold_nobody_are_named(page: Page) -> None:
    assert "Of 5 combinations of groups, 3 hold somebody." in page.text
    assert (
        "Nobody is in Irish × telephone, Welsh × telephone: nothing here speaks for such people." in page.text
    )


def test_combinations_without_rates_share_a_note(page: Page) -> None:
    rows = page.table("Rates and verdicts: Accent × Handset").rows
    assert [row[0] for row in rows[1:]] == [
        "Irish × wideband",
        "Vietnamese English × wideband",
        "unknown × wideband",
    ]
    assert (
        "Combinations without rates, with fewer than 5 speakers with reference words and a transcript: "
        "Welsh × wideband."
    ) in page.text
    assert "not compared" in rows[3][-3]


def test_many_combinations_are_not_plotted() -> None:
    many = [Voice(f"Irish × room {number}", 12, 1500, 0.2) for number in range(26)]
    few, none = (render_html(make_combined(crossed=each)) for each in (CROSSED, many))
    assert few.count("<figure>") == none.count("<figure>") + 1


def test_the_gap_as_it_is_stands_beside_that_with_the_same_mix(page: Page) -> None:
    table = page.table("Accent within levels of Handset: gaps as they are and with the same mix")
    row = next(row for row in table.rows if row[0] == "Vietnamese English")
    assert [plain(cell) for cell in row[1:]] == [
        "2.47× [2.24 to 2.71]",
        "0.77× [0.76 to 0.78]",
        "+16.9 points [+13.2 to +20.7]",
        "−3.2 points [−4.2 to −2.2]",
        "75.0 %",
        "woman",
    ]
    nigerian = next(row for row in table.rows if row[0] == "Nigerian English")
    assert nigerian[-1] == "too few speakers in every level"


def test_each_level_has_rates_and_verdicts(page: Page) -> None:
    rows = page.table("Accent within levels of Handset: each level").rows
    names = [row[0] for row in rows]
    assert names == ["Group", "Irish", "Vietnamese English"]
    assert "the declared reference" in rows[1][-1]
    assert "disparity: higher WER than Irish" in rows[2][-1]
    assert "speakers with reference words and a transcript: Nigerian English, Scottish." in page.text


def test_findings_tell_dimensions_first_then_intersections_then_levels(results: Results) -> None:
    found = [one for one in findings(shown_in_report(results)) if one.verdict is Verdict.DISPARITY]
    at_their_cost = [not re.search(r": 0\.\d\d times as many", one.text) for one in found]
    assert at_their_cost == sorted(at_their_cost, reverse=True)
    dimensions = [one.dimension for one in found[: sum(at_their_cost)]]
    assert dimensions == sorted(dimensions, key=lambda name: ("|" in name, "×" in name))
    assert {"accent", "accent × handset", "accent | handset = woman"} <= set(dimensions)
    level = next(one for one in found if one.dimension == "accent | handset = woman")
    assert plain(level.text).startswith(
        f"Accent where Handset is “woman”, “Vietnamese English”: {SYSTEM} got 26.3 % of words wrong"
    )


def test_a_finding_names_the_gap_with_the_same_mix_where_it_turns_round(results: Results) -> None:
    found = findings(shown_in_report(results))
    told = next(one for one in found if one.dimension == "accent" and one.groups == ("Vietnamese English",))
    assert (
        "With the same mix of Handset on both sides the gap is −3.2 points [−4.2 to −2.2] instead of +16.9, "
        "the other way round, on 75.0 % of their words."
    ) in plain(told.text)


def test_levels_without_a_verdict_are_told_in_one_sentence() -> None:
    women = [Voice("Irish", 11, 1001, 0.1011), Voice("Vietnamese English", 12, 1112, 0.1022)]
    found = findings(shown_in_report(make_combined(women=women)))
    assert [one.text for one in found if "|" in one.dimension] == [
        "Accent within levels of Handset: this data cannot tell whether the groups differ in 1 of "
        f"1 comparison of {SYSTEM}."
    ]
    thin = [Voice("Irish", 6, 601, 0.1), Voice("Vietnamese English", 7, 702, 0.2)]
    (text,) = (
        one.text for one in findings(shown_in_report(make_combined(women=thin))) if "|" in one.dimension
    )
    assert "in no level a group that may be shown and is compared has 10 speakers" in text


def test_losses_of_combinations_are_in_the_table_of_losses_only(results: Results, page: Page) -> None:
    shown = shown_in_report(results)
    losses = list(csv.DictReader(io.StringIO(csv_tables(shown)["losses.csv"])))
    assert "accent × handset" in {row["dimension"] for row in losses}
    table = page.table("Utterances without a usable transcript")
    assert "Irish × wideband" not in {row[0] for row in table.rows}


def test_tables_hold_levels_and_standardised_figures(results: Results) -> None:
    tables = csv_tables(shown_in_report(results))
    rates = {(row["dimension"], row["group"]) for row in csv.DictReader(io.StringIO(tables["rates.csv"]))}
    assert ("accent | handset = woman", "Vietnamese English") in rates
    assert ("accent × handset", "unknown × wideband") in rates
    rows = list(csv.DictReader(io.StringIO(tables["within.csv"])))
    assert {row["group"] for row in rows if row["value"]} == {"Vietnamese English"}
    gap = next(row for row in rows if row["measure"] == "wer_gap" and row["value"])
    assert (float(gap["value"]), float(gap["as_it_is"])) == (-0.0321, pytest.approx(0.2843 - 0.115))
    assert gap["levels"] == "woman"


def test_hostile_names_of_levels_and_combinations_are_text() -> None:
    script = "<script>alert(1)</script>"
    women = [Voice("Irish", 11, 1001, 0.1), Voice(script, 12, 1112, 0.3)]
    hostile = make_combined(crossed=[Voice(f"{script} × {script}", 12, 1500, 0.2), *CROSSED], women=women)
    html = render_html(hostile)
    assert "<script" not in html.lower()
    assert Page.parse(html).open == []
