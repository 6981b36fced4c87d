"""Which batch is tried next, and what follows when a worker dies or hangs: pure, whoever runs it.

When a worker process dies, every batch that was assigned to it is blamed: the one it was at, those that
waited for it, and those that waited there while another worker restarted. So a blamed batch is first run
again whole, with nothing else in flight: an innocent one comes out as if nothing had happened, with the same
company and so the same texts. One that takes its worker along by itself is halved, each half alone again,
until single utterances are left; a single that does so twice becomes an error outcome.

So a batch of n utterances costs a bounded number of workers. Of the halving, think as of a tree with the n
utterances as leaves: a part of several utterances dies at most once, and only where one of its p poisonous
utterances is in it, which is at most ceil(log2 n) parts for each; each of the p singles dies twice; and the
first death, in company, is one more. That is at most 1 + p · (ceil(log2 n) + 2) deaths, and never more than
1 + (n - 1) + 2n = 3n, as a tree of n leaves has n - 1 parts above them. One utterance in a batch of 8: six.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from asr_fair.run.batch import Batch
from asr_fair.run.worker import TIMED_OUT, WORKER_DIED, BatchResult, Timing, failed_outcome

logger = logging.getLogger(__name__)

TRIES_OF_ONE_UTTERANCE = 2


class Loss(Enum):
    """How a worker was lost: the reason that an utterance gets for it, and words for people."""

    DIED = WORKER_DIED
    HUNG = TIMED_OUT

    @property
    def verb(self) -> str:
        """What the batch did."""
        return "killed its worker" if self is Loss.DIED else "took far too long; its worker is restarted"

    def of_recording(self, n_tries: int) -> str:
        """The message of the outcome."""
        what = "the worker process died" if self is Loss.DIED else "the worker process hung"
        return f"{what} {n_tries} times on this recording alone"


@dataclass(frozen=True)
class Attempt:
    """A batch to run; a suspect was blamed for the loss of a worker, or is a part of one, and runs alone."""

    batch: Batch
    is_suspect: bool = False
    n_lost: int = 0
    """Workers that this very batch took along by itself."""


class Queue:
    """Batches yet to run; suspects come first, one at a time.

    Of a hosted system one batch is in flight at most: its engine runs as many requests at once as the
    service allows, within a batch. Its batches start first, because other workers are free meanwhile.
    """

    def __init__(self, plan: Mapping[str, Iterable[Batch]], hosted: Collection[str] = ()) -> None:
        ordered = sorted(plan, key=lambda system: system not in hosted)
        self._fresh: dict[str, Iterator[Batch]] = {system: iter(plan[system]) for system in ordered}
        self._hosted = frozenset(hosted)
        self._suspects: deque[Attempt] = deque()

    def next(self, in_flight: Collection[Attempt]) -> Attempt | None:
        """What may be started beside `in_flight`; None where there is nothing, or it must wait."""
        if any(attempt.is_suspect for attempt in in_flight) or (self._suspects and in_flight):
            return None
        if self._suspects:
            return self._suspects.popleft()
        busy = self._hosted & {attempt.batch.system for attempt in in_flight}
        for system in [each for each in self._fresh if each not in busy]:
            if (batch := next(self._fresh[system], None)) is not None:
                return Attempt(batch)
            del self._fresh[system]
        return None

    def suspect(self, attempt: Attempt) -> None:
        """Try this, with nothing beside it."""
        self._suspects.append(replace(attempt, is_suspect=True))


def after_loss(attempt: Attempt, queue: Queue, loss: Loss) -> BatchResult | None:
    """What follows from the loss of a worker: the batch or its halves are queued, or its last utterance is
    given up.
    """
    batch = attempt.batch
    logger.warning("batch %d (%d utterances) %s", batch.batch_id, len(batch.items), loss.verb)
    if not attempt.is_suspect:
        queue.suspect(Attempt(batch))
        return None
    if len(batch.items) > 1:
        for half in batch.halves():
            queue.suspect(Attempt(half))
        return None
    n_lost = attempt.n_lost + 1
    if n_lost < TRIES_OF_ONE_UTTERANCE:
        queue.suspect(Attempt(batch, n_lost=n_lost))
        return None
    outcome = failed_outcome(batch, batch.items[0], loss.value, loss.of_recording(n_lost))
    timing = Timing(batch.batch_id, batch.system, batch.condition, 1, 0.0, 0.0, 0.0)
    return BatchResult((outcome,), (), timing)
