"""Files that are there whole or not at all, also where there is no room for them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from asr_fair.errors import AsrFairError, DiskFullError, ExitStatus
from asr_fair.files import write_folder, write_parquet, write_text


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may grow beyond 20 kB: the system refuses it as it does a file on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("little_room")
def test_a_file_without_room_is_named_and_what_was_there_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_text("before", path)
    with pytest.raises(DiskFullError, match=r"results\.json: there is no room for it .* Make room") as caught:
        write_text("x" * 50_000, path)
    assert isinstance(caught.value, AsrFairError)
    assert caught.value.exit_status == ExitStatus.BAD_INPUT
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("little_room")
def test_a_table_or_a_folder_without_room_leaves_nothing_behind(tmp_path: Path) -> None:
    table = pa.table({"text": [f"{number * 7919}" for number in range(20_000)]})
    with pytest.raises(DiskFullError, match=r"part-000000\.parquet"):
        write_parquet(table, tmp_path / "part-000000.parquet")
    with pytest.raises(DiskFullError, match="export"):
        write_folder({"a.html": b"a", "b.html": bytes(50_000)}, tmp_path / "export")
    assert list(tmp_path.iterdir()) == []
