r"""What every benchmark here needs: facts of the machine, rounds that take turns, tables, targets met or not.

    rounds = in_turn({"plain": plain, "ours": ours}, rounds=7)
    targets = [Target("ours against plain", rounds.speed_up("ours", over="plain"), at_least=1.8)]
    print(*machine_facts("jiwer"), "", *table(rounds), "", *targets_table(targets), sep="\n")
    sys.exit(missed(targets))

Ways that are compared take turns within each round, so that other work on the machine falls on all alike, and
a ratio is taken within a round: its median over the rounds is the figure, its lowest and highest the spread.
"""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Clock = Callable[[], float]
WALL: Clock = time.perf_counter
PROCESSOR: Clock = time.process_time
"""Of this process with all its threads; of no child process."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the rounds: its median, lowest and highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """The spread of one value a round."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, slots=True)
class Target:
    """What was promised of a figure: its median, unrounded, has to be at least or at most so much."""

    title: str
    found: Spread
    at_least: float = -math.inf
    at_most: float = math.inf

    @property
    def is_met(self) -> bool:
        """Whether the promise is kept."""
        return self.at_least <= self.found.median <= self.at_most

    @property
    def bounds(self) -> str:
        """Such as "at least 1.8"."""
        low, high = f"at least {self.at_least:g}", f"at most {self.at_most:g}"
        asked = {low: self.at_least, high: self.at_most}
        return ", ".join(bound for bound, value in asked.items() if math.isfinite(value))


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds that each way took, by its name: one value a round."""

    took_s: Mapping[str, list[float]]

    def seconds(self, way: str) -> Spread:
        """How long `way` took."""
        return Spread.of(self.took_s[way])

    def speed_up(self, way: str, over: str) -> Spread:
        """How many times as fast `way` is as `over`, taken within each round."""
        pairs = zip(self.took_s[over], self.took_s[way], strict=True)
        return Spread.of([slow_s / fast_s for slow_s, fast_s in pairs])


def in_turn(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, clock: Clock = PROCESSOR, warm_up: bool = True
) -> Rounds:
    """Let every way run once a round; the order turns from round to round, so that none is always first.

    With `warm_up` there is one round before that is not counted.
    """
    took_s: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(-warm_up, rounds):
        names = list(ways)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            begun_s = clock()
            ways[name]()
            taken_s = clock() - begun_s
            if number >= 0:
                took_s[name].append(taken_s)
            print(f"round {number + 1} of {rounds}: {name}: {taken_s:.2f} s", file=sys.stderr)
    return Rounds(took_s)


def table(rounds: Rounds) -> Iterator[str]:
    """Markdown rows: median seconds and speed-up over the first way, each with its lowest and highest."""
    first = next(iter(rounds.took_s))
    yield f"| way | seconds | × {first} |"
    yield "|-|-|-|"
    for way in rounds.took_s:
        yield f"| {way} | {rounds.seconds(way)} | {rounds.speed_up(way, over=first)} |"


def in_own_process(task: Callable[..., T], *arguments: object) -> T:
    """What `task` returns, made by a fresh process: its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def targets_table(targets: Iterable[Target]) -> Iterator[str]:
    """Markdown rows: each target, what was found, and whether it is met."""
    yield "| target | asked | found | met |"
    yield "|-|-|-|-|"
    for each in targets:
        yield f"| {each.title} | {each.bounds} | {each.found} | {'yes' if each.is_met else '**no**'} |"


def missed(targets: Iterable[Target]) -> int:
    """The exit status of a benchmark: 1 where a target is missed, so that `make bench` fails."""
    return int(not all(each.is_met for each in targets))


def machine_facts(*packages: str) -> Iterator[str]:
    """Markdown lines: processor, cores, load, Python, versions of `packages`, threads and memory settings."""
    variables = [
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("MALLOC_", "OMP_", "OPENBLAS_", "MKL_"))
    ]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield (
        f"- Machine: {processor()}, {len(os.sched_getaffinity(0))} cores for this process, "
        f"{memory_gib:.0f} GiB of memory; load over 5 minutes {os.getloadavg()[1]:.1f} when this was written."
    )
    yield f"- Versions: {', '.join([f'Python {platform.python_version()}', *versions])}."
    yield f"- Environment: {', '.join(variables) or 'no variable for threads or memory'}."


def processor() -> str:
    """The name of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
