"""Shares that were simulated, what is asked of them, and Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

TOLERANCE = 3.0
"""Monte Carlo errors by which a simulated share may miss its limit: one in 700 would do so by chance."""


@dataclass(frozen=True, slots=True)
class Share:
    """How often something happened in `n_runs` simulated data sets, and the limits that it must keep."""

    happened: int
    n_runs: int
    least: float | None = None
    most: float | None = None

    @property
    def value(self) -> float:
        """The share itself."""
        return self.happened / self.n_runs

    @property
    def error(self) -> float:
        """Its Monte Carlo standard error, never taken as 0."""
        spread = max(self.value * (1 - self.value), 1 / self.n_runs)
        return math.sqrt(spread / self.n_runs)

    @property
    def passes(self) -> bool:
        """Whether the limits hold within `TOLERANCE` Monte Carlo errors; true where there are none."""
        slack = TOLERANCE * self.error
        too_low = self.least is not None and self.value < self.least - slack
        too_high = self.most is not None and self.value > self.most + slack
        return not (too_low or too_high)

    def __str__(self) -> str:
        text = f"{self.value:.3f} ± {self.error:.3f}"
        return text if self.passes else f"**{text}**"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what was simulated, and the shares found."""

    labels: tuple[str, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `note` says what is simulated and what is asked of it."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: Sequence[Row]

    @property
    def failures(self) -> int:
        """Shares outside their limits."""
        return sum(not share.passes for row in self.rows for share in row.shares)

    def markdown(self) -> Iterator[str]:
        """The table, line by line."""
        yield from (f"## {self.title}", "", self.note, "")
        yield _line(self.head)
        yield _line("-" for _ in self.head)
        for row in self.rows:
            yield _line((*row.labels, *map(str, row.shares)))
        yield ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
