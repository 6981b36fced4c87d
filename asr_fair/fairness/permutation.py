"""Whether two groups of speakers differ: whole speakers change places.

Source: Janssen 1997 and Chung & Romano 2013 for the studentised statistic, which keeps its level in large
groups of unequal spread where the plain one does not; methods section 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asr_fair.fairness.arrangements import (
    N_DRAWS,
    PermutationTest,
    comparable,
    group_totals,
    null_distribution,
    summarise,
    undefined,
    units_of,
)
from asr_fair.fairness.contrasts import LOG
from asr_fair.fairness.jackknife import Reals
from asr_fair.fairness.linearised import gradient, quadratic, studentise
from asr_fair.fairness.results import Status
from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers


def permutation_test(
    group: Sequence[Cell],
    other: Sequence[Cell],
    *,
    strata: Integers | None = None,
    studentised: bool = True,
    n_draws: int = N_DRAWS,
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
    statuses = [_status(*cells, studentised=studentised) for cells in zip(group, other, strict=True)]
    if not any(status is Status.OK for status in statuses):
        return [undefined(status) for status in statuses]
    units = units_of((group, other), strata)
    sizes = np.bincount(units.labels, minlength=2)
    amounts = [units.errors, units.words]
    if studentised:
        amounts += [units.errors**2, units.errors * units.words, units.words**2]

    def statistic(totals: Reals) -> Reals:
        errors, words, *products = totals.reshape(len(amounts), -1, *totals.shape[1:])
        with np.errstate(divide="ignore", invalid="ignore"):
            log_rates = np.log(errors / words)
            difference = log_rates[:, 0] - log_rates[:, 1]
            if studentised:
                squares = quadratic(np.array(gradient(1, errors, words, LOG)), np.array(products))
                variance = np.tensordot(sizes / (sizes - 1), squares, axes=(0, 1))
                difference = studentise(difference, variance)
        distance: Reals = np.abs(difference)
        return distance

    null, exact = null_distribution(
        statistic, np.concatenate(amounts), units, n_draws=n_draws, seed=seed, purpose=purpose
    )
    observed = statistic(group_totals(np.concatenate(amounts), units.labels[None], 2))[:, 0]
    return [
        summarise(value, row, exact=exact) if status is Status.OK else undefined(status)
        for status, value, row in zip(statuses, observed, null, strict=True)
    ]


def _status(group: Cell, other: Cell, *, studentised: bool) -> Status:
    """Why there is no test between two cells; OK where there is."""
    status = comparable(group, other)
    alone = 1 in (len(group.speakers), len(other.speakers))
    return Status.ONE_SPEAKER if status is Status.OK and studentised and alone else status
