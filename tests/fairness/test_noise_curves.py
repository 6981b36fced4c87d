"""Retention, ratio of ratios, and areas under curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fairness_tables import cell, unidentified
from scipy import integrate, stats

from asr_fair.fairness.noise.curves import area_difference, area_under_curve
from asr_fair.fairness.noise.retention import ratio_of_ratios, relative_retention, retention
from asr_fair.fairness.noise.robustness import difference_in_differences, noise_ratio
from asr_fair.fairness.results import Status

WORDS = [100] * 4
OTHERS = [4, 5, 6, 7]
CLEAN, NOISY = cell([10, 20, 12, 30], WORDS), cell([25, 41, 20, 52], WORDS)
OTHER_CLEAN = cell([8, 9, 12, 7], WORDS, speakers=OTHERS)
OTHER_NOISY = cell([12, 20, 18, 9], WORDS, speakers=OTHERS)
ALL = (NOISY, CLEAN, OTHER_NOISY, OTHER_CLEAN)
# Methods section 6: g .30 → .60, r .10 → .25.
HAND = (
    cell([55, 65], [100, 100]),
    cell([25, 35], [100, 100]),
    cell([20, 30], [100, 100], speakers=[2, 3]),
    cell([8, 12], [100, 100], speakers=[2, 3]),
)


def jackknife_se(thetas: np.ndarray) -> float:
    k = len(thetas)
    return math.sqrt((k - 1) / k * np.square(thetas - thetas.mean()).sum())


def test_retention_is_accuracy_over_accuracy_with_a_hand_made_jackknife() -> None:
    found = retention(NOISY, CLEAN)
    noisy, clean = 100 - np.array([25, 41, 20, 52]), 100 - np.array([10, 20, 12, 30])
    thetas = np.log((noisy.sum() - noisy) / (clean.sum() - clean))
    reach = stats.t.ppf(0.975, 3) * jackknife_se(thetas)
    assert found.value == pytest.approx(262 / 328)
    assert found.bounds(0.95) == pytest.approx(
        (262 / 328 * math.exp(-reach), 262 / 328 * math.exp(reach)), rel=1e-12
    )
    assert found.method == "jackknife-log-accuracy-t"


def test_retention_of_errors_is_the_noise_ratio_of_their_complements() -> None:
    swapped = [cell(100 - each.errors, WORDS) for each in (NOISY, CLEAN)]
    assert retention(NOISY, CLEAN).bounds(0.9) == pytest.approx(noise_ratio(*swapped).bounds(0.9), rel=1e-12)


def test_ratio_of_ratios_of_two_groups_adds_their_variances() -> None:
    own, other = noise_ratio(NOISY, CLEAN), noise_ratio(OTHER_NOISY, OTHER_CLEAN)
    found = ratio_of_ratios(*ALL)
    assert found.value == pytest.approx(own.value / other.value)
    assert found.estimate.se == pytest.approx(math.hypot(own.estimate.se, other.estimate.se), rel=1e-12)
    assert found.method == "jackknife-log-welch"


def test_three_scales_of_the_hand_example() -> None:
    assert difference_in_differences(*HAND).value == pytest.approx(0.15)
    assert ratio_of_ratios(*HAND).value == pytest.approx(0.80)
    assert relative_retention(*HAND).value == pytest.approx(0.686, abs=5e-4)


def test_accuracy_that_insertions_used_up_cannot_be_retained() -> None:
    for pair in ((cell([130, 90], [100, 100]), CLEAN), (NOISY, cell([100, 100], [100, 100]))):
        found = retention(*pair).at(0.95)
        assert (found.value, found.low, found.status) == (None, None, Status.NO_COMPARISON)


def test_one_speaker_whose_loss_uses_up_the_rest_leaves_a_value_without_an_interval() -> None:
    found = retention(cell([0, 50, 115], [200, 50, 100]), cell([10, 5, 10], [200, 50, 100])).at(0.95)
    assert found.value == pytest.approx((1 - 165 / 350) / (1 - 25 / 350))
    assert found.low is None or found.low > 0
    gone = retention(cell([1, 99, 100], [300, 100, 100]), cell([10, 5, 10], [300, 100, 100]))
    # Without the first speaker 199 of 200 words are wrong: still on the scale, so the interval is wide.
    assert gone.bounds(0.95)[0] < 0.1
    over = retention(cell([1, 99, 102], [300, 100, 100]), cell([10, 5, 10], [300, 100, 100])).at(0.95)
    assert (over.low, over.status) == (None, Status.NO_INTERVAL)


def test_retention_without_speakers_has_a_value_only() -> None:
    found = retention(unidentified(30, 100), unidentified(10, 100)).at(0.95)
    assert (found.value, found.low, found.status) == (pytest.approx(7 / 9), None, Status.NO_SPEAKERS)


CURVE = {
    20.0: cell([5, 9, 7], [50] * 3),
    0.0: cell([30, 25, 28], [50] * 3),
    5.0: cell([11, 20, 17], [50] * 3),
}


def test_area_is_that_of_the_trapezoidal_rule_over_the_range() -> None:
    rates = [CURVE[at].n_errors / 150 for at in (0.0, 5.0, 20.0)]
    found = area_under_curve(CURVE)
    assert found.value == pytest.approx(integrate.trapezoid(rates, [0, 5, 20]) / 20)
    per_speaker = (
        integrate.trapezoid([CURVE[at].errors / 50 for at in (0.0, 5.0, 20.0)], [0, 5, 20], axis=0) / 20
    )
    oracle = stats.ttest_1samp(per_speaker, 0).confidence_interval(0.95)
    assert found.bounds(0.95) == pytest.approx(tuple(oracle), rel=1e-12)


def test_flat_curve_has_its_own_height_as_area() -> None:
    same = CURVE[0.0]
    assert area_under_curve({-5.0: same, 3.0: same, 40.0: same}).value == pytest.approx(same.n_errors / 150)


def test_areas_are_compared_where_both_groups_were_heard() -> None:
    other = {at: cell([2, 3, 4], [50] * 3, speakers=[7, 8, 9]) for at in (0.0, 5.0, 10.0)}
    found = area_difference(CURVE, other)
    assert found.value == pytest.approx((83 + 48) / 300 - 9 / 150)
    assert found.method == "jackknife-welch"
    own = stats.ttest_ind(
        (CURVE[0.0].errors + CURVE[5.0].errors) / 100, other[0.0].errors / 50, equal_var=False
    )
    assert found.bounds(0.95) == pytest.approx(tuple(own.confidence_interval(0.95)), rel=1e-12)


def test_one_point_is_no_curve() -> None:
    for found in (area_under_curve({0.0: CURVE[0.0]}), area_difference(CURVE, {0.0: CURVE[0.0]})):
        assert (found.value, found.status, found.at(0.95).low) == (None, Status.NO_COMPARISON, None)
