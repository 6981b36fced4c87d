"""Variance between groups, and why Q is not compared with G − 1."""

from __future__ import annotations

import numpy as np
import pytest
from fairness_tables import cell

from asr_fair.fairness.permutations.heterogeneity import cochran_q, heterogeneity, log_rates


def test_textbook_estimate_is_that_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    theta, se = np.array([-1.9, -1.5, -1.2, -2.2]), np.array([0.10, 0.20, 0.15, 0.12])
    oracle = combine_effects(theta, se**2, method_re="chi2")
    found = heterogeneity(theta, se, null_mean_q=3.0)
    assert found is not None
    assert found.tau_squared == pytest.approx(oracle.tau2, rel=1e-10)
    assert found.q == pytest.approx(oracle.q, rel=1e-10)


def test_centring_on_a_larger_null_mean_lowers_the_variance_to_no_less_than_zero() -> None:
    theta, se = np.array([-1.9, -1.5, -1.2]), np.full(3, 0.2)
    plain, centred, none = (heterogeneity(theta, se, null_mean_q=mean) for mean in (2.0, 3.5, 99.0))
    assert plain.tau_squared > centred.tau_squared > none.tau_squared == 0.0
    assert (centred.q, centred.null_mean_q, centred.p_value) == (plain.q, 3.5, None)


def test_log_rates_come_from_the_jackknife_of_declared_groups_that_have_an_interval() -> None:
    usable = cell([3, 9, 5], [50, 60, 70])
    theta, se = log_rates(
        {
            "a": usable,
            "b": cell([4], [50]),
            "c": cell([0, 0], [9, 9]),
            "declined": usable,
            "d": cell([0], [0]),
        }
    )
    left_out = np.log([14 / 130, 8 / 120, 12 / 110])
    assert theta == pytest.approx([np.log(17 / 180)])
    assert se == pytest.approx([np.sqrt(2 / 3 * np.square(left_out - left_out.mean()).sum())])
    assert heterogeneity(theta, se, null_mean_q=1.0) is None


def test_no_group_has_no_heterogeneity() -> None:
    theta, se = log_rates({})
    assert theta.shape == se.shape == (0,)
    assert heterogeneity(theta, se, null_mean_q=1.0) is None


@pytest.mark.parametrize(("n_speakers", "published"), [(3, 3.2), (5, 1.76), (10, 1.31), (20, 1.15)])
def test_q_without_disparity_is_far_above_its_textbook_mean(n_speakers: int, published: float) -> None:
    # Methods section 3, which names no setting; the figures come out with WER .15, σ_u .4, dispersion 3 and
    # words per speaker with a coefficient of variation of .4 (with section 2's .66: 3.8, 1.98, 1.38, 1.18).
    rng, n_runs, n_groups, k = np.random.default_rng(4), 4_000, 7, n_speakers
    spread = np.sqrt(np.log1p(0.4**2))
    shape = (n_runs, n_groups, k)
    words = np.rint(600 * rng.lognormal(-(spread**2) / 2, spread, shape))
    means = 0.15 * words * rng.lognormal(-0.08, 0.4, shape)
    errors = rng.negative_binomial(means / 2, 1 / 3)  # variance 3 × mean
    left_out = np.log((errors.sum(-1, keepdims=True) - errors) / (words.sum(-1, keepdims=True) - words))
    se = np.sqrt((k - 1) / k * np.square(left_out - left_out.mean(-1, keepdims=True)).sum(-1))
    q = cochran_q(np.log(errors.sum(-1) / words.sum(-1)), se) / (n_groups - 1)
    assert q.mean() == pytest.approx(published, abs=3 * q.std() / np.sqrt(n_runs))
