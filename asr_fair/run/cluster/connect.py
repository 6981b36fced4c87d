"""Where the work is done: processes of this machine, or a cluster that somebody else has started."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import dask
from dask.system import cpu_count
from distributed import Client, LocalCluster, Nanny

from asr_fair.config import Workers
from asr_fair.errors import AsrFairError
from asr_fair.run.cluster.crew import DEVICE, Hand, local_hands
from asr_fair.run.cluster.surroundings import ALLOCATOR, warn_of_surroundings
from asr_fair.run.worker import RunSetup

CONNECT_TIMEOUT_S = 10
START_TIMEOUT_S = 300
NO_SPILLING = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
}


@contextmanager
def connected(workers: Workers, gpus: Sequence[str]) -> Iterator[Client]:
    """A client of the workers that the configuration names. Raises AsrFairError where none answers.

    `gpus`: those of this machine, as CUDA_VISIBLE_DEVICES names them; of no account with a scheduler.
    """
    if workers.scheduler is None:
        with _local(local_hands(cpu_count(), gpus, workers.processes)) as client:
            yield client
        return
    try:
        client = Client(workers.scheduler, timeout=CONNECT_TIMEOUT_S)
    except OSError as error:
        msg = f"workers.scheduler: nothing answers at {workers.scheduler}. Start it, or leave the key out"
        raise AsrFairError(msg) from error
    except TypeError as error:  # what Dask raises for tls:// where it knows of no certificate
        msg = f"workers.scheduler: {workers.scheduler}: {error}. Give Dask certificates (docs/clusters.md)"
        raise AsrFairError(msg) from error
    with client:
        warn_of_surroundings(client)
        yield client


@contextmanager
def _local(hands: Sequence[Hand]) -> Iterator[Client]:
    """A client of workers of this machine: one process, with one task at a time, for each hand."""
    least = min(hand.n_threads for hand in hands)
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.logging.distributed": "critical"}
    with (
        dask.config.set(settings | NO_SPILLING),
        # Read when a process starts and a library is loaded: nothing later can mend them. A batch queue may
        # have set OMP_NUM_THREADS for one process that has all the cores; here several divide them.
        _environment(ALLOCATOR | _threads(least)),
        ExitStack() as stack,
    ):
        with _interrupts_ignored():
            client = stack.enter_context(Client(stack.enter_context(_cluster(hands))))
            try:
                client.wait_for_workers(len(hands), timeout=START_TIMEOUT_S)
            except TimeoutError as error:
                msg = (
                    f"workers: {len(hands)} processes did not start within {START_TIMEOUT_S} s. Ask for fewer"
                )
                raise AsrFairError(msg) from error
        yield client


def _cluster(hands: Sequence[Hand]) -> LocalCluster:
    """A cluster that starts those processes; dask-cuda those that have a GPU, where it is installed."""
    devices = [hand for hand in hands if DEVICE in hand.resources]
    options: dict[str, Any] = {
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
        "silence_logs": logging.CRITICAL,
    }
    if len(devices) > 1 and importlib.util.find_spec("dask_cuda") is not None:
        cluster = _cuda_cluster(devices, options)
        hands = [hand for hand in hands if hand not in devices]
    else:
        cluster = LocalCluster(n_workers=0, processes=True, **options)
    cluster.worker_spec.update({hand.name: _spec(hand) for hand in hands})
    cluster.scale(len(cluster.worker_spec))  # starts those that are not there yet
    return cluster


def _cuda_cluster(devices: Sequence[Hand], options: Mapping[str, Any]) -> LocalCluster:
    """One worker for each GPU, on the cores beside it; what we send them is small and never spilled."""
    return importlib.import_module("dask_cuda").LocalCUDACluster(
        CUDA_VISIBLE_DEVICES=[hand.environment["CUDA_VISIBLE_DEVICES"] for hand in devices],
        memory_limit=None,
        device_memory_limit=None,
        resources=dict(devices[0].resources),
        **options,
    )


def _spec(hand: Hand) -> dict[str, Any]:
    return {
        "cls": Nanny,
        "options": {
            "nthreads": 1,
            "memory_limit": 0,
            "resources": dict(hand.resources),
            "env": {**_threads(hand.n_threads), **hand.environment},
            "silence_logs": logging.CRITICAL,
        },
    }


def _threads(n_threads: int) -> dict[str, str]:
    """OpenMP's is read by torch, MKL, CTranslate2 and, as theirs is not set, by other libraries, too."""
    return {"OMP_NUM_THREADS": str(n_threads), "MKL_NUM_THREADS": str(n_threads)}


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables for processes that are started in this block, restarted ones among them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


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


def gpus_for(setup: RunSetup) -> list[str]:
    """The GPUs of this machine that the systems may use, as CUDA_VISIBLE_DEVICES names them."""
    if not any(system.may_use_gpu for system in setup.systems):
        return []
    import torch

    allotted = [
        name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()
    ]
    n_gpus = torch.cuda.device_count()
    return allotted[:n_gpus] or [str(number) for number in range(n_gpus)]
