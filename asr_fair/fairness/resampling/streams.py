"""Many random draws, computed in pieces and by several threads, and the same whatever their number and size.

Draws are cut into streams of a fixed number, each with a random generator of its own. So it makes no
difference who computes a stream or when; and within one, a piece goes on where the last one ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from asr_fair.seed import rng_for

SEED = 20_261_121
"""Fixed: the same counts and plan give the same findings, whatever seed the noise was made with."""

STREAM_DRAWS = 500
"""Draws that share a stream; results hang on this number, and on no other size here."""

PIECE = 2**21
"""Random numbers drawn at a time: some tens of megabytes, whatever the number of draws and of speakers;
with less, matrix products of many speakers are a quarter slower."""

MOST_THREADS = 8

T = TypeVar("T")


class Stream(NamedTuple):
    """Some of the draws for one purpose: `n` of them, from the `first` on."""

    seed: int
    purpose: str
    first: int
    n: int

    def rng(self) -> np.random.Generator:
        """The generator of the stream, at its beginning."""
        return rng_for(self.seed, f"draws from {self.first}", self.purpose)


def in_streams(task: Callable[[Stream], T], n_draws: int, *, seed: int, purpose: str) -> list[T]:
    """What `task` makes of each stream, in order.

    It must draw in such a way that ten draws at a time are the same as one at a time, and leave nothing
    behind that would change what another stream returns.
    """
    firsts = range(0, n_draws, STREAM_DRAWS)
    streams = [Stream(seed, purpose, first, min(STREAM_DRAWS, n_draws - first)) for first in firsts]
    threads = ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS))
    # Matrix products with threads of their own would fight with these over the same cores.
    with threadpool_limits(1, user_api="blas"), threads as pool:
        return list(pool.map(task, streams))


def pieces(n: int, width: int) -> Iterator[slice]:
    """Consecutive parts of `n` draws of `width` numbers each, of about PIECE numbers."""
    step = max(1, PIECE // max(width, 1))
    for first in range(0, n, step):
        yield slice(first, min(first + step, n))
