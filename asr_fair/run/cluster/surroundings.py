"""What worker processes were started with: settings of memory and threads that nothing later can mend."""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dask.system import cpu_count
from distributed import Client

logger = logging.getLogger(__name__)

# glibc gives memory back to the system after each batch and page faults then cost up to four times
# the arithmetic. It reads these only when a process starts.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(frozen=True)
class Surroundings:
    """Of one worker process."""

    lacking: tuple[str, ...]
    """Settings of the allocator that it was not started with."""
    n_threads: int | None
    """Of the arithmetic, by OMP_NUM_THREADS; None: every core."""
    n_cores: int


def surroundings() -> Surroundings:
    """Of this process, as it was started: its later environment is not what glibc has read."""
    started = _started_with()
    lacking = tuple(name for name, value in ALLOCATOR.items() if started.get(name) != value)
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return Surroundings(lacking, int(threads) if threads.isdecimal() else None, cpu_count())


def _started_with() -> Mapping[str, str]:
    try:
        content = Path("/proc/self/environ").read_bytes()
    except OSError:  # no Linux: no glibc, perhaps, but then no way to tell either
        return os.environ
    pairs = (each.partition(b"=") for each in content.split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def warn_of_surroundings(client: Client) -> None:
    """Say, once and all together, what somebody who started the workers can do to make them faster."""
    there = client.scheduler_info()["workers"]
    found: Mapping[str, Surroundings] = client.run(surroundings)
    hosts = {address: str(there[address]["host"]) for address in found if address in there}
    for line in in_words(found, hosts):
        logger.warning(line)


def in_words(found: Mapping[str, Surroundings], hosts: Mapping[str, str]) -> Iterator[str]:
    """What could be better, by the address of each worker; nothing where all is well."""
    slow = [each for each in found.values() if each.lacking]
    if slow:
        names = [name for name in ALLOCATOR if any(name in each.lacking for each in slow)]
        settings = " ".join(f"{name}={ALLOCATOR[name]}" for name in names)
        yield (
            f"{len(slow)} of {len(found)} workers spend time on giving memory back and taking it again, up "
            f"to four times that of the arithmetic. Start them so: {settings} dask worker ..."
        )
    by_host: defaultdict[str, list[Surroundings]] = defaultdict(list)
    for address, host in hosts.items():
        by_host[host].append(found[address])
    shapes = Counter(
        (len(each), sum(worker.n_threads or worker.n_cores for worker in each), each[0].n_cores)
        for each in by_host.values()
    )
    for (n_workers, n_threads, n_cores), n_hosts in sorted(shapes.items()):
        if n_threads != n_cores:
            trouble = "fight over the" if n_threads > n_cores else "leave some idle of the"
            yield (
                f"on {n_hosts} of {len(by_host)} hosts, {n_workers} workers with {n_threads} threads in all "
                f"{trouble} {n_cores} cores. Start them so: OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 dask worker "
                f"--nworkers {n_cores} --nthreads 1 ..."
            )
