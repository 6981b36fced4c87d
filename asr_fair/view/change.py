"""How many errors more or fewer than in another condition, or by another system, of the same utterance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asr_fair.fairness.counting.strata import Mask
from asr_fair.records import CLEAN
from asr_fair.view.catalogue import SCORED, Catalogue, Rows
from asr_fair.wording import counted

MOST_CHANGE = 2**15 - 1
"""Beyond it, differences are alike in an order: 16-bit integers are sorted in linear time."""


@dataclass(frozen=True, slots=True)
class Other:
    """What a row is compared with: another condition, another system, or both; None: the row's own."""

    condition: str | None
    system: str | None

    def column(self, column: tuple[str, str]) -> tuple[str, str]:
        """The column that rows of a column are compared with."""
        return self.condition or column[0], self.system or column[1]


def usual_other(catalogue: Catalogue) -> Other | None:
    """Clean, else the first condition; where there is one alone, the first system; None of one column."""
    conditions, systems = catalogue.conditions, catalogue.systems
    if len(conditions) > 1:
        return Other(CLEAN if CLEAN in conditions else conditions[0], None)
    return Other(None, systems[0]) if len(systems) > 1 else None


@dataclass(frozen=True, eq=False)
class Change:
    """Each row against the same utterance in its other column."""

    catalogue: Catalogue
    other: Other

    @cached_property
    def columns(self) -> list[int]:
        """For each column the place of the other one, -1 where there is none or where it is the same."""
        columns = self.catalogue.columns
        places = {column: place for place, column in enumerate(columns)}
        found = [places.get(self.other.column(column), -1) for column in columns]
        return [-1 if place == own else place for own, place in enumerate(found)]

    @cached_property
    def has_both(self) -> Mask:
        """Which rows have a transcript on both sides; shape = (C × U,)."""
        scored = (self.catalogue.losses == SCORED).reshape(len(self.columns), -1)
        found = np.zeros(scored.shape, np.bool_)
        for own, place in enumerate(self.columns):
            if place >= 0:
                found[own] = scored[own] & scored[place]
        both: Mask = found.reshape(-1)
        return both

    @cached_property
    def errors(self) -> NDArray[np.int16]:
        """Errors more than on the other side, 0 where there is none; shape = (C × U,)."""
        errors = self.catalogue.errors.reshape(len(self.columns), -1)
        found = np.zeros(errors.shape, np.int16)
        for own, place in enumerate(self.columns):
            if place >= 0:
                found[own] = np.clip(errors[own] - errors[place], -MOST_CHANGE, MOST_CHANGE)
        return found.reshape(-1)

    def ordered(self, rows: Rows, *, worse_first: bool) -> Rows:
        """Rows by their change; of equal ones the order stays."""
        change = self.errors[rows]
        found: Rows = rows[np.argsort(-change if worse_first else change, kind="stable")]
        return found

    def words(self, row: int) -> str:
        """What people read beside a row that has both."""
        condition, system = self.other.column(self.catalogue.place(row)[1:])
        change = int(self.errors[row])
        if not change:
            return f"as many errors as {condition} · {system}"
        more = "more" if change > 0 else "fewer"
        return f"{counted(abs(change), 'error').replace(' ', f' {more} ', 1)} than {condition} · {system}"
