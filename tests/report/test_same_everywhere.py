"""One figure, one interval: the report, the card and the spreadsheet say the same of every group."""

from __future__ import annotations

import csv
import io

from made_people import build_card
from made_results import ACCENTS, CLEAN_ONLY, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.card import render_cards
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

Told = dict[tuple[str, str, str], str]
"""Dimension, group, heading → the printed cell."""
HEADINGS = ("WER", "Ratio", "Gap")


def told(html: str, dimensions: dict[str, str], captions: tuple[str, ...]) -> Told:
    """The cells of `HEADINGS` in all tables whose caption starts so and names a dimension."""
    found: Told = {}
    for table in Page.parse(html).tables:
        names = [name for name, title in dimensions.items() if title in table.caption]
        if not names or not table.caption.startswith(captions):
            continue
        for row in table.rows[1:]:
            for heading, cell in zip(table.rows[0], row, strict=False):
                if heading.startswith(HEADINGS) and cell:
                    found[names[0], row[0], heading.split()[0]] = cell
    return found


def both(results: Results) -> tuple[Told, Told]:
    dimensions = {one.name: one.title for one in results.dimensions}
    report = told(render_html(results), dimensions, ("Rates and verdicts",))
    card = told(render_cards(build_card(results))["card.html"], dimensions, ("Rates", "Compared with"))
    return report, card


def test_report_and_card_show_one_interval_of_every_rate_ratio_and_gap() -> None:
    report, card = both(make_results(rendered=CLEAN_ONLY))
    common = set(report) & set(card)
    assert {heading for _, _, heading in common} == set(HEADINGS)
    assert {place: report[place] for place in common} == {place: card[place] for place in common}


def test_the_interval_of_a_ratio_is_the_one_that_its_verdict_rests_on() -> None:
    results = make_results(rendered=CLEAN_ONLY)
    report, _ = both(results)
    rows = csv.DictReader(io.StringIO(csv_tables(shown_in_report(results))["rates.csv"]))
    checked = 0
    for row in rows:
        cell = report.get((row["dimension"], row["group"], "Ratio"))
        if cell is None or not row["simultaneous_low"] or row["normaliser"] != results.normalisers[0]:
            continue
        low, high = (f"{float(row[f'simultaneous_{end}']):.2f}" for end in ("low", "high"))
        assert f"{low} to {high}" in cell.replace("\u00a0", " ")
        checked += 1
    assert checked >= len(ACCENTS) // 2
