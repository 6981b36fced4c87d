"""A table without some of its rows; everything else in its file stays as somebody wrote it."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_fair.files import replacing
from asr_fair.manifest.tables import RawTable, table_ending


def rows_naming(raw: RawTable, column: str, values: frozenset[str]) -> NDArray[np.bool_]:
    """Which rows have one of these values in a column, shape (n_rows,); numbers as they are written."""
    if column not in raw.frame.columns:
        return np.zeros(len(raw.frame), np.bool_)
    cells = raw.frame[column].map(lambda cell: "" if cell is None else str(cell).strip())
    return cells.isin(values).to_numpy(np.bool_)


def without_rows(path: Path, raw: RawTable, gone: NDArray[np.bool_]) -> bytes:
    """Content of a table's file without some rows: columns, order, quotes, blank lines, line ends, encoding.

    Parameters
    ----------
    raw
        The table in the file.
    gone
        The rows to leave out, shape (n_rows,).
    """
    ending = table_ending(path)
    if ending == ".parquet":
        return _parquet_without(path, gone)
    # Lines as `tables` counts them, each with the end that it has.
    lines = list(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
    first = (int(line) for line in raw.lines[gone])
    dropped = {line for start in first for line in _lines_of_row(lines, start, is_csv=ending == ".csv")}
    return "".join(line for number, line in enumerate(lines, start=1) if number not in dropped).encode()


def replace_content(path: Path, content: bytes) -> None:
    """Put new content into a file, whole or not at all; who may read it stays, and so does a link to it."""
    target = path.resolve()
    with replacing(target) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(content)
        shutil.copymode(target, temporary)


def _lines_of_row(lines: Sequence[str], start: int, *, is_csv: bool) -> Iterator[int]:
    """Numbers of the lines of the row that begins on line `start`; a quoted cell may hold line breaks."""
    height = 1
    if is_csv:
        reader = csv.reader(islice(lines, start - 1, None), strict=True)
        next(reader)
        height = reader.line_num
    yield from range(start, start + height)


def _parquet_without(path: Path, gone: NDArray[np.bool_]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        read = pq.ParquetFile(file)
        table = read.read()
        groups = read.metadata.num_row_groups
        compression = read.metadata.row_group(0).column(0).compression if groups else "SNAPPY"
    buffer = io.BytesIO()
    kept = table.filter(pa.array(~gone))
    pq.write_table(kept, buffer, compression="NONE" if compression == "UNCOMPRESSED" else compression)
    return buffer.getvalue()
