"""Dask, and the only package that knows it: batches go out, results come back, losses are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from asr_fair.config import Workers
from asr_fair.progress import Tell, tell_nobody
from asr_fair.run.attempts import Queue
from asr_fair.run.batch import Batch
from asr_fair.run.cluster.connect import connected, gpus_for
from asr_fair.run.cluster.dashboard import dashboard_of
from asr_fair.run.cluster.driver import Driver
from asr_fair.run.cluster.plugin import RunnerPlugin, registered
from asr_fair.run.cluster.settings import patient_and_quiet
from asr_fair.run.worker import BatchResult, RunSetup


def run_batches(
    plan: Mapping[str, Iterable[Batch]],
    setup: RunSetup,
    workers: Workers,
    on_result: Callable[[BatchResult], None],
    tell: Tell = tell_nobody,
) -> None:
    """Run the batches of every system on Dask workers; `on_result` is called once per batch, or once per
    part of a batch that its worker did not survive, as results come. `tell` gets the address of Dask's
    dashboard, where one is served.

    Raises AsrFairError where no worker can load the model; WorkersGoneError where the scheduler does not
    answer, or no longer. Errors of single recordings are outcomes, not exceptions.
    """
    gpus = [] if workers.scheduler else gpus_for(setup)
    with (
        patient_and_quiet(),
        connected(workers, gpus) as client,
        registered(RunnerPlugin(setup), client) as run,
    ):
        if (address := dashboard_of(client)) is not None:
            tell(f"Dask's dashboard, while this runs: {address}")
        for result in Driver(client, run, Queue(plan, setup.hosted), workers).results():
            on_result(result)
