"""Who is told how far a long piece of work has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Tell: TypeAlias = Callable[[str], None]
"""Takes a line for whoever watches."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the transcription goes, beside the number done; None where nothing is known yet."""

    audio_s_per_s: float | None = None
    """Seconds of audio transcribed in a second, by all workers together."""
    remaining_s: float | None = None
    n_lost: int = 0
    n_requests: int = 0
    """To hosted engines, since this start."""
    cost: str | None = None
    """What they charge for them, such as '1.23 USD'."""


class Progress(Protocol):
    """Told how far a stage has come."""

    def __call__(self, stage: str, done: int, total: int, pace: Pace | None = None) -> None:
        """`done` of `total` steps of `stage` are finished."""


def no_progress(stage: str, done: int, total: int, pace: Pace | None = None) -> None:
    """Say nothing."""


def tell_nobody(line: str) -> None:
    """Say nothing."""
