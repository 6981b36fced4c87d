"""A cluster that somebody else has started: its scheduler goes away, its workers come and go."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from asr_fair.errors import ExitStatus
from faults.conftest import Beside
from faults.harness import Runs, assert_same, stored, table, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


class Cluster:
    """`dask scheduler` and `dask worker` on loopback, each in a session of its own."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--nthreads", "1", "--no-dashboard", *options)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = self.runs.environment(
            ASR_FAIR_TRAP_S="0.5", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0"
        )
        with (self.runs.folder / "cluster.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.runs.folder,
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()  # a nanny's worker notices
            process.wait()


@pytest.fixture
def cluster(beside: Beside) -> Iterator[Cluster]:
    """Nothing of it is started yet."""
    made = Cluster(beside.runs)
    yield made
    made.end()


def test_without_its_scheduler_a_run_stops_says_what_is_stored_and_continues(
    beside: Beside, cluster: Cluster
) -> None:
    runs, out = beside.runs, beside.runs.folder / "scheduler-lost"
    scheduler = cluster.scheduler()
    cluster.worker()
    cluster.worker()
    running = runs.start(out, "--scheduler", cluster.address)
    wait_until(lambda: stored(out))
    scheduler.send_signal(signal.SIGKILL)
    assert running.wait(120) == ExitStatus.BAD_INPUT
    before, since = stored(out), len(runs.log)
    said = runs.said(out)
    assert f"error: the Dask scheduler at {cluster.address} went away" in said
    told = re.search(r"away.*\. (\d+) of (\d+) transcriptions are stored in \S+; the same command", said)
    assert told is not None
    assert len(before) <= int(told[1]) < int(told[2])  # probes are among them
    assert "Traceback" not in said
    cluster.end()
    cluster.scheduler()
    cluster.worker()
    assert runs.run(out, "--scheduler", cluster.address) == 0, runs.said(out)
    assert_same(table(out), beside.table)
    assert not before & set(runs.transcribed(since))


def test_workers_that_come_late_and_go_early_are_used_and_missed_without_loss(
    beside: Beside, cluster: Cluster
) -> None:
    runs, out = beside.runs, beside.runs.folder / "come-and-go"
    cluster.scheduler()
    running = runs.start(out, "--scheduler", cluster.address)
    wait_until(lambda: f"waiting for workers at {cluster.address}" in runs.said(out))
    first = cluster.worker("--no-nanny")
    wait_until(lambda: stored(out))
    first.send_signal(signal.SIGKILL)
    cluster.worker()
    cluster.worker()
    assert running.wait(300) == 0, runs.said(out)
    assert_same(table(out), beside.table)


def test_a_hanging_worker_that_nobody_can_restart_is_used_no_more(beside: Beside, cluster: Cluster) -> None:
    runs, out = beside.runs, beside.runs.folder / "no-nanny"
    cluster.scheduler()
    stopped = cluster.worker("--no-nanny")
    text = runs.config.read_text().replace("processes: 2", "batch_timeout_s: 6")
    config = runs.folder / "no-nanny.run.yaml"
    config.write_text(text)
    running = runs.start(out, "--scheduler", cluster.address, config=config)
    wait_until(lambda: stored(out))
    stopped.send_signal(signal.SIGSTOP)
    wait_until(lambda: "cannot be restarted" in runs.said(out))
    cluster.worker()
    assert running.wait(300) == 0, runs.said(out)
    assert_same(table(out), beside.table)
