"""Adjusted p-values against statsmodels; simultaneous intervals by what they are made of and by coverage."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from fairness_tables import cell
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import multitest

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Term, contrast
from asr_fair.fairness.resampling import studentised
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.fairness.resampling.multiplicity import (
    Simultaneous,
    benjamini_hochberg,
    holm,
    max_t_quantiles,
    simultaneous_families,
    simultaneous_on_scales,
)
from asr_fair.fairness.resampling.studentised import Sides, studentised_draws


def multipletests(p_values: list[float], *, method: str) -> np.ndarray:
    """statsmodels' adjusted p-values; each call collects garbage, a second with all our tests in memory."""
    with mock.patch("gc.collect"):
        return multitest.multipletests(p_values, method=method)[1]


p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(p_lists)
@settings(max_examples=50, deadline=None)
def test_holm_is_statsmodels(p_values: list[float]):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm"), abs=1e-12)


@given(p_lists)
@settings(max_examples=50, deadline=None)
def test_benjamini_hochberg_is_statsmodels(p_values: list[float]):
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh"), abs=1e-12)


def test_a_comparison_without_p_value_counts_and_stays_without():
    assert holm([0.01, None, 0.04]) == pytest.approx([0.03, None, 0.08])
    assert benjamini_hochberg([0.01, None, 0.04]) == pytest.approx([0.03, None, 0.06])
    assert holm([]) == benjamini_hochberg([]) == []


def groups(sizes: list[int], rng: np.random.Generator, *, rate: float = 0.15) -> list[Cell]:
    """Speakers alike in all groups: σ_u .4, dispersion 3, words with a coefficient of variation of .66."""
    found = []
    for size, start in zip(sizes, np.cumsum([0, *sizes]), strict=False):
        words = np.maximum(np.rint(400 * rng.lognormal(-0.18, 0.6, size)), 1).astype(int)
        errors = rng.poisson(rng.gamma(rate * rng.lognormal(-0.08, 0.4, size) * words / 2, 2))
        found.append(cell(errors, words, speakers=np.arange(start, start + size)))
    return found


def against_first(cells: list[Cell]) -> list[Sides]:
    return [[[Term(1, own)], [Term(-1, cells[0])]] for own in cells[1:]]


def intervals(cells: list[Cell], n_draws: int = 999, seed: int = 1) -> list[Simultaneous]:
    (found,) = simultaneous_families(
        [against_first(cells)],
        LOG,
        resampling_blocks([own.speakers for own in cells]),
        confidence=0.95,
        n_draws=n_draws,
        seed=seed,
        purpose="accent",
    )
    return found


def by_search(distance: np.ndarray, confidence: float) -> np.ndarray:
    """The lowest of each member's own draws, all at one place in their order, that hold together."""
    for order in np.sort(distance, axis=1).T:
        if (distance <= order[:, None]).all(axis=0).mean() >= confidence:
            return order
    raise AssertionError


def test_an_interval_is_theta_and_c_standard_errors_on_both_sides():
    cells = groups([12, 15, 20], np.random.default_rng(1))
    found = intervals(cells)
    (draws,) = studentised_draws(
        against_first(cells), [LOG], [own.speakers for own in cells], n_draws=999, seed=1, purpose="accent"
    )
    distance = np.abs(draws.t_star)
    for c, own, sides in zip(by_search(distance, 0.95), found, against_first(cells), strict=True):
        estimate = contrast(sides, LOG).estimate
        assert estimate is not None
        assert own.critical == pytest.approx(c)
        assert np.log(own.bounds) == pytest.approx(
            [estimate.theta - c * estimate.se, estimate.theta + c * estimate.se]
        )
        assert own.method == "jackknife-log-welch-max-t"


def test_a_group_of_few_speakers_has_bonferronis_interval_and_leaves_the_others_their_max_t():
    cells = groups([12, 15, 20, 6], np.random.default_rng(1))
    *enough, few = intervals(cells)
    assert few.method == "jackknife-log-welch-bonferroni"
    assert few.bounds == contrast(against_first(cells)[2], LOG).bounds(1 - 0.05 / 3)
    assert [own.adjustment for own in enough] == ["max-t", "max-t"]
    # Two thirds of the .05 are theirs, so they are a little wider than without the third comparison.
    alone = intervals(cells[:3])
    assert enough[0].critical > alone[0].critical


def test_families_drawn_at_once_have_the_intervals_that_each_has_by_itself():
    cells = groups([12, 15, 20, 6], np.random.default_rng(1))
    families = [against_first(cells), against_first(cells[:2]), [], against_first(cells[:3])]
    settings = {"confidence": 0.95, "n_draws": 999, "seed": 1, "purpose": "accent"}
    blocks = resampling_blocks([own.speakers for own in cells])
    together = simultaneous_families(families, LOG, blocks, **settings)
    assert together == [simultaneous_families([each], LOG, blocks, **settings)[0] for each in families]


