"""Tolerance in dB: monotone fits, crossings, and what is censored."""

from __future__ import annotations

import numpy as np
import pytest
from fairness_tables import cell
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from asr_fair.fairness.tolerance import (
    Tolerances,
    at_least,
    cleaner_by,
    curve_counts,
    describe,
    falling_fit,
    tolerance_bounds,
    tolerances,
)

AT = [-5.0, 0.0, 5.0, 10.0]
WORDS = np.full(4, 100)
POINTS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=7)


@settings(max_examples=50, deadline=None)
@given(POINTS)
def test_fit_is_that_of_scipys_weighted_isotonic_regression(points: list[tuple[int, int]]) -> None:
    errors, words = np.array(points).T
    oracle = isotonic_regression(errors / words, weights=words, increasing=False).x
    assert falling_fit(errors, words) == pytest.approx(oracle, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(POINTS.filter(lambda points: len(points) == 3), min_size=1, max_size=5), st.floats(0.01, 1.0))
def test_draws_are_read_off_as_if_alone(curves: list[list[tuple[int, int]]], limit: float) -> None:
    errors, words = np.moveaxis(np.array(curves), -1, 0)
    together = tolerances(errors, words, AT[:3], limit)
    for number in range(len(curves)):
        alone = tolerances(errors[number], words[number], AT[:3], limit)
        assert (together.low[number], together.high[number]) == (alone.low, alone.high)


@pytest.mark.parametrize(
    ("errors", "limit", "low", "high", "text"),
    [
        ([60, 40, 20, 10], 0.30, 2.5, 2.5, "2.5 dB"),  # halfway from .40 at 0 dB to .20 at 5 dB
        ([60, 40, 20, 10], 0.20, 5.0, 5.0, "5.0 dB"),
        ([60, 40, 20, 10], 0.60, -np.inf, -5.0, "< -5.0 dB"),
        ([60, 40, 20, 10], 0.05, 10.0, np.inf, "> 10.0 dB"),
        ([60, 20, 40, 10], 0.30, 0.0, 0.0, "0.0 dB"),  # .20 and .40 are pooled to .30
        ([0, 0, 0, 0], 0.10, -np.inf, -5.0, "< -5.0 dB"),
    ],
)
def test_tolerance_is_where_the_fitted_line_meets_the_limit(
    errors: list[int], limit: float, low: float, high: float, text: str
) -> None:
    found = tolerances(np.array(errors), WORDS, AT, limit)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high))
    assert describe(found) == text


@pytest.mark.parametrize(("limit", "text"), [(0.4, "< 5.0 dB"), (0.2, "> 5.0 dB")])
def test_a_single_snr_tells_one_side_only(limit: float, text: str) -> None:
    assert describe(tolerances(np.array([30]), np.array([100]), [5.0], limit)) == text


def test_draw_without_words_at_an_snr_is_not_known() -> None:
    found = tolerances(np.array([60, 40, 20, 10]), np.array([100, 0, 100, 100]), AT, 0.3)
    assert (float(found.low), float(found.high)) == (-np.inf, np.inf)
    assert describe(found) == "not known"


def test_difference_of_censored_tolerances_keeps_what_is_known() -> None:
    def of(low: float, high: float) -> Tolerances:
        return Tolerances(np.array(low), np.array(high))

    inf = np.inf
    assert describe(cleaner_by(of(7, 7), of(4, 4))) == "3.0 dB"
    assert describe(cleaner_by(of(10, inf), of(4, 4))) == "> 6.0 dB"
    assert describe(cleaner_by(of(-inf, -5), of(4, 4))) == "< -9.0 dB"
    assert describe(cleaner_by(of(7, 7), of(-inf, -5))) == "> 12.0 dB"
    assert describe(cleaner_by(of(10, inf), of(10, inf))) == "not known"
    assert describe(cleaner_by(of(10, inf), of(-inf, -5))) == "> 15.0 dB"


def test_bounds_keep_censored_draws_and_open_where_they_reach_the_tail() -> None:
    low = np.concatenate([np.full(2, -np.inf), np.arange(98.0)])
    draws = Tolerances(low, np.where(np.isinf(low), -5.0, low))
    assert tolerance_bounds(draws, 0.9) == (2.0, 93.0)
    assert at_least(draws, 0.95) == 2.0
    assert at_least(draws, 0.99) is None  # the least one in a hundred is censored
    assert tolerance_bounds(draws, 0.98)[0] is None


def test_group_that_needs_cleaner_audio_is_found_from_a_bootstrap_of_speakers() -> None:
    # One group bears 3 dB less noise by construction: its curve is the other's, moved by 3 dB.
    rng = np.random.default_rng(5)
    at = np.arange(-5.0, 21.0, 5.0)

    def draws_of(shift_db: float) -> Tolerances:
        rates = 1 / (1 + np.exp((at - shift_db) / 4))
        people = rng.lognormal(-0.02, 0.2, (20, 1))
        errors = rng.binomial(500, np.minimum(people * rates, 1.0))
        picks = rng.integers(0, 20, (1_000, 20))
        return tolerances(errors[picks].sum(axis=1), np.full((1_000, 6), 10_000), at, 0.3)

    difference = cleaner_by(draws_of(6.0), draws_of(3.0))
    bound = at_least(difference, 0.95)
    assert bound is not None
    assert 1.5 < bound < 3.0
    low, high = tolerance_bounds(difference, 0.95)
    assert low < 3.0 < high


def test_curve_counts_put_a_groups_cells_in_the_order_of_snr() -> None:
    at, errors, words = curve_counts({10.0: cell([1, 2], [9, 9]), -5.0: cell([5, 6], [9, 8])})
    assert (at.tolist(), errors.tolist(), words.tolist()) == ([-5.0, 10.0], [11, 3], [17, 18])
