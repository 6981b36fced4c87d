"""Bounds from draws against scipy, draws of t* against the draw written out, and what undefined draws do."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from fairness_tables import cell
from scipy import stats

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, LOG_ACCURACY, Scale, Term
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.resampling.bootstrap import Amount, bootstrap, resample, resampling_blocks
from asr_fair.fairness.resampling.bootstrap_intervals import (
    acceleration,
    bca_bounds,
    bootstrap_t_bounds,
    percentile_bounds,
)
from asr_fair.fairness.resampling.studentised import studentised_draws

NAN = math.nan


def some_cell(seed: int, n_speakers: int, first: int = 0) -> Cell:
    rng = np.random.default_rng(seed)
    words = rng.integers(50, 500, n_speakers)
    errors = rng.binomial(words, rng.beta(2, 8, n_speakers))
    return cell(errors, words, speakers=np.arange(first, first + n_speakers))


def log_rate(errors: Reals, words: Reals) -> Reals:
    return np.log(errors / words)[0]


def by_scipy(
    data: tuple[Reals, ...], statistic: Callable[..., Reals], drawn: Reals, method: str, *, paired: bool
) -> tuple[float, float]:
    """scipy's bounds from draws made elsewhere."""
    made = SimpleNamespace(bootstrap_distribution=drawn)
    found = stats.bootstrap(
        data, statistic, paired=paired, method=method, n_resamples=0, bootstrap_result=made
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("seed", range(5))
def test_percentile_and_bca_of_one_group_are_scipys(seed: int):
    own = some_cell(seed, 12)
    drawn = bootstrap(log_rate, [own], [own.speakers], n_draws=2000, seed=seed, purpose="accent")
    errors, words = own.errors.astype(float), own.words.astype(float)

    def statistic(e: Reals, n: Reals, axis: int = -1) -> Reals:
        return np.log(e.sum(axis=axis) / n.sum(axis=axis))

    left_out = np.log((errors.sum() - errors) / (words.sum() - words))
    a = acceleration(left_out, np.ones((1, 12), np.bool_))
    theta = math.log(errors.sum() / words.sum())
    data = (errors, words)
    assert bca_bounds(drawn, theta, a, 0.95, float) == pytest.approx(
        by_scipy(data, statistic, drawn, "BCa", paired=True), rel=1e-12
    )
    assert percentile_bounds(drawn, 0.95, float) == pytest.approx(
        by_scipy(data, statistic, drawn, "percentile", paired=True), rel=1e-12
    )


def test_bca_of_two_groups_drawn_apart_is_scipys():
    one, two = some_cell(1, 9), some_cell(2, 14, first=9)
    e, n = np.concatenate([one.errors, two.errors]), np.concatenate([one.words, two.words])

    def log_ratio(errors: Reals, words: Reals) -> Reals:
        rates = np.log(errors / words)
        return rates[0] - rates[1]

    def statistic(first: Reals, second: Reals, axis: int = -1) -> Reals:
        sums = [np.log(e[i.astype(int)].sum(axis) / n[i.astype(int)].sum(axis)) for i in (first, second)]
        return sums[0] - sums[1]

    blocks = [one.speakers, two.speakers]
    drawn = bootstrap(log_ratio, [one, two], blocks, n_draws=2000, seed=1, purpose="accent")
    everyone = np.arange(23)
    left_out = np.array(
        [
            statistic(np.delete(everyone, s)[: 8 + (s > 8)], np.delete(everyone, s)[8 + (s > 8) :])
            for s in everyone
        ]
    )
    a = acceleration(left_out, np.array([everyone < 9, everyone >= 9]))
    theta = float(statistic(everyone[:9], everyone[9:]))
    expected = by_scipy((everyone[:9], everyone[9:]), statistic, drawn, "BCa", paired=False)
    assert bca_bounds(drawn, theta, a, 0.95, float) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [LOG, LINEAR, LOG_ACCURACY])
