"""Whether any of several groups differs at all: permutation of whole speakers among all of them.

Two statistics, each with its mean under the permutation. Max−min has no other meaning than beside that
mean: without any disparity and with few speakers a group it is far from zero (methods sections 0, 3, 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations.arrangements import (
    N_ARRANGEMENTS,
    Null,
    PermutationTest,
    Totals,
    null_distributions,
    summarised,
    undefined,
)
from asr_fair.fairness.permutations.units import units_of
from asr_fair.fairness.results import Status


@dataclass(frozen=True, slots=True)
class Omnibus:
    """Both statistics of one column."""

    variance: PermutationTest
    """Σ w_g (W_g − W)² / Σ w, w the reference words: the square of the weighted deviation."""
    spread: PermutationTest
    """max W_g − min W_g."""


def weighted_variance(errors: Reals, words: Reals) -> Reals:
    """Σ w_g (W_g − W)² / Σ w over groups on axis −2, shape (..., G, n) to (..., n); W is the pooled rate.

    Groups without words weigh nothing.
    """
    rates = _rates(errors, words)
    total = words.sum(axis=-2, keepdims=True)
    pooled = errors.sum(axis=-2, keepdims=True) / total
    found: Reals = np.nansum(words * np.square(rates - pooled) / total, axis=-2)
    return found


def max_minus_min(errors: Reals, words: Reals) -> Reals:
    """The largest less the smallest rate over groups on axis −2 that have words, (..., G, n) to (..., n)."""
    rates = _rates(errors, words)
    spread: Reals = np.fmax.reduce(rates, axis=-2) - np.fmin.reduce(rates, axis=-2)
    return spread


def omnibus_test(
    groups: Sequence[Sequence[Cell]],
    *,
    strata: Integers | None = None,
    n_draws: int = N_ARRANGEMENTS,
    seed: int,
    purpose: str,
) -> list[Omnibus]:
    """Both tests in each column; one set of arrangements for all.

    Parameters
    ----------
    groups
        The cells of each group, one a column, alike in order. Speakers of several groups stay in each of
        them, whatever the arrangement.
    strata
        A nuisance label by speaker number: labels are exchanged among speakers of one stratum only.
    """
    (null,) = null_distributions(
        [spreads], units_of(groups, strata), n_draws=n_draws, seed=seed, purpose=purpose
    )
    return read_omnibus(null, groups)


def spreads(totals: Totals) -> Reals:
    """Both statistics, first one then the other in all columns, shape (2C, n)."""
    errors, words = totals.errors, totals.words
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([weighted_variance(errors, words), max_minus_min(errors, words)])


def read_omnibus(null: Null, groups: Sequence[Sequence[Cell]]) -> list[Omnibus]:
    """Both tests in each column of the groups' cells, from the distribution of `spreads`."""
    tests = list(summarised(null))
    columns = list(zip(*groups, strict=True))
    variances, ranges = tests[: len(columns)], tests[len(columns) :]
    statuses = [_status(cells) for cells in columns]
    return [
        Omnibus(*both) if status is Status.OK else Omnibus(undefined(status), undefined(status))
        for status, *both in zip(statuses, variances, ranges, strict=True)
    ]


def _rates(errors: Reals, words: Reals) -> Reals:
    """Rates, NaN in groups without words."""
    rates: Reals = errors / np.where(words > 0, words, np.nan)
    return rates


def _status(cells: Sequence[Cell]) -> Status:
    """Why there is no test between these groups; OK where there is."""
    if not all(cell.identified for cell in cells):
        return Status.NO_SPEAKERS
    return Status.OK if sum(cell.n_words > 0 for cell in cells) > 1 else Status.NO_COMPARISON
