"""Tables as people hand them in: JSONL, CSV, TSV or Parquet, with the line of every row."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.files import replacing
from asr_fair.validation import read_utf8

LIST_SEPARATOR = "|"
"""Between the values of one cell in CSV and TSV, which know no lists."""

_WHOLLY_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_ESCAPED_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_JSON_TYPES = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class RawTable:
    """A table as it was written, before any cell is given a meaning.

    Attributes
    ----------
    frame : DataFrame
        Cells of dtype object: texts for CSV and TSV, JSON values for JSONL and Parquet, None for a
        missing one. No text is read as missing: "NA", "null" and "" stay what they are.
    lines : array of int64, shape = (n_rows,)
        Line on which each row begins, counted from 1; for Parquet, the number of the row.
    name : str
        Path of the file, for faults.
    text_cells : bool
        Whether every cell is a text (CSV and TSV).
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    name: str
    text_cells: bool


def read_table(path: Path) -> RawTable:
    """Read a table; its ending names its format: .jsonl, .csv, .tsv or .parquet.

    A CSV is read by RFC 4180. In a TSV a line is always one row: quotes never join lines or cells, but a
    cell that is quoted as a whole loses its quotes.

    Raises FaultsError with every malformed line; ConfigError for an unknown ending, a file that cannot be
    read or is not UTF-8, and a table without rows.
    """
    ending = table_ending(path)
    if ending == ".parquet":
        return _read_parquet(path)
    parse = {".jsonl": parse_jsonl, ".csv": parse_csv, ".tsv": parse_tsv}[ending]
    return parse(_lines(path), name=str(path))


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table in the format that the ending names, whole or not at all.

    Missing cells become null (empty in CSV and TSV); lists become JSON lists (`a|b` in CSV and TSV).
    Raises ConfigError for an unknown ending and for cells that the format cannot hold.
    """
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".tsv": _write_tsv,
        ".parquet": _write_parquet,
    }
    write = writers[table_ending(path)]
    with replacing(path) as temporary:
        write(frame, temporary)


def table_ending(path: Path) -> str:
    """The ending that names the table's format, in lower case. Raises ConfigError for an unknown one."""
    ending = path.suffix.lower()
    known = (".jsonl", ".csv", ".tsv", ".parquet")
    if ending not in known:
        msg = f"{path}: a table's name must end in {', '.join(known)}; got {ending or 'no ending'!r}"
        raise ConfigError(msg)
    return ending


def _lines(path: Path) -> Iterator[str]:
    # Not str.splitlines: it also splits at U+2028 and the like, which may stand within a text.
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from file
    except (OSError, UnicodeDecodeError):
        read_utf8(path)  # raises ConfigError with the place
        raise


def parse_jsonl(text_lines: Iterable[str], *, name: str) -> RawTable:
    """A table of JSON objects, one a line; empty lines are skipped. Raises FaultsError."""
    columns: dict[str, list[object]] = {}
    lines: list[int] = []
    faults: list[Fault] = []
    for number, line in enumerate(text_lines, start=1):
        if not line.strip():
            continue
        try:
            row = _DECODER.decode(line)
        except RecursionError:
            problem = "its lists and objects stand too deep in each other"
            faults.append(Fault(name, problem, "Mend this line", line=number))
            continue
        except ValueError as error:  # json.JSONDecodeError is one; the rest are ours
            problem = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            faults.append(Fault(name, f"is not valid JSON: {problem}", "Mend this line", line=number))
            continue
        if not isinstance(row, dict):
            found = _JSON_TYPES.get(type(row), "null")
            remedy = 'Write {"column": value, ...}'
            faults.append(Fault(name, f"must be a JSON object, got {found}", remedy, line=number))
            continue
        if _ESCAPED_HALF_PAIR.search(line):
            faults += _half_pair_faults(row, name=name, line=number)
        for column, value in row.items():
            if column not in columns:
                columns[column] = [None] * len(lines)
            columns[column].append(value)
        lines.append(number)
        for column in columns.keys() - row.keys():
            columns[column].append(None)
    return _raw_table(columns, lines, faults, name=name, text_cells=False)


def _half_pair_faults(row: dict[str, object], *, name: str, line: int) -> list[Fault]:
    """A fault for every cell with half a surrogate pair: JSON can escape one, no UTF-8 file can hold it."""
    problem, remedy = "holds half a surrogate pair, which is no character", "Write the whole character"
    return [
        Fault(name, problem, remedy, line=line, field=_HALF_PAIR.sub("\ufffd", column))
        for column, value in row.items()
        if _HALF_PAIR.search(column) or _HALF_PAIR.search(json.dumps(value, ensure_ascii=False))
    ]


def parse_csv(text_lines: Iterable[str], *, name: str) -> RawTable:
    """A comma-separated table by RFC 4180: a quoted cell may hold commas, quotes and line breaks."""
    return parse_records(csv_records(text_lines, name=name), name=name)


def parse_tsv(text_lines: Iterable[str], *, name: str) -> RawTable:
    """A tab-separated table, one row a line; a cell quoted as a whole loses its quotes."""
    return parse_records(_tsv_records(text_lines), name=name)


Records = Iterator[tuple[int, list[str]] | Fault]
"""Cells with the line on which they begin; a Fault, and nothing after it, where a file falls apart."""


