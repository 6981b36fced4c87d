"""The rows of a model: the errors and words of one speaker, the group, and what else may matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from asr_fair.fairness.counting.strata import Integers, Mask
from asr_fair.fairness.estimates.jackknife import Reals


@dataclass(frozen=True, eq=False)
class Numeric:
    """A number per row, shape (n,); not finite where it is not known."""

    name: str
    values: Reals

    @cached_property
    def known(self) -> Mask:
        """Rows that have a value, shape (n,)."""
        known: Mask = np.isfinite(self.values)
        return known

    def at(self, rows: Integers) -> Numeric:
        """The values of some rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, eq=False)
class Categorical:
    """A level per row as its position in `levels`, shape (n,); −1 where it is not known.

    Ratios are against `reference`, which is declared and need not occur in the rows.
    """

    name: str
    codes: Integers
    levels: tuple[str, ...]
    reference: str

    @cached_property
    def known(self) -> Mask:
        """Rows that have a level, shape (n,)."""
        known: Mask = self.codes >= 0
        return known

    def at(self, rows: Integers) -> Categorical:
        """The levels of some rows."""
        return replace(self, codes=self.codes[rows])

    @property
    def reference_code(self) -> int | None:
        """Position of the reference; None where it is not among the levels."""
        return self.levels.index(self.reference) if self.reference in self.levels else None


Covariate: TypeAlias = Numeric | Categorical


@dataclass(frozen=True, eq=False)
class Observations:
    """Rows of a model: totals of a speaker under a condition, or single utterances.

    Attributes
    ----------
    errors
        S + D + I, shape (n,). In totals they include the insertions of empty references.
    words
        Reference words, shape (n,).
    speakers
        Number of the speaker (or of the declared coarser cluster), shape (n,).
    groups
        The group of each row, with the declared reference.
    covariates
        Nuisance covariates such as topic, device or SNR. Never mediators: what being in the group itself
        brings about (a dialect's words, say) explains the gap away when it is adjusted for.
    """

    errors: Integers
    words: Integers
    speakers: Integers
    groups: Categorical
    covariates: tuple[Covariate, ...] = ()

    def at(self, rows: Integers) -> Observations:
        """Some of the rows, in this order."""
        return Observations(
            errors=self.errors[rows],
            words=self.words[rows],
            speakers=self.speakers[rows],
            groups=self.groups.at(rows),
            covariates=tuple(each.at(rows) for each in self.covariates),
        )


class Dropped(NamedTuple):
    """Rows that no model can use; alike in adjusted and unadjusted models, so that the two compare."""

    without_words: int = 0
    """Rows without reference words: no rate, and ln 0 as offset."""
    errors_without_words: int = 0
    """Errors in them."""
    incomplete: int = 0
    """Other rows whose group or one of whose covariates is not known."""


def usable_rows(observations: Observations) -> tuple[Mask, Dropped]:
    """Rows with words, a group and all covariates, shape (n,), and what was dropped."""
    worded = observations.words > 0
    complete = np.logical_and.reduce(
        [observations.groups.known, *(covariate.known for covariate in observations.covariates)]
    )
    dropped = Dropped(
        without_words=int((~worded).sum()),
        errors_without_words=int(observations.errors[~worded].sum()),
        incomplete=int((worded & ~complete).sum()),
    )
    return worded & complete, dropped
