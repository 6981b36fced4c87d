"""Progress on stderr: one bar per stage."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm

from asr_fair.cli.terminal import say


class ProgressBars:
    """A bar for the stage that is running; a terminal sees it move, a log gets a line now and then."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of `stage` are finished."""
        if stage != self._stage:
            self._close()
            interval_s = 0.2 if sys.stderr.isatty() else 10.0
            self._bar = tqdm(
                total=total, initial=done, desc=stage, unit="", mininterval=interval_s, file=sys.stderr
            )
            self._stage = stage
        self._bar.update(done - self._bar.n)

    def say(self, line: str) -> None:
        """Print a line on stderr, below the bars."""
        self._close()
        self._stage = None
        say(line, err=True)

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
