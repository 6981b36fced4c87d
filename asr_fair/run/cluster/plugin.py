"""The model in a worker process, and the tasks that reach it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from distributed import Client, Future, WorkerPlugin, get_worker

from asr_fair.run.batch import Batch
from asr_fair.run.cluster.crew import DEVICE, RENDER, Crew, crew_of
from asr_fair.run.parts import parts_of, put_together
from asr_fair.run.worker import BatchResult, BatchRunner, RenderedBatch, RunSetup

_one_decodes = threading.Lock()
"""A worker that somebody else has started may have many threads; a model answers one at a time."""


@dataclass
class Registered:
    """A run on the workers: the name of its runner there, and the systems that a GPU is of use to."""

    name: str
    on_gpu: frozenset[str]
    crew: Crew = field(default_factory=lambda: Crew(0, 0, 0))
    """All who were seen: while the worker of a GPU is restarted, its batches wait and nobody else decodes."""

    def lacks(self, now: Crew, systems: Collection[str]) -> str | None:
        """Of what kind no worker is there, while batches of `systems` wait for one; None where all are."""
        if not now.n_workers:
            return ""
        needs_device = not self.crew.n_renderers or not self.on_gpu.isdisjoint(systems)
        if self.crew.n_devices and needs_device and not now.n_devices:
            return " with a GPU"
        if self.crew.n_devices and self.crew.n_renderers and not now.n_renderers:
            return " that renders"
        return None


class RunnerPlugin(WorkerPlugin):  # type: ignore[misc]
    """Holds the model of a worker process; Dask runs it again on a worker that was restarted.

    Its name is the run's own: several runs may share a scheduler.
    """

    def __init__(self, setup: RunSetup) -> None:
        self.name = f"asr-fair-{uuid.uuid4().hex}"
        self._setup = setup

    @property
    def registered(self) -> Registered:
        """What tasks are told."""
        on_gpu = frozenset(system.name for system in self._setup.systems if system.may_use_gpu)
        return Registered(self.name, on_gpu)

    def setup(self, worker: Any) -> None:
        """Give a worker process its runner; a model is loaded when the first batch comes."""
        worker.extensions[self.name] = BatchRunner(self._setup, worker=str(worker.name))

    def teardown(self, worker: Any) -> None:
        """Let it go when the run ends."""
        worker.extensions.pop(self.name, None)


@contextmanager
def registered(plugin: RunnerPlugin, client: Client) -> Iterator[Registered]:
    """The plugin on all workers, as tasks call it; gone when the block ends."""
    client.register_plugin(plugin)
    try:
        yield plugin.registered
    finally:
        # Workers of our own are stopped with it; a scheduler that is gone cannot be asked.
        if client.cluster is None and client.status == "running":
            client.unregister_worker_plugin(plugin.name)


def submit(client: Client, run: Registered, batch: Batch) -> Future:
    """The future of a batch's result, under a fresh key each time: Dask remembers a key that erred.

    Where workers announce what they do (`DEVICE`, `RENDER`), the batch is rendered in parts by those that
    render and decoded by one that has a GPU, to which the samples go directly. All tasks of one batch
    have its token in their keys, behind `decode-` or `render-`.
    """
    crew = run.crew = run.crew.joined_by(crew_of(client))
    token = uuid.uuid4().hex
    if not crew.n_devices:
        return client.submit(_run, run.name, batch, key=f"decode-{token}")
    if not crew.n_renderers:
        return client.submit(_run, run.name, batch, key=f"decode-{token}", resources={DEVICE: 1})
    if batch.system not in run.on_gpu:  # it needs a processor: there are more of them where renders are made
        return client.submit(_run, run.name, batch, key=f"decode-{token}", resources={RENDER: 1})
    parts = [
        client.submit(_render, run.name, part, key=f"render-{token}-{number}", resources={RENDER: 1})
        for number, part in enumerate(parts_of(batch, crew.n_parts))
    ]
    return client.submit(_decode, run.name, batch, parts, key=f"decode-{token}", resources={DEVICE: 1})


def _run(run: str, batch: Batch) -> BatchResult:
    """The task: a batch by this worker process alone."""
    runner = _runner(run)
    rendered = runner.render(batch)
    with _one_decodes:
        return runner.transcribe(rendered)


def _render(run: str, part: Batch) -> RenderedBatch:
    """The task: samples for another worker."""
    return _runner(run).render(part)


def _decode(run: str, batch: Batch, parts: Sequence[RenderedBatch]) -> BatchResult:
    """The task: a batch that others have rendered."""
    with _one_decodes:
        return _runner(run).transcribe(put_together(batch, parts))


def _runner(run: str) -> BatchRunner:
    runner: BatchRunner = get_worker().extensions[run]
    return runner
