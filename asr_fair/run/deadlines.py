"""When a worker has been at its work for so long that it must be taken to hang: pure, whoever looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from asr_fair.records import Seconds
from asr_fair.run.batch import Batch
from asr_fair.run.worker import Timing

FIRST_BATCH_S: Seconds = 1800.0
"""A model of some gigabytes may have to be fetched over a slow line, read and compiled."""
TIMES_THE_SLOWEST = 20.0
"""Decoding has loops: Whisper's longest text for a window is some ten times its usual one, and with
fallback it is made six times. A machine that somebody else uses, too, is slower on top."""
LEAST_S: Seconds = 60.0


class Deadlines:
    """How long a batch may take: as configured, or by what the batches before it took.

    Of a system that has not yet answered on a host, a batch may take `FIRST_BATCH_S`: the model may be on
    its way there. Then `TIMES_THE_SLOWEST` of (the longest loading + its windows × the most seconds per
    window), of all that was seen of this system in this start; at least `LEAST_S`.
    """

    def __init__(self, given_s: Seconds | None = None) -> None:
        self._given_s = given_s
        self._load_s: dict[str, Seconds] = {}
        self._window_s: dict[str, Seconds] = {}
        self._answered: set[tuple[str, str]] = set()

    def learn(self, batch: Batch, timing: Timing, host: str) -> None:
        """A batch was answered on `host`."""
        per_window_s = (timing.render_s + timing.transcribe_s) / max(1, batch.n_windows)
        self._load_s[batch.system] = max(self._load_s.get(batch.system, 0.0), timing.load_s)
        self._window_s[batch.system] = max(self._window_s.get(batch.system, 0.0), per_window_s)
        self._answered.add((batch.system, host))

    def of(self, batch: Batch, host: str) -> Seconds:
        """How long this batch may take on `host`."""
        if self._given_s is not None:
            return self._given_s
        if (batch.system, host) not in self._answered:
            return FIRST_BATCH_S
        usual_s = self._load_s[batch.system] + self._window_s[batch.system] * batch.n_windows
        return max(LEAST_S, TIMES_THE_SLOWEST * usual_s)


class Clocks:
    """How long each worker has been at the task that it is at.

    Only the tasks that are assigned to a worker can be seen from outside, not which of them it is at: its
    clock starts when it gets work, and again whenever one of its tasks is finished.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, frozenset[str]] = {}
        self._since_s: dict[str, Seconds] = {}

    def look(
        self, now_s: Seconds, assigned: Mapping[str, Collection[str]], is_ours: Callable[[str], bool]
    ) -> None:
        """Take note of the tasks of each worker, by its address.

        The clock of a worker that has somebody else's tasks, too, stands: ours may be waiting for them.
        """
        before = self._tasks
        self._tasks = {address: frozenset(tasks) for address, tasks in assigned.items() if tasks}
        for address, tasks in self._tasks.items():
            finished = before.get(address, frozenset()) - tasks
            shared = not all(map(is_ours, tasks))
            if address not in before or finished or shared:
                self._since_s[address] = now_s

    def tasks(self, address: str) -> frozenset[str]:
        """What the worker had before it at the last look."""
        return self._tasks.get(address, frozenset())

    def busy_s(self, now_s: Seconds) -> dict[str, Seconds]:
        """Per worker that has work: for how long it has been at the same task."""
        return {address: now_s - self._since_s[address] for address in self._tasks}

    def forget(self, address: str) -> None:
        """The worker was restarted, or taken away."""
        self._tasks.pop(address, None)
