"""Tables as spreadsheets and survey forms export them: what a manifest may not be, and people have."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from asr_fair.errors import ConfigError, Fault
from asr_fair.manifest.tables import RawTable, Records, csv_records, parse_records, read_table
from asr_fair.wording import counted

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
WINDOWS = "cp1252"
_DELIMITED = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Export:
    """A table, and how it was read: nothing that was guessed stays unsaid."""

    raw: RawTable
    notes: tuple[str, ...]


def read_export(path: Path, *, encoding: str | None = None) -> Export:
    """A table in CSV (commas, semicolons or tabs; UTF-8, UTF-16 or Windows), JSONL or Parquet.

    Cells and names of columns lose the spaces around them; empty rows and empty columns without a name, as
    spreadsheets leave them behind, are dropped.

    Raises ConfigError for a spreadsheet's own format and for what cannot be read, FaultsError with every
    malformed line.
    """
    ending = path.suffix.lower()
    if ending in SPREADSHEETS:
        msg = (
            f"{path}: a spreadsheet's own format is not read. In the spreadsheet: File > Save As > "
            f"'CSV UTF-8 (comma delimited)', then give --table {path.with_suffix('.csv').name}"
        )
        raise ConfigError(msg)
    if ending not in _DELIMITED:
        return Export(_tidy(read_table(path)), ())
    text, decoded = _decode(path, encoding)
    return parse_export(text, name=str(path), notes=(decoded,) if decoded else ())


def parse_export(text: str, *, name: str, notes: tuple[str, ...] = ()) -> Export:
    """A delimited table from its text. Raises FaultsError and ConfigError."""
    lines = io.StringIO(text, newline=None).readlines()
    first = next((line for line in lines if line.strip()), "")
    hint = re.fullmatch(r"sep=(.)\s*", first)  # a line that Excel writes for itself
    delimiter = hint[1] if hint else _delimiter_of(first)
    records = csv_records(lines, name=name, delimiter=delimiter)
    raw = _tidy(parse_records(_without_blanks(records, skip_first=bool(hint)), name=name))
    if delimiter != ",":
        notes += (f"{DELIMITERS.get(delimiter, repr(delimiter))} between the cells",)
    return Export(raw, notes)


def _decode(path: Path, encoding: str | None) -> tuple[str, str | None]:
    """The text of a file, and a note where its encoding was guessed."""
    try:
        content = path.read_bytes()
        if encoding is None and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
        return content.decode(encoding or "utf-8-sig"), None
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}. Check the path"
        raise ConfigError(msg) from error
    except LookupError as error:
        msg = f"--encoding {encoding}: no such encoding. Try utf-8, cp1252 (Windows) or mac-roman"
        raise ConfigError(msg) from error
    except UnicodeError as error:
        if encoding is not None:
            msg = f"{path}: is not {encoding} ({error}). Save it as 'CSV UTF-8', or name another --encoding"
            raise ConfigError(msg) from error
    text = content.decode(WINDOWS, errors="replace")
    words = dict.fromkeys(re.findall(r"\w*[^\W\x00-\x7f]\w*|\w*\ufffd\w*", text))
    shown = ", ".join(map(repr, list(words)[:3]))
    example = f": {shown} must be right" if words else ""
    return text, f"is not UTF-8 and was read as Windows text{example}; else name an --encoding"


def _delimiter_of(header: str) -> str:
    """What parts the header into most cells; a comma where nothing does."""
    cells = {delimiter: len(next(csv.reader([header], delimiter=delimiter))) for delimiter in DELIMITERS}
    return max(cells, key=lambda delimiter: cells[delimiter])


def _without_blanks(records: Records, *, skip_first: bool) -> Records:
    """Rows without those that are empty, and without empty cells beyond the last column that has a name."""
    width = 0
    for record in records:
        if isinstance(record, Fault):
            yield record
            continue
        line, cells = record
        if skip_first or not any(cell.strip() for cell in cells):
            skip_first = False
            continue
        if not width:
            width = max(place for place, cell in enumerate(cells, start=1) if cell.strip())
        beyond = len(cells) > width and not any(cell.strip() for cell in cells[width:])
        yield line, cells[:width] if beyond else cells


def _tidy(raw: RawTable) -> RawTable:
    """The table without spaces around names and cells. Raises ConfigError where two names become one."""
    names = [" ".join(str(column).split()) for column in raw.frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"{raw.name}: {counted(len(twice), 'column')} stand twice: {', '.join(twice)}. Rename one"
        raise ConfigError(msg)
    columns = {
        name: pd.Series(list(_stripped(raw.frame.iloc[:, place])), dtype=object)
        for place, name in enumerate(names)
    }
    return replace(raw, frame=pd.DataFrame(columns))


def _stripped(cells: pd.Series[str]) -> Iterator[object]:
    for cell in cells.tolist():
        yield cell.strip() if isinstance(cell, str) else cell
