"""How far groups are apart: shown in words a reader can follow, and never where a group is hidden."""

from __future__ import annotations

import csv
import io

import pytest
from made_people import render_card_html
from made_results import ACCENTS, CLEAN_ONLY, make_results
from pages import Page

from asr_fair.fairness.results import HighestGroup, Results, Statistic, Status, Summary
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

HEADING = "How far the groups are apart"


def summary(dimension: str, groups: tuple[str, ...], **changes: object) -> Summary:
    one = Summary(
        dimension=dimension,
        condition="clean",
        system="whisper-tiny.en",
        normaliser="whisper_en",
        groups=groups,
        max_minus_min=Statistic(value=0.1791, null_mean=0.1222, p_value=0.0745, p_method="x"),
        weighted_deviation=Statistic(value=0.0574, p_value=0.0004, p_method="x"),
        cochran_q=Statistic(value=27.8, null_mean=16.7, p_value=0.123, p_method="x"),
        tau_squared=Statistic(value=0.04),
        gini=Statistic(value=0.159),
        theil=Statistic(value=0.0446),
        highest=HighestGroup(
            group=groups[0], value=0.2843, low=0.1471, high=0.4752, method="x", candidates=groups
        ),
    )
    return one.model_copy(update=changes)


def results_with(*summaries: Summary, **changes: object) -> Results:
    return make_results(rendered=CLEAN_ONLY, summaries=summaries, **changes)


def test_table_tells_each_figure_beside_what_alike_groups_would_show() -> None:
    page = Page.parse(render_html(results_with(summary("handset", ("telephone", "wideband")))))
    text = page.text.replace("\u00a0", " ")
    assert page.table(f"{HEADING}: Handset, whisper-tiny.en").rows
    for words in (
        "17.9 points",
        "alike groups: 12.2 points; p = 0.074",
        "5.7 points",
        "p < 0.001",
        "1.22×",  # exp(√0.04)
        "telephone: 28.4 %",
        "[14.7 to 47.5]",
        "telephone; wideband",
    ):
        assert words in text


def test_no_summary_is_shown_beside_a_hidden_group() -> None:
    results = results_with(summary("accent", tuple(voice.name for voice in ACCENTS[:-2])))
    assert f"{HEADING}</h4>" not in render_html(results)
    (row,) = csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))["summaries.csv"]))
    assert {name for name, value in row.items() if value} == {"dimension", "note"}
    assert row["note"].startswith("left out: a group is hidden")
    assert "How far the groups are apart in all is not told: a group is hidden" in render_html(results)


def test_reserved_groups_hide_no_summary() -> None:
    accents = [voice for voice in ACCENTS if voice.name not in {"Scottish", "Welsh"}]
    assert "unknown" in {voice.name for voice in accents if voice.n_speakers == 1}
    results = results_with(summary("accent", ("Irish", "Vietnamese English")), accents=accents)
    assert HEADING in render_html(results)


def test_card_has_no_summary() -> None:
    assert HEADING not in render_card_html(results_with(summary("handset", ("telephone", "wideband"))))


def test_figure_without_a_test_stands_alone_and_what_is_undefined_says_why() -> None:
    untested = summary(
        "handset",
        ("telephone", "wideband"),
        max_minus_min=Statistic(value=0.1791, status=Status.NO_INTERVAL),
        cochran_q=Statistic(value=27.8, status=Status.NO_INTERVAL),
        tau_squared=Statistic(value=None, status=Status.NO_COMPARISON),
        highest=None,
    )
    text = Page.parse(render_html(results_with(untested))).text.replace("\u00a0", " ")
    assert "17.9 points" in text
    assert "alike groups: " not in text
    assert "no comparison possible" in text


def test_spreadsheet_has_the_figures_unrounded() -> None:
    results = results_with(summary("handset", ("telephone", "wideband")))
    rows = csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))["summaries.csv"]))
    (row,) = [row for row in rows if not row["note"]]
    assert float(row["max_minus_min_null_mean"]) == 0.1222
    assert float(row["cochran_q_p"]) == 0.123
    assert (row["highest_group"], row["highest_candidates"]) == ("telephone", "telephone; wideband")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_results_without_summaries_and_p_values_are_still_read(version: str) -> None:
    content = make_results(rendered=CLEAN_ONLY, schema_version=version).model_dump(mode="json")
    del content["summaries"]
    for comparison in content["comparisons"]:
        for new in ("p_value", "p_method", "p_adjusted"):
            del comparison[new]
    read = Results.model_validate(content)
    assert read.summaries == ()
    assert read.comparisons[0].p_value is None
    assert f"results schema {version}" in render_html(read)
