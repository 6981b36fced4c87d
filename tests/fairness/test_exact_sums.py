"""Sums over speakers as matrix products: exact, and each different row only once."""

from __future__ import annotations

import numpy as np

from asr_fair.fairness.resampling.exact_sums import Rows


def test_sums_are_those_of_whole_numbers_to_the_last_digit():
    rng = np.random.default_rng(3)
    # Totals near 2**53, where float64 has no digit to spare.
    values = rng.integers(0, 10**12, (6, 40))
    times = rng.integers(0, 200, (9, 40))
    found = Rows.of(values.astype(float), 40).times(times.astype(float))
    exact = [
        [sum(int(v) * int(t) for v, t in zip(row, draw, strict=True)) for draw in times] for row in values
    ]
    assert found.astype(int).tolist() == exact


def test_a_row_that_occurs_twice_is_multiplied_once():
    words, errors = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0, 3.0])
    rows = Rows.of([words, errors, words.copy(), words.copy()], 3)
    assert rows.distinct.shape == (2, 3)
    assert rows.times(np.array([[1.0, 0.0, 2.0]])).tolist() == [[70.0], [7.0], [70.0], [70.0]]


def test_no_row_has_no_sum():
    assert Rows.of([], 3).times(np.ones((5, 3))).shape == (0, 5)
