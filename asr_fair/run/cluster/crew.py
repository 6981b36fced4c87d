"""Who does what: workers that render, workers that hold a model on a GPU, and workers that do both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distributed import Client

DEVICE = "asr_fair_device"
"""Dask resource of a worker that decodes on a GPU: `dask worker --resources "asr_fair_device=1"`."""

RENDER = "asr_fair_render"
"""Dask resource of a worker that only renders, for those that decode."""

RENDERERS_PER_GPU = 16
"""No more of them for one GPU, however many cores there are: each takes most of a gigabyte."""

BATCHES_PER_DEVICE = 3
"""One that is decoded, one that is ready, and one that is ready or being rendered."""


@dataclass(frozen=True)
class Hand:
    """A worker process of this machine, before it is started."""

    name: str
    n_threads: int
    resources: Mapping[str, float] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of CUDA and whatever else is read after the process has started."""


@dataclass(frozen=True)
class Crew:
    """The workers of a scheduler, counted."""

    n_workers: int
    n_devices: int
    n_renderers: int

    @property
    def n_parts(self) -> int:
        """In how many parts a batch is rendered, so that all who render for a device work on it."""
        return -(-self.n_renderers // max(1, self.n_devices))

    @property
    def batches_at_once(self) -> int:
        """Batches in flight: what bounds the memory that rendered audio takes.

        Those who render for nobody do so for a device whose worker is being restarted.
        """
        if self.n_renderers:
            return BATCHES_PER_DEVICE * max(1, self.n_devices)
        return max(1, self.n_devices or self.n_workers)

    def joined_by(self, now: Crew) -> Crew:
        """The most there were at once of each kind: a worker that is being restarted will be back."""
        return Crew(
            max(self.n_workers, now.n_workers),
            max(self.n_devices, now.n_devices),
            max(self.n_renderers, now.n_renderers),
        )


def local_hands(n_cores: int, gpus: Sequence[str], processes: int | None) -> list[Hand]:
    """The workers to start on this machine.

    Without a GPU each does everything, and has its share of the cores. With GPUs one holds a model on each
    of them, and `processes`, by default as many as there are cores left, render for them.

    >>> [hand.n_threads for hand in local_hands(8, [], 3)]
    [3, 3, 2]
    >>> [hand.name for hand in local_hands(4, ["0"], None)]
    ['gpu-0', 'render-0', 'render-1', 'render-2']
    """
    if not gpus:
        n_processes = processes or n_cores
        return [
            Hand(str(number), max(1, n_cores // n_processes + (number < n_cores % n_processes)))
            for number in range(n_processes)
        ]
    left = min(n_cores - len(gpus), RENDERERS_PER_GPU * len(gpus))
    devices = [Hand(f"gpu-{gpu}", 1, {DEVICE: 1}, {"CUDA_VISIBLE_DEVICES": gpu}) for gpu in gpus]
    blind = {"CUDA_VISIBLE_DEVICES": ""}
    return [
        *devices,
        *(Hand(f"render-{number}", 1, {RENDER: 1}, blind) for number in range(processes or max(1, left))),
    ]


def crew_of(client: Client) -> Crew:
    """Who is there now; a worker that is being restarted is missing until it is back."""
    workers: Mapping[str, Mapping[str, Any]] = client.scheduler_info()["workers"]
    announced = Counter(name for each in workers.values() for name, n in each["resources"].items() if n > 0)
    return Crew(len(workers), announced[DEVICE], announced[RENDER])
