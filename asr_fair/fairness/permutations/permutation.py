"""Whether two groups of speakers differ: whole speakers change places.

Source: Janssen 1997 and Chung & Romano 2013 for the studentised statistic, which keeps its level in large
groups of unequal spread where the plain one does not; methods section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.contrasts import LOG, Scale
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.linearised import gradient, quadratic, studentise
from asr_fair.fairness.permutations.arrangements import (
    N_ARRANGEMENTS,
    Null,
    PermutationTest,
    Totals,
    comparable,
    null_distributions,
    summarised,
    undefined,
)
from asr_fair.fairness.permutations.units import units_of
from asr_fair.fairness.results import Status


def permutation_test(
    group: Sequence[Cell],
    other: Sequence[Cell],
    *,
    strata: Integers | None = None,
    studentised: bool = True,
    n_draws: int = N_ARRANGEMENTS,
    seed: int,
    purpose: str,
) -> list[PermutationTest]:
    """Whether two groups of speakers differ, two-sided, in each column; one set of arrangements for all.

    The statistic is |ln W_g − ln W_r|, studentised by its linearised standard error. The jackknife's would
    need every speaker in every arrangement and does no better: at 5 % and without a difference, 6 against 20
    speakers with σ_u .8 and .3, the plain ratio rejected .215, the linearised t .101, the jackknife's .099
    (1,500 runs); with a ratio of 1.8 and equal spread .629, .578 and .557 (1,000 runs).

    Parameters
    ----------
    group, other
        The cell of each column, alike in order. Speakers in both groups stay in both, whatever the
        arrangement; where tags vary within speakers use `sign_flip.swap_test`.
    strata
        A nuisance label by speaker number: labels are exchanged among speakers of one stratum only.
    studentised
        False reproduces tests of the plain ln ratio.
    """
    statuses = statuses_of(group, other, studentised=studentised)
    if not any(status is Status.OK for status in statuses):
        return [undefined(status) for status in statuses]
    statistic = partial(log_ratio, studentised=studentised)
    (null,) = null_distributions(
        [statistic], units_of((group, other), strata), n_draws=n_draws, seed=seed, purpose=purpose
    )
    return tests_where_defined(null, statuses)


def log_ratio(totals: Totals, *, studentised: bool = True) -> Reals:
    """|ln W_0 − ln W_1| of two groups, studentised or plain, shape (C, n)."""
    distance: Reals = np.abs(difference(totals, LOG, studentised=studentised))
    return distance


def difference(totals: Totals, scale: Scale, *, studentised: bool = True) -> Reals:
    """f(W_0) − f(W_1) of two groups, f the scale's `forward`, studentised or plain, shape (C, n)."""
    errors, words = totals.errors, totals.words
    with np.errstate(divide="ignore", invalid="ignore"):
        on_scale = scale.forward(errors / words)
        found: Reals = on_scale[:, 0] - on_scale[:, 1]
        if studentised:
            squares = quadratic(np.array(gradient(1, errors, words, scale)), totals.products)
            variance = np.tensordot(totals.sizes / (totals.sizes - 1), squares, axes=(0, 1))
            found = studentise(found, variance)
    return found


def log_ratio_to_rest(totals: Totals, *, group: int) -> Reals:
    """`log_ratio` of one of several groups, which share no speaker, to all others together."""

    def two(sums: Reals, axis: int) -> Reals:
        own = sums.take([group], axis)
        return np.concatenate([own, sums.sum(axis, keepdims=True) - own], axis)

    return log_ratio(
        Totals(two(totals.errors, 1), two(totals.words, 1), two(totals.products, 2), two(totals.sizes, 0))
    )


def tests_where_defined(null: Null, statuses: Sequence[Status]) -> list[PermutationTest]:
    """The test of each column, one statistic a column, or why there is none."""
    return [
        test if status is Status.OK else undefined(status)
        for status, test in zip(statuses, summarised(null), strict=True)
    ]


def statuses_of(group: Sequence[Cell], other: Sequence[Cell], *, studentised: bool = True) -> list[Status]:
    """Why there is no test between the two cells of each column; OK where there is."""
    return [_status(*cells, studentised=studentised) for cells in zip(group, other, strict=True)]


def _status(group: Cell, other: Cell, *, studentised: bool) -> Status:
    status = comparable(group, other)
    alone = 1 in (len(group.speakers), len(other.speakers))
    return Status.ONE_SPEAKER if status is Status.OK and studentised and alone else status