def csv_records(text_lines: Iterable[str], *, name: str, delimiter: str = ",") -> Records:
    """The rows of a delimited text by RFC 4180."""
    reader = csv.reader(text_lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"a quote that opens in this row is not closed as it should be ({error})"
        remedy = 'Double every quote within a quoted cell (""), or hand in JSONL. Later lines were not read'
        yield Fault(name, problem, remedy, line=line)


def _tsv_records(text_lines: Iterable[str]) -> Records:
    for line, row in enumerate(text_lines, start=1):
        cells = row.rstrip("\n").split("\t")
        yield line, [_unquote(cell) for cell in cells] if '"' in row else cells


def _unquote(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if _WHOLLY_QUOTED.fullmatch(cell) else cell


def parse_records(records: Records, *, name: str) -> RawTable:
    """A table of texts from its rows, the header first. Raises FaultsError and ConfigError."""
    header: list[str] | None = None
    cells_by_column: list[list[object]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for record in records:
        if isinstance(record, Fault):
            faults.append(record)
            break
        line, cells = record
        if cells in ([], [""]) and (header is None or len(header) > 1):
            continue
        if header is None:
            header = cells
            cells_by_column = [[] for _ in header]
            faults += _header_faults(header, name=name, line=line)
        elif len(cells) != len(header):
            problem = f"has {len(cells)} cells, the header has {len(header)}"
            remedy = "Quote cells that hold the separator, or look for a stray quote or a lost line break"
            faults.append(Fault(name, problem, remedy, line=line))
        else:
            for column, cell in zip(cells_by_column, cells, strict=True):
                column.append(cell)
            lines.append(line)
    columns = dict(zip(header or [], cells_by_column, strict=True))
    return _raw_table(columns, lines, faults, name=name, text_cells=True)


def _header_faults(header: list[str], *, name: str, line: int) -> list[Fault]:
    faults = []
    first = {column: position for position, column in reversed(list(enumerate(header, start=1)))}
    for position, column in enumerate(header, start=1):
        if not column:
            problem, remedy = f"column {position} has no name", "Name it or remove it"
            faults.append(Fault(name, problem, remedy, line=line))
        elif first[column] < position:
            problem, remedy = "this column stands twice in the header", "Remove or rename one"
            faults.append(Fault(name, problem, remedy, line=line, field=column))
    return faults


def _raw_table(
    columns: dict[str, list[object]], lines: list[int], faults: list[Fault], *, name: str, text_cells: bool
) -> RawTable:
    if faults:
        raise FaultsError(faults)
    if not lines:
        msg = f"{name}: holds no rows. Check that it is the right file and is complete"
        raise ConfigError(msg)
    frame = pd.DataFrame({column: pd.Series(cells, dtype=object) for column, cells in columns.items()})
    return RawTable(frame, np.asarray(lines, dtype=np.int64), name, text_cells)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"the key {twice!r} stands twice"
        raise ValueError(msg)
    return row


def _refuse_constant(constant: str) -> object:
    msg = f"{constant} is not JSON; write null for a missing value"
    raise ValueError(msg)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)


def _read_parquet(path: Path) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:  # given a path, Arrow would take folder names such as a=b for columns
            table = pq.read_table(file)
        table.validate(full=True)  # texts that are not UTF-8
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}. Check the path"
        raise ConfigError(msg) from error
    except pa.ArrowException as error:
        msg = f"{path}: cannot be read as Parquet: {error}. Check the path, or write the file again"
        raise ConfigError(msg) from error
    # Names such as __index_level_0__ are the row numbers that pandas leaves behind, not data.
    names = [column for column in table.column_names if not re.fullmatch(r"__index_level_\d+__", column)]
    faults = [
        Fault(str(path), "this column stands twice", "Remove or rename one", field=column)
        for column in dict.fromkeys(names)
        if names.count(column) > 1
    ]
    columns = {} if faults else {column: _cells(table.column(column).to_pylist()) for column in names}
    rows = list(range(1, table.num_rows + 1))
    return _raw_table(columns, rows, faults, name=str(path), text_cells=False)


def _cells(values: list[object]) -> list[object]:
    """Parquet's values with NaN as None: other tools write either for a missing number."""
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def _rows(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Rows of plain Python values, None for a missing one; lists are kept."""
    columns = [[_plain(value) for value in frame[column].tolist()] for column in frame]
    return zip(*columns, strict=True)


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    names = list(frame.columns)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in _rows(frame):
            record = dict(zip(names, row, strict=True))
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    _write_delimited(frame, path, delimiter=",", forbidden="")


def _write_tsv(frame: pd.DataFrame, path: Path) -> None:
    _write_delimited(frame, path, delimiter="\t", forbidden="\t\r\n")


def _write_delimited(frame: pd.DataFrame, path: Path, *, delimiter: str, forbidden: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(frame.columns)
        for number, row in enumerate(_rows(frame), start=1):
            texts = [_delimited_cell(value) for value in row]
            if any(character in text for text in texts for character in forbidden):
                msg = f"row {number} holds a tab or a line break, which TSV cannot. Write .jsonl or .csv"
                raise ConfigError(msg)
            writer.writerow(texts)


def _delimited_cell(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, list):
        return str(value)
    items = [str(item) for item in value]
    if any(LIST_SEPARATOR in item for item in items):
        msg = f"{items} holds {LIST_SEPARATOR!r}, which separates values in CSV and TSV. Write .jsonl"
        raise ConfigError(msg)
    return LIST_SEPARATOR.join(items)


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame}
    try:
        pq.write_table(pa.table(columns), path)
    except pa.ArrowException as error:
        msg = f"a column mixes kinds of values, which Parquet cannot hold ({error}). Write .jsonl"
        raise ConfigError(msg) from error
