"""Requests to a service are repeated where another try may help, later each time and when it says so."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from asr_fair.errors import AsrFairError
from asr_fair.records import Seconds

FIRST_WAIT_S: Seconds = 1.0
"""Up to so long before the second try, twice as long before each further one; drawn anew each time, so that
those who were refused together do not come back together."""
LONGEST_BACKOFF_S: Seconds = 60.0
"""Longer waits only where the service asks for them."""
SPREAD_S: Seconds = 0.5
"""Up to so much later than a service asks for: it tells everybody the same moment."""

T = TypeVar("T")


class PassingError(Exception):
    """A request failed in a way that another try may not meet; `wait_s`: what the service asks for."""

    def __init__(self, message: str, wait_s: Seconds | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(message)


class ServiceError(AsrFairError):
    """A service that no further request can use: a wrong key, no money left, no such model."""


@dataclass
class Retries:
    """How often and how long a request is tried. `stopped` ends every wait and every further try."""

    max_tries: int
    longest_wait_s: Seconds
    stopped: threading.Event = field(default_factory=threading.Event)

    def call(self, attempt: Callable[[], T]) -> T:
        """The answer to `attempt`, which raises PassingError where it may be tried again.

        Raises the last PassingError when all tries failed or `stopped` was set; ServiceError where the
        service asks for a longer wait than `longest_wait_s`.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self.max_tries), tenacity.stop_when_event_set(self.stopped)
            ),
            wait=self._wait_s,
            sleep=tenacity.sleep_using_event(self.stopped),
            reraise=True,
        )
        return retrying(attempt)

    def _wait_s(self, state: tenacity.RetryCallState) -> Seconds:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.wait_s if isinstance(error, PassingError) else None
        if asked_s is not None and asked_s > self.longest_wait_s:
            msg = (
                f"{error}. It asks to wait {asked_s:,.0f} s, more than `longest_wait_s` allows "
                f"({self.longest_wait_s:,.0f} s). Start the run again later: it goes on where it stopped"
            )
            raise ServiceError(msg)
        limit_s = min(LONGEST_BACKOFF_S, self.longest_wait_s)
        backoff_s = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=limit_s)(state)
        if asked_s is None:
            return backoff_s
        return asked_s + tenacity.wait_random(0, SPREAD_S)(state)


def asked_wait_s(headers: Mapping[str, str], now: datetime | None = None) -> Seconds | None:
    """How long a service asks to wait: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).

    `retry-after-ms`, which OpenAI's server sends besides, is more exact and goes first. None where neither
    is there or makes sense; a date that has passed is no wait.

    >>> asked_wait_s({"retry-after": "7"}), asked_wait_s({"retry-after": "soon"})
    (7.0, None)
    """
    in_ms = _number(headers.get("retry-after-ms"))
    if in_ms is not None:
        return in_ms / 1000
    value = headers.get("retry-after")
    in_s = _number(value)
    if in_s is not None or value is None:
        return in_s
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
