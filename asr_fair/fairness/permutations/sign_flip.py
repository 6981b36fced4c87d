"""Tests for two measurements of the same speakers: within each speaker the two may change places.

Two systems over the same words, or two tags that both occur within a speaker (handset, condition). If
nothing distinguishes them, a speaker's two are as likely to stand the other way round, whatever the
speakers' own rates. All 2^K ways are enumerated up to 16 speakers. Source: Fisher 1935; methods section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.contrasts import LOG
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.linearised import gradient, pairs, quadratic, studentise
from asr_fair.fairness.permutations.arrangements import (
    N_ARRANGEMENTS,
    PermutationTest,
    comparable,
    summarise,
    undefined,
)
from asr_fair.fairness.permutations.units import MOST_ENUMERATED
from asr_fair.fairness.resampling.exact_sums import Rows
from asr_fair.fairness.resampling.streams import Stream, in_streams, pieces
from asr_fair.fairness.results import Status


def sign_flip_test(
    differences: Integers | Reals, *, n_draws: int = N_ARRANGEMENTS, seed: int, purpose: str
) -> list[PermutationTest]:
    """Whether two systems make as many errors on the same words, two-sided, in each column.

    Parameters
    ----------
    differences
        d_s = e_A,s − e_B,s of each speaker, shape (n_columns, K). The statistic is |Σ d_s|; studentising it
        would change nothing, as Σ d_s² is the same whatever the signs.
    """
    values = np.asarray(differences, np.float64)
    if not values.shape[1]:
        return [undefined(Status.NO_COMPARISON)] * len(values)
    observed = np.abs(values.sum(axis=1))
    null, exact = _null(
        lambda flips: np.abs(values.sum(axis=1, keepdims=True) - 2.0 * values @ flips.T),
        values.shape[1],
        n_draws,
        seed,
        purpose,
    )
    return [summarise(value, row, exact=exact) for value, row in zip(observed.tolist(), null, strict=True)]


def swap_test(
    group: Sequence[Cell],
    other: Sequence[Cell],
    *,
    n_draws: int = N_ARRANGEMENTS,
    seed: int,
    purpose: str,
) -> list[PermutationTest]:
    """Whether two tags within the same speakers differ, two-sided, in each column; one set of swaps for all.

    A speaker's counts under one tag and under the other change places, words with errors. The statistic is
    |ln W_g − ln W_r| over its paired linearised standard error. A speaker in one of the two cells only stays
    there, whatever the swaps; without a speaker in both there is nothing to compare.

    Parameters
    ----------
    group, other
        The cell of each column, alike in order.
    """
    statuses = [_status(*cells) for cells in zip(group, other, strict=True)]
    if all(status is not Status.OK for status in statuses):
        return [undefined(status) for status in statuses]
    usable = [status is Status.OK for status in statuses]
    base, change, n_speakers = _swappable(
        [cell for cell, use in zip(group, usable, strict=True) if use],
        [cell for cell, use in zip(other, usable, strict=True) if use],
    )

    changes = Rows.of(change.reshape(-1, n_speakers), n_speakers)

    def statistic(flips: Reals) -> Reals:
        return _studentised_difference(base[..., None] + changes.times(flips).reshape(*base.shape, -1))

    null, exact = _null(statistic, n_speakers, n_draws, seed, purpose)
    observed = _studentised_difference(base[..., None])[:, 0]
    found = iter(
        [summarise(value, row, exact=exact) for value, row in zip(observed.tolist(), null, strict=True)]
    )
    return [next(found) if status is Status.OK else undefined(status) for status in statuses]


def _studentised_difference(totals: Reals) -> Reals:
    """Studentised |ln W_g − ln W_r|, (C, n), from (14, C, n): four counts and their ten products.

    The factor K/(K − 1) of the variance is left out: it is the same in every arrangement.
    """
    counts, products = totals[:4], totals[4:]
    errors, words = counts[0::2], counts[1::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.log(errors[0] / words[0]) - np.log(errors[1] / words[1])
        gradients = [
            each
            for sign, e, n in zip((1, -1), errors, words, strict=True)
            for each in gradient(sign, e, n, LOG)
        ]
        return np.abs(studentise(difference, quadratic(np.array(gradients), products)))


def _swappable(group: Sequence[Cell], other: Sequence[Cell]) -> tuple[Reals, Reals, int]:
    """Sums (14, C), what each swap adds to them (14, C, K), and K, the speakers in both cells of a column.

    The 14 are errors and words of one side and of the other, and their products in the order of `pairs(4)`.
    """
    both = [np.intersect1d(one.speakers, two.speakers) for one, two in zip(group, other, strict=True)]
    swapped = np.unique(np.concatenate(both))
    base = np.zeros((14, len(group)))
    change = np.zeros((14, len(group), len(swapped)))
    for column, (one, two, speakers) in enumerate(zip(group, other, both, strict=True)):
        everyone = np.union1d(one.speakers, two.speakers)
        counts = np.zeros((4, len(everyone)))
        for row, cell in ((0, one), (2, two)):
            counts[row : row + 2, np.searchsorted(everyone, cell.speakers)] = cell.errors, cell.words
        straight, crossed = _with_products(counts), _with_products(counts[[2, 3, 0, 1]])
        base[:, column] = straight.sum(axis=1)
        at = np.searchsorted(everyone, speakers)
        change[:, column, np.searchsorted(swapped, speakers)] = (crossed - straight)[:, at]
    return base, change, len(swapped)


def _with_products(counts: Reals) -> Reals:
    """Counts (4, K) and below them their ten products, (14, K)."""
    products = [counts[i] * counts[j] for i, j in pairs(len(counts))]
    return np.concatenate([counts, products])


def _null(
    statistic: Callable[[Reals], Reals], n_speakers: int, n_draws: int, seed: int, purpose: str
) -> tuple[Reals, bool]:
    """The statistic (C, n) over all flips, or over drawn ones; flips come as 0 or 1, shape (n, K)."""

    def of_drawn(stream: Stream) -> Reals:
        rng, some = stream.rng(), pieces(stream.n, n_speakers)
        parts = (rng.random((part.stop - part.start, n_speakers)) < 0.5 for part in some)
        return np.concatenate([statistic(flips.astype(np.float64)) for flips in parts], axis=1)

    exact = 2**n_speakers <= MOST_ENUMERATED
    null = (
        [statistic(flips) for flips in _enumerated(n_speakers)]
        if exact
        else in_streams(of_drawn, n_draws, seed=seed, purpose=purpose)
    )
    return np.concatenate(null, axis=1), exact


def _enumerated(n_speakers: int) -> Iterator[Reals]:
    for piece in pieces(2**n_speakers, n_speakers):
        numbers = np.arange(piece.start, piece.stop)
        yield (numbers[:, None] >> np.arange(n_speakers) & 1).astype(np.float64)


def _status(group: Cell, other: Cell) -> Status:
    """Why two cells cannot be swapped; OK where they can."""
    status = comparable(group, other)
    if status is not Status.OK:
        return status
    shared = len(np.intersect1d(group.speakers, other.speakers))
    if not shared:
        return Status.NO_COMPARISON
    return Status.ONE_SPEAKER if shared == 1 else Status.OK
