"""The loop that gives out batches, with a cluster that does just what the test says."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from asr_fair.config import Workers
from asr_fair.errors import WorkersGoneError
from asr_fair.records import AudioSource, Outcome
from asr_fair.run.attempts import Queue
from asr_fair.run.batch import Batch, Item
from asr_fair.run.cluster import driver
from asr_fair.run.cluster.crew import Crew
from asr_fair.run.cluster.driver import Driver
from asr_fair.run.cluster.plugin import Registered
from asr_fair.run.worker import BatchResult, Timing

WORKER = "tcp://127.0.0.1:1"


class Task:
    """A future whose end the test decides over."""

    def __init__(self, key: str, batch: Batch) -> None:
        self.key, self.batch, self.status = key, batch, "pending"
        self._tell: list[Callable[[Task], None]] = []

    def add_done_callback(self, tell: Callable[[Task], None]) -> None:
        self._tell.append(tell)

    def cancel(self) -> None:
        self.end("cancelled")

    def end(self, status: str = "finished") -> None:
        self.status = status
        for tell in self._tell:
            tell(self)

    def result(self) -> BatchResult:
        outcomes = [
            Outcome(item.source.utterance_id, "clean", "tiny", "k", text=self.key)
            for item in self.batch.items
        ]
        return BatchResult(tuple(outcomes), (), Timing(0, "tiny", "clean", 1, 1.0, 0.0, 0.0))


class Cluster:
    """One worker, which has all that was given out and not ended; every submitted task is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tasks: list[Task] = []
        self.restarted: list[str] = []
        self.workers = [WORKER]
        self.restarting = "OK"
        self.scheduler = SimpleNamespace(processing=self._processing, restart_workers=self._restart)
        self.closed = False
        self.run = Registered("run", frozenset({"tiny"}))
        monkeypatch.setattr(driver, "submit", self._submit)
        self.crew = Crew(1, 0, 0)
        monkeypatch.setattr(driver, "crew_of", lambda client: self.crew if self.workers else Crew(0, 0, 0))
        monkeypatch.setattr(driver, "LOOK_EVERY_S", 0.01)

    def sync(self, call: Callable[..., Any], callback_timeout: float, **options: Any) -> Any:
        return call(**options)

    def close(self, timeout: float) -> None:
        self.closed = True

    def _submit(self, client: object, run: Registered, batch: Batch) -> Task:
        self.tasks.append(Task(f"{run.name}-{len(self.tasks)}", batch))
        return self.tasks[-1]

    def _processing(self) -> dict[str, list[str]]:
        pending = [task.key for task in self.tasks if task.status == "pending"]
        return dict.fromkeys(self.workers, pending)

    def _restart(self, workers: list[str], **options: object) -> dict[str, str]:
        self.restarted += workers
        return dict.fromkeys(workers, self.restarting)


def driver_of(cluster: Cluster, n_batches: int = 1, timeout_s: float = 0.05) -> Driver:
    batches = [Batch(n, "tiny", "clean", (Item(AudioSource(f"u{n}", "x"), "k"),)) for n in range(n_batches)]
    workers = Workers(batch_timeout_s=timeout_s)
    return Driver(cluster, cluster.run, Queue({"tiny": batches}), workers)


def test_a_result_that_comes_after_its_time_or_twice_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(monkeypatch)
    results = driver_of(cluster, n_batches=2).results()
    submit = cluster._submit

    def submit_and_answer(client: object, run: Registered, batch: Batch) -> Task:
        """The first is never answered in time; with the second, its late answer comes, and each twice."""
        task = submit(client, run, batch)
        if len(cluster.tasks) > 1:
            monkeypatch.setattr(task, "add_done_callback", lambda tell: ended(task, tell))
        return task

    def ended(task: Task, tell: Callable[[Task], None]) -> None:
        task.status = "finished"
        for each in (cluster.tasks[0], task, task):
            tell(each)

    monkeypatch.setattr(driver, "submit", submit_and_answer)
    outcomes = [each for result in results for each in result.outcomes]
    assert [(each.utterance_id, each.text) for each in outcomes] == [("u0", "run-1"), ("u1", "run-2")]
    assert cluster.restarted == [WORKER]


def test_an_utterance_that_hangs_each_time_ends_as_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(monkeypatch)
    (result,) = driver_of(cluster).results()
    assert [each.error for each in result.outcomes] == ["timed_out"]
    assert len(cluster.restarted) == 3  # in company, and twice alone


def test_a_scheduler_that_is_lost_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(monkeypatch)
    results = driver_of(cluster, timeout_s=60).results()
    submit = cluster._submit

    def submit_and_cancel(client: object, run: Registered, batch: Batch) -> Task:
        task = submit(client, run, batch)
        monkeypatch.setattr(
            task, "add_done_callback", lambda tell: (setattr(task, "status", "cancelled"), tell(task))
        )
        return task

    monkeypatch.setattr(driver, "submit", submit_and_cancel)
    with pytest.raises(WorkersGoneError, match="went away"):
        list(results)
    assert cluster.closed


def test_a_scheduler_that_is_silent_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(monkeypatch)

    def silent() -> None:
        raise TimeoutError

    cluster.scheduler.processing = silent
    with pytest.raises(WorkersGoneError, match="answers no more"):
        list(driver_of(cluster).results())


def test_where_the_last_worker_was_taken_away_the_run_ends_with_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = Cluster(monkeypatch)
    cluster.restarting = "removed"
    monkeypatch.setattr(driver, "NO_WORKER_S", 0.1)
    monkeypatch.setattr(driver, "SAY_WAITING_S", 0.02)
    restart = cluster._restart

    def take_away(workers: list[str], **options: object) -> dict[str, str]:
        cluster.workers.clear()
        return restart(workers, **options)

    cluster.scheduler.restart_workers = take_away
    with pytest.raises(WorkersGoneError, match="no worker is left at this machine"):
        list(driver_of(cluster).results())
    assert "waiting for workers at this machine: none is there" in caplog.messages


def test_where_the_only_gpu_is_gone_for_good_the_run_ends_though_others_still_render(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(monkeypatch)
    cluster.restarting = "removed"
    cluster.run.crew = Crew(3, n_devices=1, n_renderers=2)
    cluster.crew = Crew(2, n_devices=0, n_renderers=2)
    monkeypatch.setattr(driver, "NO_WORKER_S", 0.1)
    with pytest.raises(WorkersGoneError, match="no worker with a GPU is left at this machine"):
        list(driver_of(cluster).results())


def test_a_hang_of_one_who_renders_is_laid_to_the_batches_that_it_renders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(monkeypatch)

    def rendering() -> dict[str, list[str]]:
        """A part of each batch is at the worker."""
        keys = [f"render-{task.key[4:]}-7" for task in cluster.tasks if task.status == "pending"]
        return {WORKER: keys}

    cluster.scheduler.processing = rendering
    (result,) = driver_of(cluster).results()
    assert [each.error for each in result.outcomes] == ["timed_out"]
    assert cluster.restarted == [WORKER] * 3
