"""Names of groups, titles and reasons are text, whatever they hold."""

from __future__ import annotations

import csv
import io
import math

import pytest
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_card, render_card_html, render_html
from asr_fair.report.markdown import escape_markdown
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables

SCRIPT = "<script>alert(1)</script>"
NAMES = (SCRIPT, "a|b", "=1+1", '" onmouseover="x', "[x](javascript:y)", "`*_#_*`", "two\nlines", "</style>")


@pytest.fixture(scope="module")
def hostile() -> Results:
    accents = [*ACCENTS, *(Voice(name, 12 + i, 1500, 0.2) for i, name in enumerate(NAMES))]
    some = CONDITIONS[:3]
    return make_results(rendered=some, accents=accents, reference=SCRIPT, title=SCRIPT, warnings=(SCRIPT,))


@pytest.mark.parametrize("render", [render_html, render_card_html])
def test_markup_in_names_is_text_in_html(render, hostile: Results) -> None:
    html = render(hostile)
    page = Page.parse(html)
    assert "<script" not in html.lower()
    assert SCRIPT in page.text
    assert html.count("</style>") == 1
    assert page.attributes("onmouseover") == []
    assert page.open == []


def test_a_name_that_no_svg_may_hold_is_drawn_without_it() -> None:
    accents = [Voice("bell\x07\x1b[31m\ufffe", 12, 1500, 0.2), *ACCENTS[3:5]]
    plot = render_html(make_results(accents=accents, reference=None, rendered=CLEAN_ONLY)).split("<figure>")[
        1
    ]
    assert "bell\ufffd\ufffd[31m\ufffd" in plot.split("<svg")[1]


def test_names_in_plots_are_text(hostile: Results) -> None:
    plots = render_html(hostile).split("<figure>")[1:]
    assert any("&lt;script&gt;" in plot.split("<svg")[1] for plot in plots)


def test_rows_of_markdown_tables_keep_their_cells(hostile: Results) -> None:
    lines = [line for line in render_card(hostile).splitlines() if line.startswith("|")]
    widths = {line.replace("\\|", "").count("|") for line in lines}
    # Those of the losses, of everyone, of each dimension's groups, and of each condition by 13 and 2 groups.
    assert sorted(widths) == [5, 8, 10, 16, 18]


def test_markdown_is_escaped(hostile: Results) -> None:
    card = render_card(hostile)
    assert "<script" not in card
    assert "a\\|b" in card
    assert "\\[x\\](javascript:y)" in card
    assert "two lines" in card


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a|b", "a\\|b"), ("<b>&", "&lt;b&gt;&amp;"), ("x\n# y", "x \\# y"), ("1.5 %", "1.5 %"), ("\\", "\\\\")],
)
def test_escaping_of_markdown(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


def test_spreadsheets_run_nothing_and_numbers_stay_numbers(hostile: Results) -> None:
    tables = csv_tables(shown_in_report(hostile))
    groups = list(csv.DictReader(io.StringIO(tables["groups.csv"])))
    names = {row["group"] for row in groups}
    assert "'=1+1" in names
    assert "=1+1" not in names
    assert SCRIPT in names  # no formula: left as it is
    noise = list(csv.DictReader(io.StringIO(tables["noise.csv"])))
    gaps = [row["did"] for row in noise if row["did"]]
    assert any(gap.startswith("-") for gap in gaps)
    assert all(math.isfinite(float(gap)) for gap in gaps)
