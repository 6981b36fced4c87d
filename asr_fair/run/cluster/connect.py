"""Who does the work: processes of this machine, or a cluster that somebody else has started."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

from asr_fair.config import Workers
from asr_fair.errors import AsrFairError
from asr_fair.run.worker import RunSetup

CONNECT_TIMEOUT_S = 10

# glibc gives memory back to the system after each batch and page faults then cost up to four times
# the arithmetic. It reads these only when a process starts.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "MALLOC_ARENA_MAX": "1",
}


@contextmanager
def connected(workers: Workers, n_gpus: int) -> Iterator[Client]:
    """A client of the workers that the configuration names. Raises AsrFairError where none answers."""
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


def batches_at_once(client: Client) -> int:
    """How many batches are given out at the same time: one per worker that is there now."""
    return len(client.nthreads())


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
