"""Dask, and the only package that knows it: batches go out, results come back, losses are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from distributed import KilledWorker, as_completed

from asr_fair.config import Workers
from asr_fair.run.attempts import Attempt, Queue, after_death
from asr_fair.run.batch import Batch
from asr_fair.run.cluster.connect import connected, gpus_for
from asr_fair.run.cluster.plugin import RunnerPlugin, batches_at_once, registered, submit
from asr_fair.run.worker import BatchResult, RunSetup


def run_batches(
    batches: Iterable[Batch], setup: RunSetup, workers: Workers, on_result: Callable[[BatchResult], None]
) -> None:
    """Run every batch on Dask workers; `on_result` is called once per batch, or once per utterance of
    a batch that killed its worker, as results come.

    Raises AsrFairError where no worker can load the model or the scheduler does not answer. Errors of
    single recordings are outcomes, not exceptions.
    """
    gpus = [] if workers.scheduler else gpus_for(setup)
    with connected(workers, gpus) as client, registered(RunnerPlugin(setup), client) as run:
        queue = Queue(batches)
        futures = as_completed()
        in_flight: dict[Any, Attempt] = {}

        def fill() -> None:
            n_batches = batches_at_once(client)
            while len(in_flight) < n_batches and (attempt := queue.next(in_flight.values())) is not None:
                future = submit(client, run, attempt.batch)
                in_flight[future] = attempt
                futures.add(future)

        fill()
        for future in futures:
            result = _settle(future, in_flight.pop(future), queue)
            fill()  # before writing, so that workers do not wait for the disk
            if result is not None:
                on_result(result)


def _settle(future: Any, attempt: Attempt, queue: Queue) -> BatchResult | None:
    """The result of a finished future; None where its work was queued again."""
    try:
        result: BatchResult = future.result()
    except KilledWorker as error:
        return after_death(attempt, queue, error)
    return result
