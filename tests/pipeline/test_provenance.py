"""Whose a run directory is."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from asr_fair.config import Plan
from asr_fair.errors import ConfigError, RunConflictError
from asr_fair.pipeline.provenance import RunRecord, claimed_directory, new_record, read_record


def record_of(seed: str) -> RunRecord:
    return new_record(
        kind="run",
        identity={"seed": seed, "manifest": "m"},
        plan=Plan(),
        configuration={},
        systems=(),
        conditions={},
        normaliser_versions={},
    )


def test_the_first_record_stays_with_the_time_at_which_its_plan_was_stored(tmp_path: Path) -> None:
    with claimed_directory(tmp_path / "run", record_of("1")) as first:
        pass
    later = record_of("1").model_copy(update={"plan_stored_at": first.plan_stored_at.replace(year=2099)})
    with claimed_directory(tmp_path / "run", later) as kept:
        assert kept == first == read_record(tmp_path / "run" / "run.json")


def test_a_directory_of_another_configuration_is_refused_by_name_of_what_differs(tmp_path: Path) -> None:
    with claimed_directory(tmp_path / "run", record_of("1")):
        pass
    with (
        pytest.raises(RunConflictError, match=r"different: seed\)"),
        claimed_directory(tmp_path / "run", record_of("2")),
    ):
        pass


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(ConfigError, match="no folder can be made there"),
        claimed_directory(tmp_path / name, record_of("1")),
    ):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def hold(folder: Path, held: Event, release: Event) -> None:
    with claimed_directory(folder, record_of("1")):
        held.set()
        release.wait(60)


def test_two_processes_cannot_write_one_directory(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "run", held, release))
    other.start()
    try:
        assert held.wait(60)
        with (
            pytest.raises(RunConflictError, match="another process is writing there"),
            claimed_directory(tmp_path / "run", record_of("1")),
        ):
            pass
    finally:
        release.set()
        other.join()
    with claimed_directory(tmp_path / "run", record_of("1")):
        pass
