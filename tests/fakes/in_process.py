"""Batches run in this process: a cluster for every test takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from asr_fair.config import Workers
from asr_fair.progress import Tell, tell_nobody
from asr_fair.run.batch import Batch
from asr_fair.run.worker import BatchResult, BatchRunner, RunSetup


def run_here(
    plan: Mapping[str, Iterable[Batch]],
    setup: RunSetup,
    workers: Workers,
    on_result: Callable[[BatchResult], None],
    tell: Tell = tell_nobody,
) -> None:
    """What `asr_fair.run.cluster.run_batches` does, without anybody's help."""
    runner = BatchRunner(setup)
    for batch in chain.from_iterable(plan.values()):
        on_result(runner.run(batch))
