"""The omnibus test against all arrangements written out, and the mean of max−min where nothing differs."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from fairness_tables import cell, unidentified

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.permutations.omnibus import max_minus_min, omnibus_test, weighted_variance
from asr_fair.fairness.results import Status


def some_groups(sizes: list[int], seed: int, *, rates: object = 0.2) -> list[Cell]:
    rng = np.random.default_rng(seed)
    starts = np.cumsum([0, *sizes])
    words = [rng.integers(50, 400, size) for size in sizes]
    rates = np.broadcast_to(rates, len(sizes))
    return [
        cell(rng.binomial(n, rate), n, speakers=np.arange(start, start + len(n)))
        for n, rate, start in zip(words, rates, starts, strict=False)
    ]


def test_statistics_by_hand():
    # Methods section 3: W = .1, .2, .3 with shares .5, .3, .2 deviate by .078102.
    words = np.array([[500.0], [300], [200]])
    errors = words * [[0.1], [0.2], [0.3]]
    assert np.sqrt(weighted_variance(errors, words)) == pytest.approx(0.078102, abs=1e-6)
    assert max_minus_min(errors, words) == pytest.approx(0.2)


def test_groups_without_words_weigh_nothing():
    words = np.array([[500.0], [300], [200], [0]])
    errors = words * [[0.1], [0.2], [0.3], [0]]
    with np.errstate(invalid="ignore"):
        assert np.sqrt(weighted_variance(errors, words)) == pytest.approx(0.078102, abs=1e-6)
        assert max_minus_min(errors, words) == pytest.approx(0.2)


def test_p_and_null_mean_are_those_of_all_arrangements_written_out():
    groups = some_groups([2, 2, 3], 3, rates=[0.1, 0.2, 0.3])
    errors = np.concatenate([own.errors for own in groups])
    words = np.concatenate([own.words for own in groups])
    variance, spread = [], []
    for order in permutations(range(7)):
        parts = [list(order[:2]), list(order[2:4]), list(order[4:])]
        weights = np.array([words[part].sum() for part in parts])
        rates = np.array([errors[part].sum() / words[part].sum() for part in parts])
        variance.append(np.average((rates - np.average(rates, weights=weights)) ** 2, weights=weights))
        spread.append(np.ptp(rates))
    (found,) = omnibus_test([[own] for own in groups], seed=1, purpose="accent")
    assert found.variance.n_arrangements == 210
    for test, null in ((found.variance, np.array(variance)), (found.spread, np.array(spread))):
        assert test.statistic == pytest.approx(null[0], rel=1e-9)
        assert test.null_mean == pytest.approx(null.mean(), rel=1e-9)
        assert test.p == pytest.approx(np.mean(null >= null[0] * (1 - 1e-9)), rel=1e-12)


def test_max_minus_min_is_far_from_zero_without_any_disparity():
    # Methods section 0: WER .15, 7 groups of 5 speakers: mean .089; its model of speakers is σ_u .4 with
    # dispersion 3 and unequal words (section 2). The null mean of a data set estimates that mean.
    rng = np.random.default_rng(2)
    means, seen = [], []
    for _ in range(60):
        words = np.maximum(np.rint(400 * rng.lognormal(-0.18, 0.6, 35)), 1)
        means_of = 0.15 * rng.lognormal(-0.08, 0.4, 35) * words
        errors = rng.poisson(rng.gamma(means_of / 2, 2))
        groups = [
            [cell(errors[g : g + 5].astype(int), words[g : g + 5].astype(int), speakers=range(g, g + 5))]
            for g in range(0, 35, 5)
        ]
        (found,) = omnibus_test(groups, n_draws=200, seed=1, purpose="accent")
        means.append(found.spread.null_mean)
        seen.append(found.spread.statistic)
    assert np.mean(means) == pytest.approx(0.089, abs=0.01)
    assert np.mean(means) == pytest.approx(np.mean(seen), abs=3 * np.std(seen) / np.sqrt(60))


def test_speakers_of_several_groups_stay_in_them():
    groups = [
        cell([10, 20, 7], [100, 100, 100], speakers=[0, 1, 8]),
        cell([30, 15, 7], [100, 100, 100], speakers=[2, 3, 8]),
    ]
    (found,) = omnibus_test([[own] for own in groups], seed=1, purpose="accent")
    assert found.spread.n_arrangements == 6


def test_columns_share_one_set_of_arrangements_and_say_what_they_lack():
    groups = some_groups([8, 8, 8], 1)
    silent = [cell([0] * 8, [0] * 8, speakers=own.speakers) for own in groups]
    columns = [[own, nothing, own] for own, nothing in zip(groups, silent, strict=True)]
    first, nothing, again = omnibus_test(columns, n_draws=300, seed=1, purpose="accent")
    assert first == again
    assert (nothing.variance.p, nothing.spread.status) == (None, Status.NO_COMPARISON)


def test_without_known_speakers_there_is_no_test():
    (found,) = omnibus_test([[unidentified(5, 100)], [unidentified(9, 100)]], seed=1, purpose="accent")
    assert found.variance.status is Status.NO_SPEAKERS


def test_type_one_error_is_kept_where_speakers_are_exchangeable():
    rng = np.random.default_rng(7)
    rejected = np.zeros(2)
    for _ in range(150):
        words = rng.integers(50, 800, 9)
        errors = rng.poisson(0.15 * words * rng.lognormal(0, 0.6, 9))
        groups = [[cell(errors[g : g + 3], words[g : g + 3], speakers=range(g, g + 3))] for g in (0, 3, 6)]
        (found,) = omnibus_test(groups, seed=1, purpose="accent")
        rejected += [found.variance.p <= 0.05, found.spread.p <= 0.05]
    assert (rejected / 150 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)).all()
    assert (rejected > 0).all()
