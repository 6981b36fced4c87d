"""Dask, and the only module that knows it: batches go out, results come back, losses are counted.

When a worker process dies, Dask blames every task that was assigned to it. At most one batch per worker
is in flight, but while a worker restarts, two may wait at another one. So every batch that was blamed is
run again one utterance at a time, with nothing else in flight: then the blame is right. An utterance that
kills two workers by itself becomes an error outcome.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dask
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, as_completed, get_worker

from asr_fair.config import Workers
from asr_fair.errors import AsrFairError
from asr_fair.run.batch import Batch
from asr_fair.run.worker import WORKER_DIED, BatchResult, BatchRunner, RunSetup, Timing, failed_outcome

logger = logging.getLogger(__name__)

TRIES_OF_ONE_UTTERANCE = 2
CONNECT_TIMEOUT_S = 10

# glibc gives memory back to the system after each batch and page faults then cost up to four times
# the arithmetic. It reads these only when a process starts.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(frozen=True)
class _Attempt:
    """A batch to run; a suspect is one utterance of a batch whose worker died, and runs alone."""

    batch: Batch
    is_suspect: bool = False
    n_deaths: int = 0


class _RunnerPlugin(WorkerPlugin):  # type: ignore[misc]
    """Holds the model of a worker process; Dask runs it again on a worker that was restarted.

    Its name is the run's own: several runs may share a scheduler.
    """

    def __init__(self, setup: RunSetup, gpus: Sequence[str]) -> None:
        self.name = f"asr-fair-{uuid.uuid4().hex}"
        self._setup = setup
        self._gpus = gpus

    def setup(self, worker: Any) -> None:
        if len(self._gpus) > 1 and isinstance(worker.name, int):
            # Before CUDA starts in this process: one GPU per worker, or all share the first one.
            os.environ["CUDA_VISIBLE_DEVICES"] = self._gpus[worker.name % len(self._gpus)]
        worker.extensions[self.name] = BatchRunner(self._setup, worker=str(worker.name))

    def teardown(self, worker: Any) -> None:
        worker.extensions.pop(self.name, None)


def run_batches(
    batches: Iterable[Batch], setup: RunSetup, workers: Workers, on_result: Callable[[BatchResult], None]
) -> None:
    """Run every batch on Dask workers; `on_result` is called once per batch, or once per utterance of
    a batch that killed its worker, as results come.

    Raises AsrFairError where no worker can load the model or the scheduler does not answer. Errors of
    single recordings are outcomes, not exceptions.
    """
    gpus = [] if workers.scheduler else _gpus_for(setup)
    with _client(workers, len(gpus)) as client, _registered(_RunnerPlugin(setup, gpus), client) as run:
        queue = _Queue(batches)
        futures = as_completed()
        in_flight: dict[Any, _Attempt] = {}

        def fill() -> None:
            n_workers = max(1, len(client.nthreads()))
            while len(in_flight) < n_workers and (attempt := queue.next(in_flight.values())) is not None:
                # A fresh key each time: Dask remembers a key that erred.
                future = client.submit(_run_on_worker, run, attempt.batch, pure=False)
                in_flight[future] = attempt
                futures.add(future)

        fill()
        for future in futures:
            result = _settle(future, in_flight.pop(future), queue)
            fill()  # before writing, so that workers do not wait for the disk
            if result is not None:
                on_result(result)


def _run_on_worker(run: str, batch: Batch) -> BatchResult:
    runner: BatchRunner = get_worker().extensions[run]
    return runner.run(batch)


@contextmanager
def _registered(plugin: _RunnerPlugin, client: Client) -> Iterator[str]:
    """The plugin on all workers, under the name that tasks call it by; gone when the block ends."""
    client.register_plugin(plugin)
    try:
        yield plugin.name
    finally:
        client.unregister_worker_plugin(plugin.name)


class _Queue:
    """Batches yet to run; suspects come first, one at a time."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._fresh: Iterator[Batch] = iter(batches)
        self._suspects: deque[_Attempt] = deque()

    def next(self, in_flight: Collection[_Attempt]) -> _Attempt | None:
        """What may be started beside `in_flight`; None where there is nothing, or it must wait."""
        if any(attempt.is_suspect for attempt in in_flight) or (self._suspects and in_flight):
            return None
        if self._suspects:
            return self._suspects.popleft()
        batch = next(self._fresh, None)
        return None if batch is None else _Attempt(batch)

    def suspect(self, attempt: _Attempt) -> None:
        self._suspects.append(attempt)


def _settle(future: Any, attempt: _Attempt, queue: _Queue) -> BatchResult | None:
    """The result of a finished future; None where its work was queued again."""
    try:
        result: BatchResult = future.result()
    except KilledWorker as error:
        return _after_death(attempt, queue, error)
    return result


def _after_death(attempt: _Attempt, queue: _Queue, error: Exception) -> BatchResult | None:
    batch = attempt.batch
    logger.warning("batch %d (%d utterances) killed its worker", batch.batch_id, len(batch.items))
    if not attempt.is_suspect:
        for single in batch.singles():
            queue.suspect(_Attempt(single, is_suspect=True))
        return None
    n_deaths = attempt.n_deaths + 1
    if n_deaths < TRIES_OF_ONE_UTTERANCE:
        queue.suspect(_Attempt(batch, is_suspect=True, n_deaths=n_deaths))
        return None
    message = f"the worker process died {n_deaths} times on this recording ({type(error).__name__})"
    outcome = failed_outcome(batch, batch.items[0], WORKER_DIED, message)
    timing = Timing(batch.batch_id, batch.system, batch.condition, 1, 0.0, 0.0, 0.0)
    return BatchResult((outcome,), (), timing)


@contextmanager
def _client(workers: Workers, n_gpus: int) -> Iterator[Client]:
    if workers.scheduler is not None:
        try:
            client = Client(workers.scheduler, timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            msg = f"workers.scheduler: nothing answers at {workers.scheduler}. Start it, or leave the key out"
            raise AsrFairError(msg) from error
        with client:
            yield client
        return
    n_cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))
    n_processes = workers.processes or n_gpus or n_cores
    threads = str(max(1, n_cores // n_processes))
    environment = ALLOCATOR | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    settings = {
        "distributed.nanny.pre-spawn-environ": environment,
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.logging.distributed": "error",
    }
    with dask.config.set(settings):
        with _interrupts_ignored():
            cluster = LocalCluster(
                n_workers=n_processes,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.ERROR,
            )
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; those started in this block leave it to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _gpus_for(setup: RunSetup) -> list[str]:
    """The GPUs of this machine that the systems may use, as CUDA_VISIBLE_DEVICES names them."""
    if all(system.device == "cpu" for system in setup.systems):
        return []
    import torch

    allotted = [
        name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()
    ]
    n_gpus = torch.cuda.device_count()
    return allotted[:n_gpus] or [str(number) for number in range(n_gpus)]
