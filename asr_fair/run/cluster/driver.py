"""The loop that keeps the workers busy: batches go out, results come back, lost workers are noticed."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, KilledWorker
from distributed.client import ClosedClientError
from distributed.comm import get_address_host

from asr_fair.config import Workers
from asr_fair.errors import WorkersGoneError
from asr_fair.records import Seconds
from asr_fair.run.attempts import Attempt, Loss, Queue, after_loss
from asr_fair.run.cluster.crew import crew_of
from asr_fair.run.cluster.plugin import Registered, submit
from asr_fair.run.deadlines import Clocks, Deadlines
from asr_fair.run.worker import BatchResult

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Seconds = 1.0
SILENCE_S: Seconds = 60.0
"""A scheduler that answers nothing for so long is given up; it answers in milliseconds."""
RESTART_S: Seconds = 30.0
OWN_WORKERS_S: Seconds = 600.0
NO_WORKER_S: Seconds = 60.0
"""After a worker was taken away for good and none is left, another one may still come."""
SAY_WAITING_S: Seconds = 30.0
SAY_AGAIN_S: Seconds = 300.0
LEAVE_S: Seconds = 5.0


class Driver:
    """Gives batches to the workers of one cluster until every one of them has its outcomes."""

    def __init__(self, client: Client, run: Registered, queue: Queue, workers: Workers) -> None:
        self._client = client
        self._run = run
        self._queue = queue
        self._place = workers.scheduler or "this machine"
        # To a cluster workers may come at any time; those of this machine are restarted at once, or never.
        self._patience_s = OWN_WORKERS_S if workers.scheduler is None else math.inf
        self._deadlines = Deadlines(workers.batch_timeout_s)
        self._clocks = Clocks()
        self._in_flight: dict[str, tuple[Any, Attempt]] = {}
        self._finished: SimpleQueue[str] = SimpleQueue()
        self._at_once = 1
        self._looked_s = -LOOK_EVERY_S
        self._hosts: frozenset[str] = frozenset()
        self._seen: dict[str, str] = {}
        self._hung: set[str] = set()
        self._without_s: Seconds | None = None
        self._say_at_s: Seconds = 0.0

    def results(self) -> Iterator[BatchResult]:
        """What comes back, as it comes. The next batches are under way before each is handed out."""
        lost = self._look()
        self._fill()
        while self._in_flight:
            settled: list[BatchResult | None] = [*lost]
            with suppress(Empty):
                settled.append(self._settle(self._finished.get(timeout=LOOK_EVERY_S)))
            lost = self._look()
            self._fill()
            yield from (each for each in settled if each is not None)
        yield from lost

    def _fill(self) -> None:
        while len(self._in_flight) < self._at_once:
            attempt = self._queue.next([each for _, each in self._in_flight.values()])
            if attempt is None:
                return
            with self._scheduler_is_there():
                future = submit(self._client, self._run, attempt.batch)
            self._in_flight[future.key] = future, attempt
            future.add_done_callback(lambda done: self._finished.put(done.key))

    def _settle(self, key: str) -> BatchResult | None:
        """The result of a finished task; None where its work was queued again, or was given up before."""
        if key not in self._in_flight:
            return None  # it was taken to hang, and has been queued again since
        future, attempt = self._in_flight.pop(key)
        if future.status == "cancelled":
            raise self._gone()
        try:
            result: BatchResult = future.result()
        except KilledWorker as error:
            hung = error.last_worker.address in self._hung
            return after_loss(attempt, self._queue, Loss.HUNG if hung else Loss.DIED)
        except CancelledError as error:
            raise self._gone() from error
        if (host := self._host_of(key)) is not None:
            self._deadlines.learn(attempt.batch, result.timing, host)
        return result

    def _host_of(self, key: str) -> str | None:
        """Where a task was done; None where it was so quick that nobody saw it, and hosts are several."""
        seen = self._seen.pop(key, None)
        if seen is None and len(self._hosts) == 1:
            return next(iter(self._hosts))
        return seen

    def _look(self) -> list[BatchResult]:
        """Look at the workers, once in a while: outcomes of utterances that were given up as hanging."""
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        with self._scheduler_is_there():
            assigned = self._client.sync(self._client.scheduler.processing, callback_timeout=SILENCE_S)
            crew = crew_of(self._client)
        self._at_once = crew.batches_at_once
        self._hosts = frozenset(map(get_address_host, assigned))
        for address, tasks in assigned.items():
            self._seen |= dict.fromkeys(self._in_flight.keys() & set(tasks), get_address_host(address))
        self._clocks.look(now_s, assigned, lambda task: self._key_of(task) is not None)
        systems = {attempt.batch.system for _, attempt in self._in_flight.values()}
        self._mind_absence(self._run.lacks(crew, systems), now_s)
        overdue = [
            address
            for address, busy_s in self._clocks.busy_s(now_s).items()
            if busy_s > self._longest_s(address)
        ]
        return [result for address in overdue for result in self._restart(address)]

    def _key_of(self, task: str) -> str | None:
        """The batch in flight that a task is a stage of: it has the token of the last one in its key."""
        return next((key for key in self._in_flight if key.rpartition("-")[2] in str(task)), None)

    def _keys_at(self, address: str) -> set[str]:
        """The batches in flight that a worker was at, or had before it, when it was looked at last."""
        return {key for task in self._clocks.tasks(address) if (key := self._key_of(task)) is not None}

    def _longest_s(self, address: str) -> Seconds:
        """The most that any of the batches of a worker may take."""
        host = get_address_host(address)
        batches = [self._in_flight[key][1].batch for key in self._keys_at(address)]
        return max((self._deadlines.of(batch, host) for batch in batches), default=math.inf)

    def _restart(self, address: str) -> list[BatchResult]:
        """Restart a worker that hangs, or have it taken away where nobody can start it again.

        Its batches are queued again before: what the scheduler still says of them does not count.
        """
        self._hung.add(address)
        given_up: list[BatchResult | None] = []
        with self._scheduler_is_there():
            for key in self._keys_at(address):
                future, attempt = self._in_flight.pop(key)
                future.cancel()
                given_up.append(after_loss(attempt, self._queue, Loss.HUNG))
            self._clocks.forget(address)
            # Not Client.restart_workers, which refuses workers without a nanny and waits for the new ones.
            said = self._client.sync(
                self._client.scheduler.restart_workers,
                workers=[address],
                timeout=RESTART_S,
                wait_for_workers=False,
                on_error="return",
                stimulus_id="asr-fair-hung",
                callback_timeout=SILENCE_S,
            )
        if said.get(address) != "OK":
            logger.warning("the worker at %s cannot be restarted (no nanny): it is used no more", address)
            self._patience_s = NO_WORKER_S
        return [result for result in given_up if result is not None]

    def _mind_absence(self, lacking: str | None, now_s: Seconds) -> None:
        """Say that nobody is there to do the work; give up where nobody can be expected."""
        if lacking is None:
            self._without_s = None
            return
        if self._without_s is None:
            self._without_s, self._say_at_s = now_s, now_s + SAY_WAITING_S
        if now_s - self._without_s > self._patience_s:
            msg = (
                f"no worker{lacking} is left at {self._place}: those that died or hung could not be "
                "restarted. On a cluster, start workers with their nanny, as `dask worker` does by itself"
            )
            raise WorkersGoneError(msg)
        if now_s >= self._say_at_s:
            logger.warning("waiting for workers at %s: none%s is there", self._place, lacking)
            self._say_at_s = now_s + SAY_AGAIN_S

    @contextmanager
    def _scheduler_is_there(self) -> Iterator[None]:
        """Raise WorkersGoneError where the scheduler cannot be talked to."""
        try:
            yield
        except (OSError, CancelledError, ClosedClientError) as error:
            raise self._gone() from error

    def _gone(self) -> WorkersGoneError:
        # Or leaving would wait for answers that do not come.
        with suppress(OSError, CancelledError):
            self._client.close(timeout=LEAVE_S)
        return WorkersGoneError(f"the Dask scheduler at {self._place} went away, or answers no more")