@pytest.mark.parametrize("shared", [False, True])
def test_a_studentised_draw_is_that_of_the_drawn_speakers_written_out(scale: Scale, shared: bool):
    one, two = some_cell(1, 8), some_cell(2, 8, first=3 if shared else 8)
    blocks = resampling_blocks([one.speakers, two.speakers])
    sides = [[Term(1, one)], [Term(-1, two)]]
    (found,) = studentised_draws([sides], [scale], blocks, n_draws=40, seed=1, purpose="accent")
    each = [Amount(np.array([s]), np.array([1])) for block in blocks for s in block]
    (drawn,) = resample(np.copy, each, blocks, n_draws=40, seed=1, purpose="accent")
    everyone = np.concatenate(blocks)
    theta, _ = by_speaker([one, two], everyone, scale, shared=shared)
    assert found.theta[0] == pytest.approx(theta, rel=1e-12)
    for draw in range(40):
        who = np.repeat(everyone, drawn[:, draw].astype(int))
        theta_star, se_star = by_speaker([one, two], who, scale, shared=shared)
        assert found.theta_star[0, draw] == pytest.approx(theta_star, rel=1e-10)
        assert found.t_star[0, draw] == pytest.approx((theta_star - theta) / se_star, rel=1e-6)


def by_speaker(cells: list[Cell], who: Reals, scale: Scale, *, shared: bool) -> tuple[float, float]:
    """θ and its linearised error from speakers one by one; derivatives by finite differences."""
    theta, influence = 0.0, []
    for sign, own in zip((1, -1), cells, strict=True):
        counts = {int(s): (e, n) for s, e, n in zip(own.speakers, own.errors, own.words, strict=True)}
        here = np.array([counts.get(int(s), (0, 0)) for s in who], float)
        errors, words = here.sum(axis=0)

        def value(e: float, n: float, sign: int = sign) -> float:
            return sign * float(scale.forward(np.float64(e / n)))

        step = 1e-4 * errors
        by_errors = (value(errors + step, words) - value(errors - step, words)) / (2 * step)
        step = 1e-4 * words
        by_words = (value(errors, words + step) - value(errors, words - step)) / (2 * step)
        theta += value(errors, words)
        influence.append(here @ [by_errors, by_words])
    k = len(cells[0].speakers) if not shared else len(np.union1d(cells[0].speakers, cells[1].speakers))
    squares = np.square(sum(influence)) if shared else np.square(influence)
    return theta, math.sqrt(k / (k - 1) * squares.sum())


def test_bootstrap_t_by_hand():
    # Quantiles .25 and .75 of −2, −1, 0, 1, 4 are −1 and 1; the upper one makes the lower bound.
    t_star = np.array([-2.0, -1, 0, 1, 4])
    assert bootstrap_t_bounds(t_star, 10.0, 2.0, 0.5, float) == (8.0, 12.0)
    skewed = np.array([-1.0, 0, 1, 2, 3])
    assert bootstrap_t_bounds(skewed, 10.0, 2.0, 0.5, float) == (6.0, 10.0)


def test_draws_without_a_figure_count_as_beyond_either_bound():
    drawn = np.concatenate([np.linspace(0, 1, 1000), np.full(10, NAN)])
    low, high = percentile_bounds(drawn, 0.95, float) or (NAN, NAN)
    # 10 of 1,010 lie below, so the bound is at .025 · 1,010 − 10 ≈ 15 of the others, not at 25.
    assert (low, high) == pytest.approx((0.0152, 0.9848), abs=0.001)


def test_where_undefined_draws_fill_a_tail_there_is_no_bound():
    drawn = np.concatenate([np.linspace(0, 1, 1000), np.full(40, NAN)])
    assert percentile_bounds(drawn, 0.95, float) is None
    assert bca_bounds(drawn, 0.5, 0.0, 0.95, float) is None
    assert bootstrap_t_bounds(drawn, 0.5, 1.0, 0.95, float) is None


def test_draws_without_errors_put_the_lower_bound_of_a_rate_at_zero():
    drawn = np.concatenate([np.full(100, -math.inf), np.linspace(-3, -1, 900)])
    low, high = percentile_bounds(drawn, 0.95, math.exp) or (NAN, NAN)
    assert (low, high) == (0.0, pytest.approx(math.exp(-1.055), abs=0.01))


def test_no_bca_where_all_draws_lie_on_one_side_or_nothing_varies():
    assert bca_bounds(np.linspace(1, 2, 100), 0.5, 0.0, 0.95, float) is None
    assert acceleration(np.ones(4), np.ones((1, 4), np.bool_)) is None
    assert bca_bounds(np.ones(100), 1.0, None, 0.95, float) is None
