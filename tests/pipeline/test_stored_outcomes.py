"""Outcomes that are looked up one at a time are those of the whole table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asr_fair.errors import ConfigError
from asr_fair.pipeline.held import Held
from asr_fair.pipeline.stored_outcomes import StoredOutcomes

KEY = {"condition": "clean", "system": "one"}
PARTS = [
    [("a", None, "engine_error"), ("b", "bee", None), ("c", None, "missing")],
    [("a", "first text", None), ("c", None, "truncated")],
    [("a", "second text", None), ("b", None, "engine_error"), ("d", "", None)],
]


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = []
    for number, rows in enumerate(PARTS):
        table = pd.DataFrame(
            [{"utterance_id": each, **KEY, "text": text, "error": error} for each, text, error in rows]
        )
        paths.append(tmp_path / f"part-{number:06d}.parquet")
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), paths[-1], row_group_size=2)
    return paths


def test_the_first_text_counts_and_else_the_last_error(parts: list[Path]) -> None:
    outcomes = StoredOutcomes(parts)
    found = {
        outcomes.at(int(number))["utterance_id"]: outcomes.at(int(number)) for number in outcomes.index.index
    }
    assert {name: (row["text"], row["error"]) for name, row in found.items()} == {
        "a": ("first text", None),
        "b": ("bee", None),
        "c": (None, "truncated"),
        "d": ("", None),
    }


def test_the_index_holds_keys_and_errors_and_no_text(parts: list[Path]) -> None:
    index = StoredOutcomes(parts).index
    assert list(index.columns) == ["utterance_id", "condition", "system", "error"]
    assert index["error"].isna().tolist() == [index["utterance_id"].iloc[n] != "c" for n in range(4)]


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-000000.parquet").write_bytes(b"no parquet")
    with pytest.raises(ConfigError, match=r"part-000000\.parquet: cannot be read"):
        _ = StoredOutcomes([tmp_path / "part-000000.parquet"]).index


def test_what_is_held_is_bounded_and_what_was_used_last_stays() -> None:
    made: list[str] = []

    def get(held: Held[str], key: str) -> str:
        return held.get(key, lambda: made.append(key) or key * 4)  # type: ignore[func-returns-value]

    held = Held[str](8, len)
    assert [get(held, key) for key in "abab"] == ["aaaa", "bbbb", "aaaa", "bbbb"]
    get(held, "a")
    get(held, "c")  # b was used longest ago
    get(held, "a")
    get(held, "b")
    assert made == ["a", "b", "c", "b"]
    assert Held[str](1, len).get("k", lambda: "heavier than all that may be held") is not None
