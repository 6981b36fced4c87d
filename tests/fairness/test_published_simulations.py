"""Row E of the methods: the simulated figures of sections 0, 2 and 5, within three Monte Carlo errors.

Where nothing else is said speakers are those of section 2 (`simulate.MEDIUM`): WER .15, σ_u .4, dispersion 3,
words per speaker lognormal with a coefficient of variation of .66. E[Q] of section 3 stands in
`test_heterogeneity`, power in `test_power`, and more rows of all of them in `benchmarks/calibration`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.estimates.rates import word_error_rate
from asr_fair.fairness.noise.robustness import difference_in_differences
from asr_fair.fairness.permutations.omnibus import max_minus_min
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.resampling.bootstrap import bootstrap
from asr_fair.fairness.resampling.bootstrap_intervals import (
    Bounds,
    acceleration,
    bca_bounds,
    percentile_bounds,
)
from benchmarks.calibration.coverage import draw_four
from benchmarks.calibration.simulate import (
    HEAVY,
    MEDIUM,
    Setting,
    draw_cell,
    draw_effects,
    draw_errors,
    draw_words,
)

WER = 0.15
RUNS_THERE = 6_000


def assert_share(hits: int, runs: int, published: float) -> None:
    """Both shares are drawn: three errors of their difference, and the rounding of the published one."""
    error = math.sqrt(published * (1 - published) * (1 / runs + 1 / RUNS_THERE))
    assert hits / runs == pytest.approx(published, abs=3 * error + 5e-4)


def n_covering(bounds: list[Bounds | None], truth: float) -> int:
    return sum(each is not None and each[0] <= truth <= each[1] for each in bounds)


@pytest.mark.parametrize(
    ("n_speakers", "setting", "published"),
    [
        (5, MEDIUM, 0.953),
        (10, MEDIUM, 0.944),
        (20, MEDIUM, 0.935),
        (50, MEDIUM, 0.944),
        (10, HEAVY, 0.926),
        (20, HEAVY, 0.915),
        (50, HEAVY, 0.925),
    ],
)
def test_default_interval_covers(n_speakers: int, setting: Setting, published: float) -> None:
    rng, runs = np.random.default_rng(n_speakers), 800
    found = [word_error_rate(draw_cell(rng, n_speakers, WER, setting), 0.95) for _ in range(runs)]
    bounds = [None if each.low is None or each.high is None else (each.low, each.high) for each in found]
    assert_share(n_covering(bounds, WER), runs, published)


@pytest.mark.parametrize(("n_speakers", "percentile", "bca"), [(5, 0.81, 0.80), (10, 0.87, 0.85)])
def test_percentile_and_bca_bootstraps_cover_too_rarely(
    n_speakers: int, percentile: float, bca: float
) -> None:
    rng = np.random.default_rng(n_speakers)
    cells = [draw_cell(rng, n_speakers, WER, MEDIUM) for _ in range(800)]
    drawn = draws(np.divide, cells, [cells[0].speakers])
    found = [percentile_bounds(own, 0.95, float) for own in drawn]
    assert_share(n_covering(found, WER), len(cells), percentile)
    corrected = []
    for cell, own in zip(cells, drawn, strict=True):
        left_out = (cell.n_errors - cell.errors) / (cell.n_words - cell.words)
        a = acceleration(left_out, np.ones((1, n_speakers), np.bool_))
        corrected.append(bca_bounds(own, cell.n_errors / cell.n_words, a, 0.95, float))
    assert_share(n_covering(corrected, WER), len(cells), bca)


@pytest.mark.parametrize(
    ("n_speakers", "published", "percentile"), [(5, 0.959, 0.857), (10, 0.965, 0.914), (20, 0.962, 0.935)]
)
def test_difference_in_differences_covers_and_its_percentile_bootstrap_less(
    n_speakers: int, published: float, percentile: float
) -> None:
    """The setting of the calibration: rates .18 and .12, doubled by noise."""
    rng, runs, truth = np.random.default_rng(n_speakers), 400, 0.36 - 0.18 - (0.24 - 0.12)
    four = [draw_four(rng, MEDIUM, n_speakers, shared=False) for _ in range(runs)]
    found = [difference_in_differences(*cells).bounds(0.95) for cells in four]
    assert_share(n_covering(found, truth), runs, published)

    def differences(errors: Reals, words: Reals) -> Reals:
        noisy, clean, other_noisy, other_clean = (errors / words).reshape(runs, 4, -1).swapaxes(0, 1)
        return noisy - clean - (other_noisy - other_clean)

    blocks = [cell.speakers for cell in four[0][::2]]
    drawn = draws(differences, [cell for cells in four for cell in cells], blocks)
    assert_share(n_covering([percentile_bounds(own, 0.95, float) for own in drawn], truth), runs, percentile)


def draws(statistic: Callable[[Reals, Reals], Reals], cells: list[Cell], blocks: list) -> Reals:
    """Data sets with as many speakers each are drawn from as one: the same speakers of each in a draw."""
    return bootstrap(statistic, cells, blocks, n_draws=1_000, seed=1, purpose="coverage")


def test_max_minus_min_without_any_disparity() -> None:
    # Section 0: mean .089, 95 % point .143, with 7 groups of 5 speakers. It names no spread of words: a
    # coefficient of variation of .5 gives the figures (.66: .091 and .149), within what 2,000 runs can tell.
    setting, rng, n_runs = Setting("section 0", cv=0.5), np.random.default_rng(1), 20_000
    words = draw_words(rng, (7, 5, n_runs), setting)
    errors = draw_errors(rng, words, draw_effects(rng, words.shape, setting.sigma), WER, setting)
    found = max_minus_min(errors.sum(axis=1).astype(float), words.sum(axis=1).astype(float))
    assert found.mean() == pytest.approx(0.089, abs=3 * found.std() / math.sqrt(2_000))
    point = np.quantile(found, 0.95)
    density = np.mean(np.abs(found - point) < 0.005) / 0.01
    error = math.sqrt(0.05 * 0.95 / 2_000) / density
    assert point == pytest.approx(0.143, abs=3 * error)


def test_unequal_spread_deceives_the_plain_permutation_test_more_than_the_studentised_one() -> None:
    # Section 5: 6 against 20 speakers, σ .8 and .3, rejected .258 and .117 at .05.
    few, many = Setting("few", sigma=0.8), Setting("many", sigma=0.3)
    rng, runs = np.random.default_rng(2), 800
    pairs = [(draw_cell(rng, 6, WER, few), draw_cell(rng, 20, WER, many, 6)) for _ in range(runs)]
    group, other = zip(*pairs, strict=True)
    for studentised, published in ((False, 0.258), (True, 0.117)):
        tests = permutation_test(
            group, other, studentised=studentised, n_draws=999, seed=1, purpose="unequal spread"
        )
        assert_share(sum(test.p <= 0.05 for test in tests), runs, published)
