"""Exchanges within a speaker against scipy and against all of them written out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from fairness_tables import cell, unidentified
from scipy import stats

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations.sign_flip import sign_flip_test, swap_test
from asr_fair.fairness.resampling import streams
from asr_fair.fairness.results import Status


def flipped(differences: object, **settings: object):
    (found,) = sign_flip_test(np.atleast_2d(differences), seed=1, purpose="systems", **settings)
    return found


def swapped(group: Cell, other: Cell, **settings: object):
    (found,) = swap_test([group], [other], seed=1, purpose="handset", **settings)
    return found


def test_sign_flip_by_hand():
    # 3, 5, 8 all one way: of 8 sign patterns only this one and its mirror reach 16.
    found = flipped([3, 5, 8])
    assert (found.statistic, found.p, found.n_arrangements, found.exact) == (16.0, 0.25, 8, True)


@pytest.mark.parametrize("seed", range(3))
def test_sign_flip_of_differences_is_scipys(seed: int):
    differences = np.random.default_rng(seed).integers(-20, 30, 11)
    expected = stats.permutation_test(
        (differences,),
        lambda d, axis: np.abs(d.sum(axis)),
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="greater",
    )
    assert flipped(differences).p == pytest.approx(expected.pvalue, rel=1e-12)


def test_sixteen_speakers_are_enumerated_and_seventeen_drawn():
    rng = np.random.default_rng(3)
    differences = rng.integers(-20, 40, 16)
    exact = flipped(differences)
    assert (exact.exact, exact.n_arrangements) == (True, 2**16)
    drawn = flipped([*differences, 0], n_draws=4000)
    assert (drawn.exact, drawn.n_arrangements) == (False, 4000)
    assert drawn.p == pytest.approx(exact.p, abs=3 * np.sqrt(exact.p * (1 - exact.p) / 4000) + 1e-3)


def test_drawn_flips_hang_on_no_size_of_pieces(monkeypatch: pytest.MonkeyPatch):
    differences = np.random.default_rng(3).integers(-20, 30, (3, 40))
    whole = sign_flip_test(differences, n_draws=1200, seed=1, purpose="systems")
    monkeypatch.setattr(streams, "PIECE", 900)
    assert sign_flip_test(differences, n_draws=1200, seed=1, purpose="systems") == whole


def paired_t(errors: Reals, words: Reals) -> float:
    """|ln W_g − ln W_r| over its error from the speakers' residuals; errors and words (2, K)."""
    totals = errors.sum(axis=1), words.sum(axis=1)
    residuals = (errors.T / totals[0] - words.T / totals[1]) @ [1, -1]
    rates = totals[0] / totals[1]
    return float(abs(np.log(rates[0] / rates[1])) / np.sqrt(np.square(residuals).sum()))


def test_swaps_are_those_written_out():
    rng = np.random.default_rng(5)
    words = rng.integers(50, 400, (2, 7))
    errors = rng.binomial(words, np.array([[0.3], [0.2]]) * rng.uniform(0.5, 1.5, 7))
    null = []
    for swaps in product((False, True), repeat=7):
        e, n = (np.where(swaps, counts[::-1], counts) for counts in (errors, words))
        null.append(paired_t(e, n))
    found = swapped(cell(errors[0], words[0]), cell(errors[1], words[1]))
    assert found.statistic == pytest.approx(null[0], rel=1e-9)
    assert found.p == pytest.approx(np.mean(np.array(null) >= null[0] * (1 - 1e-9)))
    assert found.n_arrangements == 128


def test_speakers_with_one_of_the_tags_only_stay_where_they_are():
    # Speakers 1 to 4 used both handsets; 0 and 5 one each.
    group = cell([9, 30, 22, 41, 35], [100, 120, 90, 130, 110], speakers=[0, 1, 2, 3, 4])
    other = cell([20, 15, 33, 30, 12], [100, 80, 120, 100, 90], speakers=[1, 2, 3, 4, 5])
    found = swapped(group, other)
    assert found.n_arrangements == 16
    e = np.array([[9, 30, 22, 41, 35, 0], [0, 20, 15, 33, 30, 12]])
    n = np.array([[100, 120, 90, 130, 110, 0], [0, 100, 80, 120, 100, 90]])
    null = []
    for swaps in product((False, True), repeat=4):
        here = np.array([False, *swaps, False])
        null.append(paired_t(*(np.where(here, counts[::-1], counts) for counts in (e, n))))
    assert found.p == pytest.approx(np.mean(np.array(null) >= null[0] * (1 - 1e-9)))


def test_pairing_sees_what_speakers_of_unequal_rates_would_hide():
    # Rates from 2 % to 80 %, and every speaker a tenth worse on the second handset.
    words = np.full(12, 1000)
    base = np.linspace(20, 800, 12).astype(int)
    found = swapped(cell(base, words), cell((1.1 * base).astype(int), words))
    assert found.p == pytest.approx(2 / 2**12)


def test_columns_share_their_swaps_and_may_lack_speakers():
    words = [100] * 5
    one, two = cell([10, 20, 30, 40, 50], words), cell([12, 26, 31, 44, 58], words)
    fewer = cell([12, 26, 31], words[:3], speakers=[0, 1, 2])
    silent = cell([0] * 5, words)
    full, part, none = swap_test([one, one, one], [two, fewer, silent], seed=1, purpose="handset")
    assert full == swapped(one, two)
    assert part.p == swapped(one, fewer).p
    assert none.status is Status.NO_COMPARISON


@pytest.mark.parametrize(
    ("group", "other", "status"),
    [
        (unidentified(5, 100), unidentified(6, 100), Status.NO_SPEAKERS),
        (cell([5, 6], [100, 100]), cell([5, 6], [100, 100], speakers=[2, 3]), Status.NO_COMPARISON),
        (cell([5, 6], [100, 100]), cell([5, 6], [100, 100], speakers=[1, 2]), Status.ONE_SPEAKER),
        (cell([1, 0], [0, 0]), cell([5, 6], [100, 100]), Status.NO_REFERENCE_WORDS),
    ],
)
def test_what_cannot_be_swapped_says_why(group: Cell, other: Cell, status: Status):
    found = swapped(group, other)
    assert (found.p, found.status) == (None, status)


def test_no_speakers_no_flips():
    assert flipped(np.zeros((1, 0))).status is Status.NO_COMPARISON


def test_two_systems_that_never_differ_have_p_one():
    assert flipped([0, 0, 0, 0]).p == 1.0
