"""Names of groups, titles and reasons are text, whatever they hold."""

from __future__ import annotations

import csv
import io
import math

import pytest
from made_people import render_card, render_card_html, render_card_tex
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report import render_html
from asr_fair.report.card.latex_text import as_latex
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
    tables = [[]]
    for line in render_card(hostile).splitlines():
        if line.startswith("|"):
            tables[-1].append(line.replace("\\|", "").count("|"))
        elif tables[-1]:
            tables.append([])
    assert len(tables) > 8
    assert [len(set(widths)) for widths in tables if widths] == [1] * (len(tables) - 1)


def test_markdown_is_escaped(hostile: Results) -> None:
    card = render_card(hostile)
    assert "<script" not in card
    assert "a\\|b" in card
    assert "\\[x\\](javascript:y)" in card
    assert "two lines" in card


def test_names_run_nothing_in_latex(hostile: Results) -> None:
    tex = render_card_tex(hostile)
    assert tex.isascii()
    assert "\\textless{}script\\textgreater{}alert(1)" in tex
    assert "\\textquotedbl{} onmouseover=" in tex
    # A row that begins with a bracket would be an argument of the line break before it.
    assert not any(line.startswith(("[", "*")) for line in tex.splitlines())
    assert "{[}x{]}(javascript:y) &" in tex


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50 % & #1 _x_ {y}", "50 \\% \\& \\#1 \\_x\\_ \\{y\\}"),
        ("\\input{a}", "\\textbackslash{}input\\{a\\}"),
        ("\\\\[5pt]", "\\textbackslash{}\\textbackslash{}{[}5pt{]}"),
        ("^^41 ~", "\\textasciicircum{}\\textasciicircum{}41 \\textasciitilde{}"),
        ("a\n\nb\tc", "a b c"),
        ("Việt Łódź naïve", "Vi\\^{\\d{e}}t \\L{}\\'{o}d\\'{z} na\\\"{\\i{}}ve"),
        ("\u202eabc", "{[}U+202E{]}abc"),
        ("日本😀", "{[}U+65E5{]}{[}U+672C{]}{[}U+1F600{]}"),
        ("\x00\x1b", "{[}U+0000{]}{[}U+001B{]}"),
        ("1.3×\u00a0− ≥", "1.3$\\times$~$-$ $\\ge$"),
    ],
)
def test_escaping_of_latex(text: str, written: str) -> None:
    found = as_latex(text)
    # Marks of one letter may stand in either order.
    assert found.replace("\\d{\\^{e}}", "\\^{\\d{e}}") == written


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
