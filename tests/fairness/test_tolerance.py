"""Tolerance in dB of a curve: monotone fits, crossings, and what is censored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from asr_fair.fairness.noise.tolerance import Tolerances, cleaner_by, falling_fit, tolerances

INF = np.inf
AT = [-5.0, 0.0, 5.0, 10.0]
WORDS = np.full(4, 100)
POINTS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=7)


def ends(found: Tolerances) -> tuple[float, float]:
    return float(found.low), float(found.high)


def of(low: float, high: float) -> Tolerances:
    return Tolerances(np.array(low), np.array(high))


@settings(max_examples=50, deadline=None)
@given(POINTS)
def test_fit_is_that_of_scipys_weighted_isotonic_regression(points: list[tuple[int, int]]) -> None:
    errors, words = np.array(points).T
    oracle = isotonic_regression(errors / words, weights=words, increasing=False).x
    assert falling_fit(errors, words) == pytest.approx(oracle, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(POINTS.filter(lambda points: len(points) > 1), st.floats(0.01, 1.0))
@example([(2, 4), (1, 4)], 0.5)
@example([(0, 1), (2, 1), (0, 1)], 1.0)
def test_tolerance_is_where_numpy_interpolates_the_oracles_fit_to_the_limit(
    points: list[tuple[int, int]], limit: float
) -> None:
    errors, words = np.array(points).T
    at = 3.0 * np.arange(len(points))
    fit = isotonic_regression(errors / words, weights=words, increasing=False).x
    # A limit on a rate is kept; one that is off it by rounding alone, the oracle and we may read differently.
    assume(all(distance == 0 or distance > 1e-9 for distance in np.abs(fit - limit)))
    low, high = ends(tolerances(errors, words, at, limit))
    fine = np.linspace(at[0], at[-1], 3_001)
    within = np.interp(fine, at, fit) <= limit + 1e-12
    if low == high:
        assert fine[within][0] == pytest.approx(low, abs=2 * (fine[1] - fine[0]))
    else:
        assert (low, high) == ((-INF, at[0]) if within.all() else (at[-1], INF))


@settings(max_examples=50, deadline=None)
@given(st.lists(POINTS.filter(lambda points: len(points) == 3), min_size=1, max_size=5), st.floats(0.01, 1.0))
def test_draws_are_read_off_as_if_alone(curves: list[list[tuple[int, int]]], limit: float) -> None:
    errors, words = np.moveaxis(np.array(curves), -1, 0)
    together = tolerances(errors, words, AT[:3], limit)
    for number in range(len(curves)):
        alone = tolerances(errors[number], words[number], AT[:3], limit)
        assert (together.low[number], together.high[number]) == (alone.low, alone.high)


@pytest.mark.parametrize(
    ("errors", "limit", "low", "high"),
    [
        ([60, 40, 20, 10], 0.30, 2.5, 2.5),  # halfway from .40 at 0 dB to .20 at 5 dB
        ([60, 40, 20, 10], 0.20, 5.0, 5.0),
        ([60, 40, 20, 10], 0.60, -INF, -5.0),
        ([60, 40, 20, 10], 0.05, 10.0, INF),
        ([60, 20, 40, 10], 0.30, 0.0, 0.0),  # .20 and .40 are pooled to .30
        ([0, 0, 0, 0], 0.10, -INF, -5.0),
        ([130, 110, 20, 10], 1.0, 0.0 + 5 * 10 / 90, 0.0 + 5 * 10 / 90),  # insertions: more errors than words
    ],
)
def test_tolerance_is_where_the_fitted_line_meets_the_limit(
    errors: list[int], limit: float, low: float, high: float
) -> None:
    assert ends(tolerances(np.array(errors), WORDS, AT, limit)) == pytest.approx((low, high))


@pytest.mark.parametrize(("limit", "expected"), [(0.4, (-INF, 5.0)), (0.2, (5.0, INF))])
def test_a_single_snr_tells_one_side_only(limit: float, expected: tuple[float, float]) -> None:
    assert ends(tolerances(np.array([30]), np.array([100]), [5.0], limit)) == expected


def test_draw_without_words_at_an_snr_is_not_known() -> None:
    found = tolerances(np.array([60, 40, 20, 10]), np.array([100, 0, 100, 100]), AT, 0.3)
    assert ends(found) == (-INF, INF)


@pytest.mark.parametrize(
    ("group", "other", "expected"),
    [
        (of(7, 7), of(4, 4), (3, 3)),
        (of(10, INF), of(4, 4), (6, INF)),
        (of(-INF, -5), of(4, 4), (-INF, -9)),
        (of(7, 7), of(-INF, -5), (12, INF)),
        (of(10, INF), of(10, INF), (-INF, INF)),
        (of(10, INF), of(-INF, -5), (15, INF)),
    ],
)
def test_difference_of_censored_tolerances_keeps_what_is_known(
    group: Tolerances, other: Tolerances, expected: tuple[float, float]
) -> None:
    assert ends(cleaner_by(group, other)) == expected
