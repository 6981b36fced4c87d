"""Progress on stderr: a bar per stage on a terminal; elsewhere a line of a long stage now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from tqdm import tqdm

from asr_fair.cli.terminal import say
from asr_fair.progress import Pace
from asr_fair.records import Seconds
from asr_fair.wording import counted, duration

LOG_EVERY_S: Seconds = 600.0
"""Where nobody watches: often enough to see that it lives, rare enough for a log."""


class ProgressBars:
    """A bar for the stage that is running; a log gets a line every ten minutes and otherwise none."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._bar: Any = None
        self._said_at_s = time.monotonic()

    def __call__(self, stage: str, done: int, total: int, pace: Pace | None = None) -> None:
        """`done` of `total` steps of `stage` are finished."""
        if not sys.stderr.isatty():
            self._log(stage, done, total, pace)
            return
        if stage != self._stage:
            self._close()
            # Its own guess of the time left counts utterances, which differ in length: ours stands behind.
            shape = "{desc}: {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt}{postfix} [{elapsed}]"
            self._bar = tqdm(
                total=total,
                initial=done,
                desc=stage,
                unit="",
                mininterval=0.2,
                file=sys.stderr,
                bar_format=None if pace is None else shape,
            )
            self._stage = stage
        if pace is not None:
            self._bar.set_postfix_str(in_words(pace), refresh=False)
        self._bar.update(done - self._bar.n)

    def _log(self, stage: str, done: int, total: int, pace: Pace | None) -> None:
        now_s = time.monotonic()
        if now_s - self._said_at_s >= LOG_EVERY_S:
            behind = f", {in_words(pace)}" if pace is not None else ""
            say(f"{stage}: {done:,} of {total:,}, {total - done:,} left{behind}", err=True)
            self._said_at_s = now_s

    def say(self, line: str) -> None:
        """Print a line on stderr, below the bars that are full and above one that moves."""
        if self._bar is None or self._bar.n >= self._bar.total:
            self._close()
            self._stage = None
            say(line, err=True)
            return
        self._bar.clear()
        say(line, err=True)
        self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def in_words(pace: Pace) -> str:
    """Such as '12.3 s of audio a second, about 3 min left, 2 lost'."""
    parts = []
    if pace.audio_s_per_s is not None:
        parts.append(f"{pace.audio_s_per_s:.1f} s of audio a second")
    if pace.remaining_s is not None:
        parts.append(f"about {duration(pace.remaining_s)} left")
    parts.append(f"{pace.n_lost:,} lost")
    if pace.n_requests:
        parts.append(counted(pace.n_requests, "request") + (f" for {pace.cost}" if pace.cost else ""))
    return ", ".join(parts)
