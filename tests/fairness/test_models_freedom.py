"""Degrees of freedom of the primary model: by hand, and by how often like groups are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_rows import rows
from scipy import stats

from asr_fair.fairness.model_status import ModelStatus
from asr_fair.fairness.models.design import Design, build_design
from asr_fair.fairness.models.poisson import Covariance, fit_poisson
from asr_fair.fairness.models.sandwich import effective_df


def two_groups(reference: list[int], group: list[int]) -> Design:
    """Speakers with these words; of 100, 10 are wrong in the reference and 20 in the group, about."""
    words = np.array([*reference, *group])
    rates = np.repeat([10, 20], [len(reference), len(group)])
    errors = words * rates // 100
    errors[[0, 1, -2, -1]] += [1, -1, 1, -1]
    letters = "A" * len(reference) + "B" * len(group)
    return build_design(rows(errors, words, range(len(words)), letters), adjusted=False)


def test_two_groups_by_hand():
    # Fitted errors: 10, 20, 30, 40 of 100 in the reference, 20, 20, 10 of 50 in the group. A speaker adds
    # fitted/total² to the variance: .001, .002, .003, .004 and .008, .008, .004, in all .01 + .02.
    design = two_groups([100, 200, 300, 400], [100, 100, 50])
    by_hand = 0.03**2 / (30e-6 + 144e-6) - 1
    assert by_hand == pytest.approx(4.17, abs=0.01)
    assert by_hand < design.df == 5
    fit = fit_poisson(design)
    assert fit.groups[0].df == pytest.approx(by_hand, rel=1e-9)
    fitted = np.array([10.0, 20, 30, 40, 20, 20, 10])
    # The intercept is of the reference alone: (ΣN)²/ΣN² − 1.
    assert effective_df(design, fitted) == pytest.approx([1000**2 / 300_000 - 1, by_hand], rel=1e-12)


def test_beside_a_very_large_group_only_the_small_one_counts():
    design = two_groups([100] * 20_000, [100, 100, 50])
    assert fit_poisson(design).groups[0].df == pytest.approx(250**2 / 22_500 - 1, rel=1e-3)


def test_groups_that_are_alike_have_all_speakers_less_coefficients():
    # 10 effective speakers in each, 20 in all: one less is more than the 18 that K − rank allows.
    design = build_design(rows([9, 11] * 10, [100] * 20, range(20), "A" * 10 + "B" * 10), adjusted=False)
    assert fit_poisson(design).groups[0].df == 10 + 10 - 2


def test_rows_taken_as_independent_keep_their_own():
    observations = rows([3, 5, 4, 6, 9, 7, 8, 11], [50] * 8, [0, 0, 1, 1, 2, 2, 3, 3], "AAAABBBB")
    design = build_design(observations, adjusted=False)
    assert fit_poisson(design, Covariance.NAIVE).groups[0].df == 8 - 2
    assert fit_poisson(design).groups[0].df == 4 - 2


def test_fewer_than_two_effective_speakers_have_no_interval():
    ratio = fit_poisson(two_groups([100] * 200, [100, 400])).groups[0]
    assert (ratio.se_log, ratio.df, ratio.status) == (None, None, ModelStatus.TOO_FEW_SPEAKERS)
    assert ratio.value == pytest.approx(2.0, rel=1e-9)


def test_five_speakers_beside_two_hundred_alike_are_told_apart_about_as_often_as_promised():
    # 1,500 runs: Monte Carlo error .006 at .05, .008 at .11.
    rng = np.random.default_rng(1)
    rates = 0.15 * np.exp(rng.normal(0.0, 0.6, (1500, 205)))
    design = two_groups([300] * 200, [300] * 5)
    ratios = [
        fit_poisson(replace(design, errors=errors.astype(float))).groups[0]
        for errors in rng.poisson(300 * rates)
    ]
    sizes = np.array([abs(ratio.log_ratio) / ratio.se_log for ratio in ratios])
    effective = np.array([ratio.df for ratio in ratios])
    assert 0.03 < (2 * stats.t.sf(sizes, effective) < 0.05).mean() < 0.07
    assert (2 * stats.t.sf(sizes, 205 - 2) < 0.05).mean() > 0.09
