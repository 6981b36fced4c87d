"""How extreme a statistic is among all ways to hand out the labels that speakers have.

If groups are alike, a speaker's label says nothing of the speaker's counts, and every arrangement of the
labels (`permutations.units`) was as likely as the one seen: p is the share of arrangements at least as
extreme as that one. Drawn arrangements give (1 + #) / (R + 1), which is never 0 and keeps the level
(Phipson & Smyth 2010).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations.units import Labels, Units, enumerated, shuffled
from asr_fair.fairness.resampling.exact_sums import Rows
from asr_fair.fairness.resampling.streams import Stream, in_streams
from asr_fair.fairness.results import Status

N_ARRANGEMENTS = 20_000
"""Drawn where they are too many to enumerate, for published figures (methods section 5)."""

DRAWS_PER_MEMBER = 100
"""Drawn arrangements of each member of a family: Holm multiplies the smallest p, one in so many, by their
number."""

TIE = 1e-9
"""Statistics closer than this, as a share, are equal but for rounding; equal ones are as extreme."""


class Totals(NamedTuple):
    """Sums over the speakers of each of G groups in n arrangements, for C columns."""

    errors: Reals
    """Shape (C, G, n)."""
    words: Reals
    """Shape (C, G, n)."""
    products: Reals
    """Σe², Σe·N and ΣN², as `linearised.quadratic` takes them, shape (3, C, G, n)."""
    sizes: Reals
    """Speakers of each group, shape (G,)."""


GroupStatistic: TypeAlias = Callable[[Totals], Reals]
"""From sums by group to some statistics, shape (n_statistics, n); NaN where one is undefined."""


class Null(NamedTuple):
    """Statistics in the data, shape (n_statistics,), and in n arrangements, shape (n_statistics, n)."""

    observed: Reals
    draws: Reals
    exact: bool
    """Whether these are all the arrangements that there are."""


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """How extreme a statistic is among its arrangements; all None where it is undefined in the data."""

    statistic: float | None
    p: float | None
    null_mean: float | None
    """Mean of the statistic over the arrangements in which it is finite."""
    n_arrangements: int
    exact: bool
    n_undefined: int = 0
    """Arrangements without a statistic, for instance with no words in a group: taken as extreme."""
    status: Status = Status.OK

    @property
    def method(self) -> str:
        """How p was found."""
        return "permutation-exact" if self.exact else "permutation-monte-carlo"


def comparable(group: Cell, other: Cell) -> Status:
    """Why ln W_g − ln W_r is not defined, or says nothing of speakers; OK where it does."""
    if not (group.identified and other.identified):
        return Status.NO_SPEAKERS
    if group.n_words == 0:
        return Status.NO_REFERENCE_WORDS
    if other.n_words == 0 or group.n_errors == 0 or other.n_errors == 0:
        return Status.NO_COMPARISON
    return Status.OK


def null_distributions(
    statistics: Sequence[GroupStatistic], units: Units, *, n_draws: int, seed: int, purpose: str
) -> list[Null]:
    """Each of the statistics in the data and in every arrangement; one set of arrangements for all."""
    sums_of = _summing(units)

    def in_all(arrangements: Iterable[Labels]) -> list[Reals]:
        found = [[each(sums) for each in statistics] for sums in map(sums_of, arrangements)]
        return _joined(found)

    def in_drawn(stream: Stream) -> list[Reals]:
        return in_all(shuffled(units, stream.n, stream.rng()))

    exact = units.few_arrangements
    draws = (
        in_all(enumerated(units))
        if exact
        else _joined(in_streams(in_drawn, n_draws, seed=seed, purpose=purpose))
    )
    observed = in_all([units.labels[None]])
    return [Null(seen[:, 0], drawn, exact) for seen, drawn in zip(observed, draws, strict=True)]


def draws_for_family(n_draws: int, family_size: float) -> int:
    """`n_draws`, or so many that the smallest p, adjusted over a family, can fall below .01."""
    return max(n_draws, DRAWS_PER_MEMBER * math.ceil(family_size))


def totals_seen(units: Units) -> Totals:
    """Sums by group as the labels are: one arrangement, n = 1."""
    return _summing(units)(units.labels[None])


def summarise(observed: float, null: Reals, *, exact: bool) -> PermutationTest:
    """The share of `null`, shape (n,), at least as large as `observed`; undefined arrangements included."""
    if math.isnan(observed):
        return undefined(Status.NO_INTERVAL)
    nothing = np.isnan(null)
    slack = TIE * abs(observed) if math.isfinite(observed) else 0.0
    extreme = int((nothing | (null >= observed - slack)).sum())
    finite = null[np.isfinite(null)]
    return PermutationTest(
        statistic=observed if math.isfinite(observed) else None,
        p=extreme / len(null) if exact else (1 + extreme) / (len(null) + 1),
        null_mean=float(finite.mean()) if len(finite) else None,
        n_arrangements=len(null),
        exact=exact,
        n_undefined=int(nothing.sum()),
    )


def summarised(null: Null) -> Iterator[PermutationTest]:
    """The test of each of the statistics."""
    for observed, draws in zip(null.observed.tolist(), null.draws, strict=True):
        yield summarise(observed, draws, exact=null.exact)


def undefined(status: Status) -> PermutationTest:
    """A test that this data does not allow, and why."""
    return PermutationTest(None, None, None, n_arrangements=0, exact=False, status=status)


def _summing(units: Units) -> Callable[[Labels], Totals]:
    """A function from n arrangements (n, U) to their sums by group."""
    errors, words = units.errors.astype(np.float64), units.words.astype(np.float64)
    rows = Rows.of(
        (row for each in (errors, words, errors**2, errors * words, words**2) for row in each),
        len(units.labels),
    )
    everyone = rows.times(np.ones((1, len(units.labels))))

    def sums_of(labels: Labels) -> Totals:
        sums = np.empty((len(everyone), units.n_groups, len(labels)))
        for group in range(1, units.n_groups):
            sums[:, group] = rows.times((labels == group).astype(np.float64))
        sums[:, 0] = everyone - sums[:, 1:].sum(axis=1)
        errors, words, *products = sums.reshape(5, -1, *sums.shape[1:])
        return Totals(errors, words, np.array(products), units.sizes)

    return sums_of


def _joined(parts: Sequence[Sequence[Reals]]) -> list[Reals]:
    """Statistics of consecutive arrangements, as one array for each."""
    return [np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)]
