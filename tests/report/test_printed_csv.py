"""Every table of the report downloads as CSV: what stands on the page, which no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import unquote

import pytest
from made_people import render_card_html
from made_results import CLEAN_ONLY, Voice, make_results
from pages import Page

from asr_fair.report import render_html
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.spreadsheets.printed import file_name, printed_csv

RUN_BY_SPREADSHEETS = ("=", "+", "@", "\t", "\r")


def downloads(html: str) -> list[tuple[str, list[list[str]]]]:
    """Names and rows of all downloads of a page."""
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8,([^"]+)"', html)
    texts = [(name, unquote(address)) for name, address in found]
    assert all(text.startswith("\ufeff") for _, text in texts)
    return [(name, list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))) for name, text in texts]


def table_of(cells: list[TableCell], title: str = "WER", block: str = "") -> Table:
    rows = [Row(f"group {at}", [cell]) for at, cell in enumerate(cells)]
    return Table("Rates", (Column("Group", is_number=False), Column(title)), [Block(block, rows)])


def rows_of(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(printed_csv(table))))


def test_every_table_has_a_download_of_all_its_rows(report_html: str) -> None:
    tables = Page.parse(report_html).tables
    files = downloads(report_html)
    assert len(files) == len(tables) > 10
    for table, (_, (heading, *rows)) in zip(tables, files, strict=True):
        printed = [row for row in table.rows[1:] if len(row) > 1]
        assert len(rows) == len(printed), table.caption
        assert {len(row) for row in rows} == {len(heading)}
        names = heading.index(table.rows[0][0])
        assert [row[names] for row in rows] == [row[0] for row in printed]
        assert len(set(heading)) == len(heading)


def test_rates_stand_as_numbers_beside_the_bounds_of_their_intervals(report_html: str) -> None:
    rows = next(rows for name, rows in downloads(report_html) if name.startswith("rates-and-verdicts-accent"))
    table = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    vietnamese = next(row for row in table if row["Group"] == "Vietnamese English")
    assert vietnamese["Condition"] == "Clean"
    assert vietnamese["Words"] == "1702"
    wer, gap = (next(name for name in rows[0] if name.startswith(start)) for start in ("WER", "Gap"))
    assert vietnamese[gap] == "16.9"
    assert vietnamese[wer] == "28.4"
    assert vietnamese["Verdict"] == "disparity: higher WER than Irish"
    hidden = next(row for row in table if row["Group"] == "Scottish")
    assert hidden["Speakers"] == "hidden: fewer than 3 speakers"
    assert {value for name, value in hidden.items() if name not in ("Condition", "Group", "Speakers")} == {""}


@pytest.mark.parametrize(
    ("cell", "heading", "values"),
    [
        (
            TableCell("12.3\u00a0%", "[1.0\u00a0to\u00a04.5]"),
            ["WER (%)", "WER low (%)", "WER high (%)"],
            "12.3 1.0 4.5",
        ),
        (TableCell("\u22121.5\u00a0points"), ["WER (points)"], "-1.5"),
        (TableCell("+4.2\u00a0points"), ["WER (points)"], "4.2"),
        (TableCell("1,234"), ["WER"], "1234"),
        (TableCell("1.53×", "[\u22120.1\u00a0to\u00a0over\u00a0100]"), ["WER", "WER note"], None),
        (TableCell("no errors"), ["WER"], None),
    ],
)
def test_numbers_lose_units_and_thousands_and_keep_their_sign(
    cell: TableCell, heading: list[str], values: str | None
) -> None:
    first, row = rows_of(table_of([cell]))
    assert first[1:] == heading
    if values is not None:
        assert row[1:] == values.split()


def test_units_that_differ_stay_out_of_the_heading() -> None:
    heading, *_ = rows_of(table_of([TableCell("1.0\u00a0%"), TableCell("2.0\u00a0points")]))
    assert heading == ["Group", "WER"]


def test_no_cell_is_run_by_a_spreadsheet() -> None:
    names = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "\tx", "\u22122+3"]
    accents = [Voice("Irish", 12, 1500, 0.2), *(Voice(name, 12, 1500, 0.3) for name in names)]
    html = render_html(make_results(rendered=CLEAN_ONLY, accents=accents))
    cells = [cell for _, rows in downloads(html) for row in rows for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell.startswith(RUN_BY_SPREADSHEETS)]
    below_zero = [cell for cell in cells if cell.startswith("-")]
    assert all(re.fullmatch(r"-\d+(\.\d+)?", cell) for cell in below_zero)


def test_name_of_a_download_is_plain() -> None:
    assert file_name(table_of([], block="Clean: <b>")) == "rates-clean-b.csv"
    hostile = Table("../../\u202eetc", (), [])
    assert file_name(hostile) == "etc.csv"
    assert file_name(Table("\u0627", (), [])) == "table.csv"
    assert len(file_name(Table("a" * 300, (), []))) == 84


def test_the_card_has_no_downloads(results) -> None:
    assert "data:text/csv" not in render_card_html(results)
