"""What hosted engines share: bounded concurrency, an end to it where no request can succeed, the key.

An answer costs money, so one that came is kept: where the service refuses everything from some point on,
the batch ends with what it has, and the run stops before the next one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from asr_fair.asr.base import ENGINE_ERROR, Clip, Failure
from asr_fair.asr.retries import ServiceError
from asr_fair.config.systems import HostedConfig
from asr_fair.errors import AsrFairError, ConfigError
from asr_fair.records import Hypothesis

Answer: TypeAlias = Hypothesis | Failure

REFUSED = "refused_by_service"
"""The reason of a recording that the service will not take, however often it is asked."""
ROUNDS_IN_A_BATCH = 4
"""Requests of a batch, as a multiple of those at once: the slowest one of a batch holds up the next, and a
batch that is cut off is asked for, and paid, again."""
GIVE_UP_AFTER = 10
"""Recordings in a row, none recognised in between: something is wrong with the service or the settings."""

_HIDDEN = "[key]"
_LONG_KEY = 16
"""From this length on, a key does not stand in a text by chance."""


def batch_windows(system: HostedConfig) -> int:
    """How many windows go to the engine at once."""
    return ROUNDS_IN_A_BATCH * system.concurrency


@dataclass(frozen=True)
class Key:
    """What a service knows us by; neither its repr nor what `hide` gives back holds it."""

    value: str | None = field(repr=False)

    def hide(self, text: str) -> str:
        """`text` without the key: a service may quote it in an error."""
        return text.replace(self.value, _HIDDEN) if self.value else text

    def stands_in(self, text: str) -> bool:
        """Whether a text quotes the key; a short one, such as 'none' for a server that asks for any, may
        be a word.
        """
        return self.value is not None and len(self.value) >= _LONG_KEY and self.value in text


def read_key(system: HostedConfig, variable: str | None) -> Key:
    """The key in the environment. Raises ConfigError, which never quotes it."""
    if variable is None:
        return Key(None)
    value = os.environ.get(variable, "").strip()  # a file's line break comes along with $(cat file)
    place = f"system {system.name!r}: the environment variable {variable}"
    if not value:
        msg = f"{place} is not set where this runs. Set it to the service's key, on every worker's machine"
        raise ConfigError(msg)
    if not value.isascii() or not value.isprintable() or " " in value:
        msg = f"{place} holds what no key can: a space, a line break or a letter beyond ASCII. Set it again"
        raise ConfigError(msg)
    return Key(value)


@dataclass
class Together:
    """Sends the clips of a batch, some at once, and knows when to stop.

    `stopped` is set once no request can succeed: waits for another try should end then.
    """

    concurrency: int
    key: Key = Key(None)
    stopped: threading.Event = field(default_factory=threading.Event)
    _fatal: AsrFairError | None = field(default=None, init=False)
    _failed_in_a_row: list[str] = field(default_factory=list, init=False)

    def transcribe(self, clips: Sequence[Clip], recognise: Callable[[Clip], Answer]) -> list[Answer]:
        """An answer for each clip. `recognise` raises ServiceError where no request can succeed any more.

        Raises that error: at once where nothing of the batch was recognised, else at the next batch.
        """
        self._raise_if_useless()
        with ThreadPoolExecutor(self.concurrency) as pool:
            answers = list(pool.map(lambda clip: self._one(clip, recognise), clips))
        if self._fatal is not None and not any(isinstance(each, Hypothesis) for each in answers):
            raise self._fatal
        for answer in answers:
            if isinstance(answer, Failure):
                self._failed_in_a_row.append(answer.message)
            else:
                self._failed_in_a_row.clear()
        # What the service does with several requests at once is its own affair; we send each by itself.
        return [replace(each, batch_size=1) if isinstance(each, Hypothesis) else each for each in answers]

    def _one(self, clip: Clip, recognise: Callable[[Clip], Answer]) -> Answer:
        if self.stopped.is_set():
            return Failure(ENGINE_ERROR, "was not sent: the service refuses every request")
        try:
            return recognise(clip)
        except AsrFairError as error:
            self._fatal = self._fatal or error
            self.stopped.set()
            return Failure(ENGINE_ERROR, str(error), n_requests=1)
        except Exception as error:  # whatever a client of a service raises: the others are paid for already
            return Failure(ENGINE_ERROR, self.key.hide(f"{type(error).__name__}: {error}"), n_requests=1)

    def _raise_if_useless(self) -> None:
        if self._fatal is not None:
            raise self._fatal
        if len(self._failed_in_a_row) >= GIVE_UP_AFTER:
            msg = (
                f"{len(self._failed_in_a_row)} recordings in a row got no text; the last one: "
                f"{self._failed_in_a_row[-1]}. Mend the service or the settings and start the run again: it "
                "goes on where it stopped"
            )
            raise ServiceError(msg)
