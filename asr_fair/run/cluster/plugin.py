"""The model in a worker process."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from distributed import Client, Future, WorkerPlugin, get_worker

from asr_fair.run.batch import Batch
from asr_fair.run.worker import BatchResult, BatchRunner, RunSetup


class RunnerPlugin(WorkerPlugin):  # type: ignore[misc]
    """Holds the model of a worker process; Dask runs it again on a worker that was restarted.

    Its name is the run's own: several runs may share a scheduler.
    """

    def __init__(self, setup: RunSetup, gpus: Sequence[str]) -> None:
        self.name = f"asr-fair-{uuid.uuid4().hex}"
        self._setup = setup
        self._gpus = gpus

    def setup(self, worker: Any) -> None:
        """Give a worker process its runner."""
        if len(self._gpus) > 1 and isinstance(worker.name, int):
            # Before CUDA starts in this process: one GPU per worker, or all share the first one.
            os.environ["CUDA_VISIBLE_DEVICES"] = self._gpus[worker.name % len(self._gpus)]
        worker.extensions[self.name] = BatchRunner(self._setup, worker=str(worker.name))

    def teardown(self, worker: Any) -> None:
        """Let it go when the run ends."""
        worker.extensions.pop(self.name, None)


def submit(client: Client, run: str, batch: Batch) -> Future:
    """Start a batch; the future is of its BatchResult. The keys of all its tasks begin with `run`, by which
    a run knows its own, and are new each time: Dask remembers a key that erred.
    """
    return client.submit(run_on_worker, run, batch, key=f"{run}-{uuid.uuid4().hex}")


def run_on_worker(run: str, batch: Batch) -> BatchResult:
    """The task: a batch by the runner of this worker process."""
    runner: BatchRunner = get_worker().extensions[run]
    return runner.run(batch)


@contextmanager
def registered(plugin: RunnerPlugin, client: Client) -> Iterator[str]:
    """The plugin on all workers, under the name that tasks call it by; gone when the block ends."""
    client.register_plugin(plugin)
    try:
        yield plugin.name
    finally:
        # Workers of our own are stopped with it; a scheduler that is gone cannot be asked.
        if client.cluster is None and client.status == "running":
            client.unregister_worker_plugin(plugin.name)
