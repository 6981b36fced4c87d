"""Workers that somebody else has started: what they were started without is said, with what to do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from distributed import LocalCluster, get_worker

from asr_fair.asr.base import EngineInfo
from asr_fair.config import Workers
from asr_fair.config.systems import ForeignConfig
from asr_fair.run.cluster import describe
from asr_fair.run.cluster.connect import connected
from asr_fair.run.cluster.crew import DEVICE
from asr_fair.run.cluster.surroundings import ALLOCATOR, Surroundings, in_words

GOOD = Surroundings((), 1, 2)
HOSTS = {"tcp://a:1": "a", "tcp://a:2": "a"}


def told(one: Surroundings, other: Surroundings) -> list[str]:
    return list(in_words({"tcp://a:1": one, "tcp://a:2": other}, HOSTS))


def test_nothing_is_said_of_workers_that_were_started_well() -> None:
    assert told(GOOD, GOOD) == []


def test_settings_that_are_lacking_are_named_with_their_values() -> None:
    (line,) = told(GOOD, replace(GOOD, lacking=("MALLOC_ARENA_MAX",)))
    assert line.startswith("1 of 2 workers")
    assert line.endswith("MALLOC_ARENA_MAX=1 dask worker ...")


@pytest.mark.parametrize(
    ("threads", "trouble"), [(2, "4 threads in all fight over the 2 cores"), (None, "4 threads in all fight")]
)
def test_threads_that_fight_over_the_cores_are_told(threads: int | None, trouble: str) -> None:
    worker = replace(GOOD, n_threads=threads)
    (line,) = told(worker, worker)
    assert trouble in line
    assert "--nworkers 2 --nthreads 1" in line


def test_cores_that_nobody_uses_are_told() -> None:
    wide = replace(GOOD, n_cores=8)
    (line,) = told(wide, wide)
    assert "leave some idle of the 8 cores" in line


def test_what_is_read_is_what_the_process_was_started_with() -> None:
    script = (
        "import os; os.environ['MALLOC_ARENA_MAX'] = '1'\n"  # too late for glibc
        "from asr_fair.run.cluster.surroundings import surroundings; print(*surroundings().lacking)"
    )
    started = {name: value for name, value in ALLOCATOR.items() if name != "MALLOC_ARENA_MAX"}
    environment = {name: value for name, value in os.environ.items() if name not in ALLOCATOR} | started
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["MALLOC_ARENA_MAX"]


def test_the_worker_with_the_least_memory_decides_over_the_batches(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Workers in threads of this process, so that each can be told another free memory."""

    def described(systems: tuple[ForeignConfig, ...]) -> list[EngineInfo]:
        windows = {0: 64, 1: 16, 2: 2}[get_worker().name]
        return [EngineInfo(each.engine, each.model, "0" * 64, {}, windows) for each in systems]

    monkeypatch.setattr(describe, "_describe", described)
    systems = (ForeignConfig(name="a", engine="fake", model="any"),)
    options = {"threads_per_worker": 1, "processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, resources={DEVICE: 1}, **options) as cluster:
        del cluster.new_spec["options"]["resources"]
        cluster.scale(3)  # the third one has no GPU, and is not asked
        cluster.wait_for_workers(3)
        workers = Workers(scheduler=cluster.scheduler_address)
        with caplog.at_level(logging.WARNING, "asr_fair"):
            infos = describe.describe_on_workers(systems, workers)
    assert infos["a"].batch_windows == 16
    warned = [line.getMessage() for line in caplog.records if line.name.startswith("asr_fair")]
    assert sum("MALLOC_ARENA_MAX=1" in line for line in warned) == 1


@pytest.mark.model
def test_arithmetic_in_a_worker_has_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch itself says, in a worker's thread: not what the environment asks for."""
    monkeypatch.setattr("asr_fair.run.cluster.connect.cpu_count", lambda: 3)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # a batch queue's, for one process with all the cores
    with connected(Workers(processes=2), []) as client:
        addresses = {each["name"]: address for address, each in client.scheduler_info()["workers"].items()}
        found = {
            name: client.submit(threads, workers=[each], pure=False).result()
            for name, each in addresses.items()
        }
    assert found == {"0": 2, "1": 1}
    assert os.environ["OMP_NUM_THREADS"] == "7"


def threads() -> int:
    import torch

    return torch.get_num_threads()
