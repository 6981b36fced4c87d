"""A table without some rows: nothing else in its file changes by a byte."""

from __future__ import annotations

import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asr_fair.manifest.rewrite import replace_content, rows_naming, without_rows
from asr_fair.manifest.tables import read_table

# Pieces of each file; those that begin with GONE hold the rows that are to go.
FILES = {
    "jsonl": (
        b'{"utterance_id": "a", "speaker_id": "s1", "extra" : 1.50}\n\n',
        b'GONE{ "speaker_id":"s2","utterance_id":"b"}\n',
        b'{"utterance_id": "c\\u2028", "speaker_id": "s1"}\r\n',
        b'GONE{"utterance_id": "d", "speaker_id": "s2"}',
    ),
    "csv": (
        b"\xef\xbb\xbfutterance_id,speaker_id,note\r\n",
        b'a,s1,"two\r\nlines, and ""quotes"""\r\n\r\n',
        b'GONEb,s2,"three\r\n\r\nlines"\r\n',
        b'"c",s1,s2\r\n',
        b"GONEd,s2,\r\n",
    ),
    "tsv": (
        b"utterance_id\tspeaker_id\na\ts1\n",
        b"GONEb\ts2\n",
        b'\nc"\t"s1"\n',
        b'GONEd\t"s2"\n',
    ),
}


@pytest.mark.parametrize("ending", sorted(FILES))
def test_every_other_byte_stays(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"m.{ending}"
    path.write_bytes(b"".join(piece.removeprefix(b"GONE") for piece in FILES[ending]))
    raw = read_table(path)
    gone = rows_naming(raw, "speaker_id", frozenset({"s2"}))
    assert gone.tolist() == [False, True, False, True]
    expected = b"".join(piece for piece in FILES[ending] if not piece.startswith(b"GONE"))
    assert without_rows(path, raw, gone) == expected


def test_parquet_keeps_columns_types_metadata_and_compression(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    table = pa.table(
        {
            "utterance_id": ["a", "b", "c"],
            "speaker_id": ["s1", "s2", "s1"],
            "accent": [["x"], [], ["y", "z"]],
            "age": pa.array([1, None, 3], pa.int8()),
        }
    ).replace_schema_metadata({"made by": "somebody"})
    pq.write_table(table, path, compression="zstd")
    raw = read_table(path)
    content = without_rows(path, raw, rows_naming(raw, "speaker_id", frozenset({"s2"})))
    read = pq.ParquetFile(pa.BufferReader(content))
    assert read.read().equals(pq.read_table(path).take([0, 2]), check_metadata=True)
    assert read.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_number_is_a_name_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"speaker_id": 7}\n{"speaker_id": "7"}\n{"speaker_id": null}\n')
    assert rows_naming(read_table(path), "speaker_id", frozenset({"7"})).tolist() == [True, True, False]


def test_who_may_read_a_file_and_a_link_to_it_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to("real.csv")
    replace_content(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
