"""Which batch is tried next: pure, whoever runs it.

When a worker process dies, every task that was assigned to it is blamed. At most one batch per worker is in
flight, but while a worker restarts, two may wait at another one. So every batch that was blamed is run
again one utterance at a time, with nothing else in flight: then the blame is right. An utterance that
kills two workers by itself becomes an error outcome.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from asr_fair.run.batch import Batch
from asr_fair.run.worker import WORKER_DIED, BatchResult, Timing, failed_outcome

logger = logging.getLogger(__name__)

TRIES_OF_ONE_UTTERANCE = 2


@dataclass(frozen=True)
class Attempt:
    """A batch to run; a suspect is one utterance of a batch whose worker died, and runs alone."""

    batch: Batch
    is_suspect: bool = False
    n_deaths: int = 0


class Queue:
    """Batches yet to run; suspects come first, one at a time."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._fresh: Iterator[Batch] = iter(batches)
        self._suspects: deque[Attempt] = deque()

    def next(self, in_flight: Collection[Attempt]) -> Attempt | None:
        """What may be started beside `in_flight`; None where there is nothing, or it must wait."""
        if any(attempt.is_suspect for attempt in in_flight) or (self._suspects and in_flight):
            return None
        if self._suspects:
            return self._suspects.popleft()
        batch = next(self._fresh, None)
        return None if batch is None else Attempt(batch)

    def suspect(self, attempt: Attempt) -> None:
        """Try this again, by itself."""
        self._suspects.append(attempt)


def after_death(attempt: Attempt, queue: Queue, error: Exception) -> BatchResult | None:
    """What follows from the death of a worker: the parts are queued again, or the last utterance is lost."""
    batch = attempt.batch
    logger.warning("batch %d (%d utterances) killed its worker", batch.batch_id, len(batch.items))
    if not attempt.is_suspect:
        for single in batch.singles():
            queue.suspect(Attempt(single, is_suspect=True))
        return None
    n_deaths = attempt.n_deaths + 1
    if n_deaths < TRIES_OF_ONE_UTTERANCE:
        queue.suspect(Attempt(batch, is_suspect=True, n_deaths=n_deaths))
        return None
    message = f"the worker process died {n_deaths} times on this recording ({type(error).__name__})"
    outcome = failed_outcome(batch, batch.items[0], WORKER_DIED, message)
    timing = Timing(batch.batch_id, batch.system, batch.condition, 1, 0.0, 0.0, 0.0)
    return BatchResult((outcome,), (), timing)
