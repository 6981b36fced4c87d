"""Who is transcribed in whose company: fixed before a run starts, kept when it continues, blind to tags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from asr_fair.asr.base import EngineInfo
from asr_fair.config import RunConfig, read_config
from asr_fair.errors import ConfigError, RunConflictError
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline import prepare as preparing
from asr_fair.pipeline.prepare import Prepared, prepare
from asr_fair.pipeline.provenance import claimed_directory
from asr_fair.pipeline.run import _record
from asr_fair.pipeline.stored_batches import BATCHES_NAME, fixed_partition
from fakes.demo import write_small_manifest, write_small_run

AUTO = "  - {name: openai, engine: whisper, model: tiny.en}\n"


@pytest.fixture
def fitting(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What `batch_windows: auto` comes to on this machine; no weights are read."""
    free = {"windows": 4}

    def describe(config: RunConfig) -> dict[str, EngineInfo]:
        system = config.systems[0]
        asked = getattr(system, "batch_windows", "auto")
        windows = free["windows"] if asked == "auto" else asked
        return {system.name: EngineInfo("whisper", "tiny.en", "0" * 64, {}, windows)}

    monkeypatch.setattr(preparing, "describe_systems", describe)
    return free


def prepared_in(folder: Path, systems: str = AUTO) -> Prepared:
    return prepare(read_config(write_small_run(folder, systems=systems)), allow_bad_audio=False)


def started(prepared: Prepared) -> Prepared:
    """What `run` transcribes: with the batch sizes that the directory has on record."""
    with claimed_directory(prepared.config.run_dir, _record(prepared)) as record:
        return prepared.with_batch_windows({each.name: each.batch_windows for each in record.systems})


def test_neither_tags_nor_the_order_of_rows_change_a_batch(tmp_path: Path, fitting: dict[str, int]) -> None:
    path = write_small_manifest(tmp_path)
    before = fixed_partition(prepared_in(tmp_path), tmp_path)
    (tmp_path / BATCHES_NAME).unlink()
    frame = read_table(path).frame
    tags = list(yaml.safe_load(path.with_suffix(".yaml").read_text())["dimensions"])
    rng = np.random.default_rng(1)
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    # Whole rows of tags, speakers with them: what somebody says of themselves, said by somebody else.
    told = [*tags, "speaker_id"]
    frame[told] = frame[told].iloc[rng.permutation(len(frame))].to_numpy()
    write_table(frame, path)
    assert fixed_partition(prepared_in(tmp_path), tmp_path) == before
    assert [len(block) for block in before["openai"]] == [4, 4, 4]


def test_a_run_goes_on_with_its_batches_where_less_memory_is_free(
    tmp_path: Path, fitting: dict[str, int]
) -> None:
    write_small_manifest(tmp_path)
    first = started(prepared_in(tmp_path))
    before = fixed_partition(first, tmp_path / "run")
    fitting["windows"] = 2
    again = started(prepared_in(tmp_path))
    assert [info.batch_windows for info in again.engines.values()] == [4]
    assert [each.batch_windows for each in again.systems] == [4]  # type: ignore[attr-defined]
    assert fixed_partition(again, tmp_path / "run") == before
    with pytest.raises(RunConflictError, match="different: batches"):
        started(prepared_in(tmp_path, AUTO.replace("}", ", batch_windows: 2}")))


def test_batches_are_read_back_not_made_again(tmp_path: Path, fitting: dict[str, int]) -> None:
    write_small_manifest(tmp_path)
    prepared = prepared_in(tmp_path)
    fixed_partition(prepared, tmp_path)
    path = tmp_path / BATCHES_NAME
    table = pd.read_parquet(path)
    table["block"] = table["block"].to_numpy()[::-1]
    table.to_parquet(path)
    read = fixed_partition(replace(prepared), tmp_path)["openai"]
    assert read[0] == table.loc[table["block"] == 0, "utterance_id"].tolist()
    assert read[0] != fixed_partition(prepared, write_folder(tmp_path / "new"))["openai"][0]


def write_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("fault", ["of another run", "cut short"])
def test_batches_that_are_not_of_this_run_are_refused(
    tmp_path: Path, fitting: dict[str, int], fault: str
) -> None:
    write_small_manifest(tmp_path)
    prepared = prepared_in(tmp_path)
    fixed_partition(prepared, tmp_path)
    path = tmp_path / BATCHES_NAME
    if fault == "cut short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        pd.read_parquet(path).iloc[1:].to_parquet(path)
    with pytest.raises(ConfigError, match="Remove this file"):
        fixed_partition(prepared, tmp_path)