def test_ratios_and_gaps_of_the_same_draws_have_the_intervals_that_each_has_by_itself():
    cells = groups([12, 15, 20, 6], np.random.default_rng(1))
    # All errors are one speaker's: without this one there is no logarithm, and so no ratio's error.
    lonely = cell([40, *[0] * 11], [300] * 12, speakers=np.arange(200, 212))
    families = [against_first([*cells, lonely]), against_first(cells[:2]), against_first(cells[:3])]
    settings = {"confidence": 0.95, "n_draws": 999, "seed": 1, "purpose": "accent"}
    blocks = resampling_blocks([own.speakers for own in (*cells, lonely)])
    with mock.patch.object(studentised, "resample", wraps=studentised.resample) as drawn:
        ratios, gaps = simultaneous_on_scales(families, (LOG, LINEAR), blocks, **settings)
        assert drawn.call_count == 1
    assert ratios == simultaneous_families(families, LOG, blocks, **settings)
    assert gaps == simultaneous_families(families, LINEAR, blocks, **settings)
    assert [own.method for own in ratios[0]][1:] == [
        "jackknife-log-welch-max-t",
        "jackknife-log-welch-bonferroni",
        "bonferroni",
    ]
    assert [own.adjustment for own in gaps[0]] == ["max-t", "max-t", "bonferroni", "max-t"]


def test_a_small_reference_puts_all_under_bonferroni():
    assert [own.adjustment for own in intervals(groups([5, 15, 20], np.random.default_rng(1)))] == [
        "bonferroni"
    ] * 2


def test_a_family_of_one_has_its_own_interval():
    cells = groups([12, 15], np.random.default_rng(1))
    (found,) = intervals(cells)
    assert found.bounds == contrast(against_first(cells)[0], LOG).bounds(0.95)


def test_a_member_without_errors_has_no_interval_and_harms_no_other():
    cells = groups([12, 15, 20], np.random.default_rng(1))
    silent = cell([0] * 12, [100] * 12, speakers=np.arange(100, 112))
    *others, none = intervals([*cells, silent])
    assert (none.bounds, none.adjustment) == (None, "bonferroni")
    assert all(own.bounds for own in others)


def test_max_t_is_narrower_than_bonferroni_where_comparisons_hang_together():
    # Six conditions of the same speakers, nearly alike: six comparisons that are nearly one.
    rng = np.random.default_rng(4)
    one, two = groups([40, 40], rng)
    family = []
    for _ in range(6):
        noisy = [
            cell(own.errors + rng.poisson(1, 40), own.words, speakers=own.speakers) for own in (one, two)
        ]
        family.append([[Term(1, noisy[0])], [Term(-1, noisy[1])]])
    blocks = [one.speakers, two.speakers]
    (found,) = simultaneous_families(
        [family], LINEAR, blocks, confidence=0.95, n_draws=2000, seed=1, purpose="accent"
    )
    for own, sides in zip(found, family, strict=True):
        low, high = contrast(sides, LINEAR).bounds(1 - 0.05 / 6)
        assert own.bounds[1] - own.bounds[0] < 0.9 * (high - low)


def test_a_draw_without_a_figure_counts_as_infinite():
    t_star = np.array([[0.5, 1.0, np.nan, 2.0], [-3.0, 0.1, 0.2, 0.3]])
    assert max_t_quantiles(t_star, 0.3).tolist() == [2.0, 0.3]
    assert max_t_quantiles(t_star, 0.99).tolist() == [np.inf, 3.0]


def test_a_comparison_of_heavy_tails_does_not_widen_the_others():
    rng = np.random.default_rng(2)
    t_star = np.concatenate([rng.standard_normal((4, 20_000)), rng.standard_cauchy((1, 20_000))])
    *light, heavy = max_t_quantiles(t_star, 0.95)
    alone = stats.norm.ppf(1 - 0.05 / 10)
    assert light == pytest.approx([alone] * 4, rel=0.05)
    assert heavy == pytest.approx(stats.cauchy.ppf(1 - 0.05 / 10), rel=0.2)


def test_intervals_of_ratios_and_of_gaps_hold_together_at_ten_speakers_a_group():
    rng = np.random.default_rng(6)
    held = np.zeros(2)
    for run in range(100):
        cells = groups([10] * 4, rng)
        found = simultaneous_on_scales(
            [against_first(cells)],
            (LOG, LINEAR),
            resampling_blocks([own.speakers for own in cells]),
            confidence=0.95,
            n_draws=400,
            seed=run,
            purpose="accent",
        )
        held += [
            all(own.bounds[0] <= alike <= own.bounds[1] for own in intervals)
            for (intervals,), alike in zip(found, (1.0, 0.0), strict=True)
        ]
    assert (held / 100 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 100)).all()
