"""Every number on the page is one that the results hold."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd
import pytest
from made_results import CLEAN_ONLY, make_results
from pages import Page, numbers

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables


def written(results: Results) -> Iterator[str]:
    """Every figure and count, formatted here and not by the code under test."""
    for entry in [*results.figures, *results.comparisons]:
        values = [entry.low, entry.high]
        values += [getattr(entry, name, None) for name in ("value", "ratio", "gap_low", "gap_high")]
        for value in (value for value in values if value is not None):
            yield f"{100 * value:.1f}".replace("-", "\u2212")
            yield f"{100 * value:+.1f}".replace("-", "\u2212")
            yield f"{value:.1f}"
            yield f"{value:.2f}"
            yield f"{value:,.0f}"
    for figure in results.figures:
        if figure.measure.startswith("tolerance"):
            known = [figure.value, figure.low, figure.high, figure.censored_at]
            for value in (value for value in known if value is not None):
                # Cleaner audio or more noise: the direction stands in words.
                yield from (f"{value:.1f}".replace("-", "\u2212"), f"{value:+.1f}".replace("-", "\u2212"))
                yield f"{abs(value):.1f}"
    yield f"{100 * results.plan.thresholds.tolerable_wer:g}"
    for dimension in results.dimensions:
        for group in dimension.groups:
            yield from (f"{n:,}" for n in (group.n_speakers, group.n_utterances, group.n_words))
            yield f"{group.duration_s / 3600:.2f}"
    for entry in [*results.figures]:
        yield from (f"{n:,}" for n in (entry.n_speakers, entry.n_utterances, entry.n_words))
    for loss in results.losses:
        yield from (
            f"{n:,}" for n in (loss.n_expected, loss.n_errors, loss.n_missing, *loss.reasons.values())
        )

    for trace in results.normaliser_traces:
        yield f"{100 * (trace.altered_share or 0):.1f}"
        yield from (f"{n:,}" for n in (trace.n_texts, trace.n_emptied, trace.n_words, trace.n_altered))


def numeric_cells(page: Page) -> Iterator[str]:
    for table in page.tables:
        headings = table.rows[0]
        for row in table.rows[1:]:
            for heading, cell in zip(headings[1:], row[1:], strict=False):
                if heading not in ("Verdict", "Flags", "Condition", "System") and "fewer than" not in cell:
                    yield cell


@pytest.mark.parametrize("which", ["report", "card_page"])
def test_every_number_in_the_tables_stands_in_the_results(
    which: str, results: Results, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(which)
    known = set(written(results)) | {"0.0"}
    cells = list(numeric_cells(page))
    found = [number for cell in cells for number in numbers(cell)]
    assert len(found) > 300
    assert [number for number in found if number not in known] == []


def test_a_rate_stands_in_the_row_of_its_group_and_condition(report: Page) -> None:
    rows = report.table("Rates and verdicts: Accent").rows
    at_0_db = rows.index(["Scanner at 0 dB"])
    vietnamese = next(row for row in rows[at_0_db:] if row[0] == "Vietnamese English")
    assert vietnamese[:4] == ["Vietnamese English", "14", "189", "1,702"]
    assert vietnamese[4].startswith("73.9")  # 0.2843 · 2.6 = 0.73918
    assert vietnamese[9].startswith("2.47×")  # 0.2843 / 0.115
    assert vietnamese[10].startswith("+44.0\u00a0points")  # 0.73918 − 0.299


def test_csv_holds_the_very_numbers_of_the_results(results: Results) -> None:
    text = csv_tables(shown_in_report(results))["rates.csv"]
    table = pd.read_csv(io.StringIO(text))
    keys = ["dimension", "group", "condition", "system", "normaliser"]
    rows = table.set_index(keys)
    checked = 0
    for figure in results.figures:
        key = tuple(getattr(figure, name) for name in keys)
        if figure.measure == "wer" and key in rows.index:
            row = rows.loc[key]
            assert (row["wer"], row["wer_low"], row["wer_high"]) == (figure.value, figure.low, figure.high)
            assert row["n_words"] == figure.n_words
            checked += 1
    assert checked == len(table) == 8 * 5 * 2  # everyone, 5 accents, 2 handsets; conditions; normalisers


def test_noise_table_shows_what_is_lost_beyond_the_reference(report: Page) -> None:
    rows = report.table("What each group loses against clean speech").rows
    assert rows[0] == ["Group", "Lost beyond Irish", "Lost", "WER, clean", "WER, condition"]
    nigerian = next(row for row in rows if row[0] == "Nigerian English")
    assert nigerian[1].startswith("+4.4\u00a0points")  # 0.2253 · 0.4 − 0.115 · 0.4
    assert nigerian[2].startswith("+9.0\u00a0points")  # 0.2253 · 0.4
    assert nigerian[3:] == ["22.5\u00a0%", "31.5\u00a0%"]


def test_normalisers_stand_side_by_side_with_their_shift(report: Page) -> None:
    rows = report.table("WER under each normaliser").rows
    irish = next(row for row in rows if row[0] == "Irish")
    assert rows[0] == ["Group", "whisper_en (headline)", "basic"]
    assert irish[1].startswith("11.5")
    assert irish[2].startswith("12.7\u00a0% +1.2 [")  # 0.115 · 1.1, and 0.0115 more


def test_losses_of_everyone_and_of_shown_groups_are_told(report: Page) -> None:
    rows = report.table("Utterances without a usable transcript").rows
    assert ["Everyone", "whisper-tiny.en", "Scanner at 0 dB", "90", "2", "1", "truncated: 2"] in rows
    assert not any(row[0] == "Scottish" for row in rows)


def test_without_losses_the_report_says_so() -> None:
    assert "No recording failed and no transcript is missing." in render_html(
        make_results(conditions=CLEAN_ONLY, losses=())
    )
