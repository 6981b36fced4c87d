"""Words nobody said, and measures beside the word error rate: what is shown of them, and where."""

from __future__ import annotations

import csv

import pytest
from made_results import CLEAN_ONLY, figures_of, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

NEW_IN_1_3 = (
    "utterance_mean_wer", "capped_wer", "cer", "cer_ratio", "cer_gap", "design_effect", "n_above_one",
    "n_runaway", "n_language_detected", "n_wrong_language", "share_above_one", "share_runaway",
    "share_wrong_language", "empty_insertions_per_minute",
)  # fmt: skip
NOBODY_SAID, FURTHER = "Words nobody said: Accent", "Further measures: Accent"


def without(results: Results, *measures: str) -> Results:
    figures = tuple(figure for figure in results.figures if figure.measure not in measures)
    return results.model_copy(update={"figures": figures})


def rows_at(page: Page, caption: str, condition: str) -> dict[str, dict[str, str]]:
    """The rows of one condition, by group, with their cells by heading."""
    heading, *rows = page.table(caption).rows
    start = rows.index([condition]) + 1
    end = next((n for n in range(start, len(rows)) if len(rows[n]) == 1), len(rows))
    return {row[0]: dict(zip(heading, row, strict=True)) for row in rows[start:end]}


def test_words_nobody_said_are_counted_with_their_share(report: Page) -> None:
    irish = rows_at(report, NOBODY_SAID, "Scanner at 0 dB")["Irish"]
    assert irish["WER over 100\u00a0%"] == "127 75.0\u00a0%"  # 1533 // 12, 9 / 12
    assert irish["Ran away"] == "34 20.0\u00a0%"
    assert irish["Wrong language"] == "21 12.9\u00a0% of 167"  # 1533 // 9 − 3
    assert [irish[name] for name in ("Empty references", "Words put into them", "… per minute")] == [
        "51", "76", "1.5",
    ]  # fmt: skip
    assert irish["Empty transcripts"] == "30"
    assert irish["Capped WER"] == "26.9\u00a0%"  # 0.115 · 2.6 · 0.9
    quiet = rows_at(report, NOBODY_SAID, "Clean")["Irish"]
    assert (quiet["Ran away"], quiet["… per minute"]) == ("0 0.0\u00a0%", "no such recording")


def test_signs_that_were_nowhere_found_have_no_column() -> None:
    found = make_results(conditions=CLEAN_ONLY)
    table = Page.parse(render_html(found)).table(NOBODY_SAID)
    assert table.rows[0] == ["Group", "WER", "Capped WER", "Insertions", "Wrong language"]
    assert NOBODY_SAID not in render_html(without(found, "n_language_detected"))


def test_pooled_rate_and_both_means_stand_side_by_side_one_step_deeper(report_html: str) -> None:
    report = Page.parse(report_html)
    irish = rows_at(report, FURTHER, "Clean")["Irish"]
    assert list(irish)[:4] == ["Group", "WER, pooled", "Speaker mean", "Utterance mean"]
    assert list(irish.values())[1:4] == ["11.5\u00a0%", "12.3\u00a0%", "16.1\u00a0%"]
    assert (irish["CER"], irish["CER ratio"], irish["Design effect"]) == ("4.6\u00a0%", "", "2.4")
    vietnamese = rows_at(report, FURTHER, "Clean")["Vietnamese English"]
    assert vietnamese["CER ratio"].startswith("2.30×")  # 0.93 · 0.2843 / 0.115
    _, *deeper = report_html.split("<details>\n<summary>Further measures: ")
    first_tables = [part.split("<caption><span>")[1] for part in deeper]
    assert [table.startswith("Further measures") for table in first_tables] == [True, True]  # two dimensions


@pytest.mark.parametrize("caption", [NOBODY_SAID, FURTHER])
def test_groups_that_may_not_be_shown_have_no_row(report: Page, caption: str) -> None:
    groups = {row[0] for row in report.table(caption).rows}
    assert not {"Scottish", "Welsh", "unknown"} & groups
    assert {"Everyone", "Irish", "declined"} <= groups


@pytest.mark.parametrize("reference", ["Scottish", "Welsh"])
def test_character_errors_are_not_compared_with_a_reference_that_may_not_be_shown(reference: str) -> None:
    results = make_results(conditions=CLEAN_ONLY, reference=reference)
    page, tables = render_html(results), csv_tables(shown_in_report(results))
    accent_rows = [line for line in tables["rates.csv"].splitlines() if line.startswith("accent")]
    ratios = [
        one for one in figures_of(results, "accent", "Irish") if one.measure in ("cer_ratio", "cer_gap")
    ]
    assert ratios
    for figure in ratios:
        assert f"{figure.value}" not in "".join([page, *accent_rows])


def test_everyone_is_left_out_where_everyone_is_too_few() -> None:
    found = make_results(conditions=CLEAN_ONLY)
    few = tuple(f.model_copy(update={"n_speakers": 2}) if f.group == "all" else f for f in found.figures)
    page = Page.parse(render_html(found.model_copy(update={"figures": few})))
    assert "Everyone" not in {row[0] for row in page.table(FURTHER).rows}


def test_results_of_older_versions_are_shown_without_what_they_lack() -> None:
    older = without(make_results(), *NEW_IN_1_3)
    page = Page.parse(render_html(older))
    assert page.table(NOBODY_SAID).rows[0] == [
        "Group", "WER", "Insertions", "Empty references", "Words put into them", "Empty transcripts",
    ]  # fmt: skip
    assert page.table(FURTHER).rows[0][:3] == ["Group", "WER, pooled", "Speaker mean"]


def test_rates_in_the_spreadsheet_hold_every_new_figure(results: Results) -> None:
    rows = csv.DictReader(csv_tables(shown_in_report(results))["rates.csv"].splitlines())
    key = {"group": "Vietnamese English", "condition": "scanner@0dB", "normaliser": "whisper_en"}
    (row,) = (row for row in rows if key.items() <= row.items())
    figures = {
        figure.measure: figure.value
        for figure in figures_of(results, "accent", "Vietnamese English")
        if (figure.condition, figure.normaliser) == ("scanner@0dB", "whisper_en")
    }
    for measure in NEW_IN_1_3:
        assert float(row[measure]) == pytest.approx(figures[measure]), measure
