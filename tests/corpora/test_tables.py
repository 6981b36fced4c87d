import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.errors import ConfigError, FaultsError
from asr_fair.manifest.tables import parse_jsonl, parse_tsv, read_table, write_table

ENDINGS = ["jsonl", "csv", "tsv", "parquet"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        read_table(path)
    return [str(fault).removeprefix(f"{path.parent}/") for fault in caught.value.faults]


def test_lines_are_right_after_a_cell_of_several_lines(tmp_path: Path) -> None:
    raw = read_table(write(tmp_path, "t.csv", 'id,text\r\n1,"so\r\n\r\nso"\r\n\r\n2,x\r\n'))
    assert raw.lines.tolist() == [2, 6]
    assert raw.frame["text"].tolist() == ["so\n\nso", "x"]
    assert raw.text_cells


def test_every_malformed_json_line_is_named(tmp_path: Path) -> None:
    lines = '{"a": 1}\n\n{"a": 1\n[1]\nnull\n{"a": 1, "b": 2, "a": 3}\n{"a": NaN}\n'
    assert faults_of(write(tmp_path, "t.jsonl", lines)) == [
        "t.jsonl:3: is not valid JSON: Expecting ',' delimiter. Mend this line",
        't.jsonl:4: must be a JSON object, got a list. Write {"column": value, ...}',
        't.jsonl:5: must be a JSON object, got null. Write {"column": value, ...}',
        "t.jsonl:6: is not valid JSON: the key 'a' stands twice. Mend this line",
        "t.jsonl:7: is not valid JSON: NaN is not JSON; write null for a missing value. Mend this line",
    ]


def test_rows_with_other_keys_get_missing_cells() -> None:
    raw = parse_jsonl(['{"a": 1}', '{"b": ["x"]}', '{"a": "NA", "b": null}'], name="t")
    assert raw.frame["a"].tolist() == [1, None, "NA"]
    assert raw.frame["b"].tolist() == [None, ["x"], None]


def test_unicode_line_separator_does_not_end_a_row(tmp_path: Path) -> None:
    raw = read_table(write(tmp_path, "t.jsonl", '{"a": "so\u2028so\x85"}\n'))
    assert raw.frame["a"].tolist() == ["so\u2028so\x85"]


def test_rows_of_wrong_width_are_named_and_one_character_lines_are_kept(tmp_path: Path) -> None:
    assert faults_of(write(tmp_path, "t.csv", "id,text\n1,a,b\n2\n3,c\n")) == [
        f"t.csv:{line}: has {n} cells, the header has 2. "
        "Quote cells that hold the separator, or look for a stray quote or a lost line break"
        for line, n in ((2, 3), (3, 1))
    ]
    assert read_table(write(tmp_path, "one.csv", "id\na\nb\n")).frame["id"].tolist() == ["a", "b"]


def test_stray_quote_in_a_csv_cannot_fuse_rows(tmp_path: Path) -> None:
    found = faults_of(write(tmp_path, "t.csv", 'id,text\n1,a\n2,"so he said\n3,b\n4,say "hi"\n'))
    assert len(found) == 1
    assert found[0].startswith("t.csv:3: a quote that opens in this row is not closed")


def test_stray_quote_in_a_tsv_is_a_character_and_whole_quotes_are_removed() -> None:
    lines = ["id\ttext\n", '1\t"so he said\n', '2\t"say ""hi"", now"\n', '3\t5" pipe"\n']
    assert parse_tsv(lines, name="t").frame["text"].tolist() == ['"so he said', 'say "hi", now', '5" pipe"']


def test_header_without_name_or_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    assert faults_of(write(tmp_path, "t.csv", ",id,id\n0,1,2\n")) == [
        "t.csv:1: column 1 has no name. Name it or remove it",
        "t.csv:1: id: this column stands twice in the header. Remove or rename one",
    ]


@pytest.mark.parametrize("text", ["", "id,text\n", "\n\n"])
def test_table_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="holds no rows"):
        read_table(write(tmp_path, "t.csv", text))


def test_unknown_ending_and_absent_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must end in \.jsonl, \.csv, \.tsv, \.parquet; got '\.xlsx'"):
        read_table(tmp_path / "t.xlsx")
    for ending in ENDINGS:
        with pytest.raises(ConfigError, match="absent"):
            read_table(tmp_path / f"absent.{ending}")


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as Parquet"):
        read_table(write(tmp_path, "t.parquet", "id,text\n1,a\n"))


def test_index_that_pandas_left_in_a_parquet_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"id": ["a", "b", "c"], "x": [1.0, None, float("nan")]}).iloc[[2, 0, 1]].to_parquet(path)
    raw = read_table(path)
    assert list(raw.frame.columns) == ["id", "x"]
    assert raw.frame["x"].tolist() == [None, 1.0, None]
    assert raw.lines.tolist() == [1, 2, 3]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ['"', '""', '"a"', "NA", "a,b", "'", "\\", "\u2028"]
)


@pytest.mark.parametrize("ending", ENDINGS)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, ending: str, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("round") / f"t.{ending}"
    frame = pd.DataFrame([("x", *row) for row in rows], columns=["id", "a", "b"], dtype=object)
    write_table(frame, path)
    assert read_table(path).frame.values.tolist() == frame.values.tolist()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("ending", "expected"), [("csv", "a|b"), ("tsv", "a|b"), ("jsonl", ["a", "b"])])
def test_lists_and_missing_cells_are_written_as_each_format_knows_them(
    tmp_path: Path, ending: str, expected: object
) -> None:
    path = tmp_path / f"t.{ending}"
    write_table(pd.DataFrame({"id": ["u", "v"], "tag": [["a", "b"], None], "n": [float("nan"), 2]}), path)
    frame = read_table(path).frame
    assert frame["tag"].tolist() == [expected, None if ending == "jsonl" else ""]


@pytest.mark.parametrize(
    ("ending", "cell", "problem"),
    [("tsv", "a\tb", "which TSV cannot"), ("csv", ["a|b", "c"], "separates values")],
)
def test_cell_that_a_format_cannot_hold_is_refused_and_nothing_is_left(
    tmp_path: Path, ending: str, cell: object, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        write_table(pd.DataFrame({"a": [cell]}), tmp_path / f"t.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_jsonl_is_strict_json(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_table(pd.DataFrame({"a": [float("nan"), 1.5], "b": ["ä", "\n"]}), path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"a": None, "b": "ä"},
        {"a": 1.5, "b": "\n"},
    ]
