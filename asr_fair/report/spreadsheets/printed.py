"""A printed table as CSV: what stands on the page, in cells that a spreadsheet can count with."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from asr_fair.report.model import Block, Column, Table, TableCell
from asr_fair.report.spreadsheets.cells import harmless
from asr_fair.report.wording import MINUS, NBSP

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""

NUMBER = re.compile(r"\+?(-?\d[\d,]*(?:\.\d+)?) ?(%|×|points|dB|)")
INTERVAL = re.compile(r"\[(\S+) to (\S+)\]")
PARTS = ("", " low", " high", " note")
"""Columns that one on the page may become: its value, the bounds of its interval, other small print."""

SAFE = "!$()*+,-./:;=?@_~"
"""Of a link's address, beside letters and digits: what need not be encoded."""


def csv_address(table: Table) -> str:
    """The table as a link that downloads it, without a server and without a script."""
    return f"data:text/csv;charset=utf-8,{quote(BYTE_ORDER_MARK + printed_csv(table), safe=SAFE)}"


def file_name(table: Table) -> str:
    """A name for the download: the caption's letters and digits."""
    words = re.findall(r"[a-z0-9.]+", table.full_caption.lower())
    return f"{'-'.join(words)[:80].strip('-.') or 'table'}.csv"


def printed_csv(table: Table) -> str:
    """The table's rows, the titles of its blocks in a column of their own, numbers without their units."""
    first, *others = table.columns
    blocked = any(block.title for block in table.blocks)
    columns = [
        _columns_of(column, [cell for cells in _spread(table.blocks, len(others)) for cell in [cells[at]]])
        for at, column in enumerate(others)
    ]
    heading = [*([table.block_title] if blocked else []), first.title]
    headers = [
        [*([block.title] if blocked else []), row.header] for block in table.blocks for row in block.rows
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(harmless, [*heading, *(title for column in columns for title in column)]))
    for at, header in enumerate(headers):
        values = (texts[at] for column in columns for texts in column.values())
        writer.writerow([*map(harmless, header), *values])
    return buffer.getvalue()


def _spread(blocks: Sequence[Block], n_columns: int) -> Iterator[list[TableCell]]:
    """Cells of each row, those that reach over several columns followed by empty ones."""
    for block in blocks:
        for row in block.rows:
            cells = [part for cell in row.cells for part in [cell, *[TableCell("")] * (cell.span - 1)]]
            yield [*cells, *[TableCell("")] * (n_columns - len(cells))]


def _columns_of(column: Column, cells: Sequence[TableCell]) -> Mapping[str, list[str]]:
    """Heading → texts of the value and of whatever else some cell holds; the heading names a common unit."""
    units = {found[2] for cell in cells if (found := NUMBER.fullmatch(_plain(cell.text))) and found[2]}
    unit = f" ({units.pop()})" if len(units) == 1 and units != {"×"} else ""
    title = f"{column.over}: {column.title}" if column.over else column.title
    parts = zip(*(_parts_of(cell) for cell in cells), strict=True)
    return {
        f"{_plain(title)}{part}{unit}": list(texts)
        for part, texts in zip(PARTS, parts, strict=True)
        if not part or any(texts)
    }


def _parts_of(cell: TableCell) -> tuple[str, str, str, str]:
    """What a cell has of each of `PARTS`, each harmless in a spreadsheet."""
    detail = _plain(cell.detail)
    interval = INTERVAL.fullmatch(detail)
    low, high, note = (interval[1], interval[2], "") if interval else ("", "", detail)
    return (
        _number_or_text(_plain(cell.text)),
        _number_or_text(low),
        _number_or_text(high),
        _number_or_text(note),
    )


def _number_or_text(text: str) -> str:
    found = NUMBER.fullmatch(text)
    return found[1].replace(",", "") if found else str(harmless(text))


def _plain(text: str) -> str:
    return text.replace(NBSP, " ").replace(MINUS, "-")
