"""The default interval: by hand, against other formulas, and by its coverage where speakers are shared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fairness_tables import cell, unidentified
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from asr_fair.fairness.counting.slices import DELETIONS, INSERTIONS, SUBSTITUTIONS, Cell
from asr_fair.fairness.estimates.gaps import wer_gap, wer_ratio
from asr_fair.fairness.estimates.intervals import no_errors_upper
from asr_fair.fairness.estimates.jackknife import effective_speakers
from asr_fair.fairness.estimates.rates import error_rate_of, speaker_mean_wer, word_error_rate
from asr_fair.fairness.results import Status
from benchmarks.calibration.simulate import MEDIUM, as_cell, draw_effects, draw_errors, draw_words

WER = 0.15


def test_interval_of_three_speakers_by_hand():
    found = word_error_rate(cell([10, 20, 30], [100, 100, 100]), 0.95)
    # W = 60/300. Without each speaker: 50/200, 40/200, 30/200.
    thetas = [math.log(0.25), math.log(0.20), math.log(0.15)]
    mean = sum(thetas) / 3
    se = math.sqrt(2 / 3 * sum((theta - mean) ** 2 for theta in thetas))
    # Three equal speakers: df = 300² / (3 · 100²) − 1 = 2, t.975 = 4.302653 (any table of t).
    assert found.value == pytest.approx(0.2, abs=1e-15)
    assert found.low == pytest.approx(0.2 * math.exp(-4.302653 * se), rel=1e-6)
    assert found.high == pytest.approx(0.2 * math.exp(4.302653 * se), rel=1e-6)
    assert (found.method, found.status) == ("jackknife-log-t", Status.OK)


def test_degrees_of_freedom_are_effective_speakers_minus_one():
    words = [100, 200, 300, 400]
    found = wer_gap(cell([10, 30, 20, 90], words), cell([8, 9, 7, 8], [100] * 4, speakers=[4, 5, 6, 7]))
    assert effective_speakers(np.array(words)) == pytest.approx(1000**2 / (1 + 4 + 9 + 16) / 100**2)
    assert found.estimate is not None
    assert found.estimate.df > 1


def test_t_quantile_is_scipys():
    one = cell([10, 30, 20, 90, 5], [100, 200, 150, 400, 90])
    n_eff = 940**2 / (100**2 + 200**2 + 150**2 + 400**2 + 90**2)
    narrow, wide = (word_error_rate(one, confidence) for confidence in (0.8, 0.99))
    widths = [math.log(found.high / found.low) for found in (narrow, wide)]
    quantiles = [stats.t.ppf((1 + confidence) / 2, n_eff - 1) for confidence in (0.8, 0.99)]
    assert widths[1] / widths[0] == pytest.approx(quantiles[1] / quantiles[0], rel=1e-12)


def test_standard_error_agrees_with_the_linearised_one_for_many_speakers():
    rng = np.random.default_rng(3)
    words = rng.integers(200, 400, 400)
    errors = rng.binomial(words, rng.beta(3, 17, 400))
    found = word_error_rate(cell(errors, words), 0.95)
    rate = errors.sum() / words.sum()
    residuals = errors - rate * words
    linearised = math.sqrt(400 / 399 * (residuals**2).sum()) / words.sum() / rate
    df = words.sum() ** 2 / (words**2).sum() - 1
    half_width = math.log(found.high / found.low) / 2
    assert half_width == pytest.approx(stats.t.ppf(0.975, df) * linearised, rel=0.01)


def test_equal_speakers_give_the_classic_t_interval_of_a_difference():
    # With equal words the rate is a mean of speaker rates, whose jackknife is the textbook s/√K: Welch.
    first, second = [10, 22, 31, 18, 25], [12, 9, 14, 11]
    found = wer_gap(cell(first, [100] * 5), cell(second, [100] * 4, speakers=[10, 11, 12, 13]))
    oracle = stats.ttest_ind(np.array(first) / 100, np.array(second) / 100, equal_var=False)
    low, high = oracle.confidence_interval(0.95)
    assert found.bounds(0.95) == pytest.approx((low, high), rel=1e-12)
    assert found.method == "jackknife-welch"


def test_all_speakers_in_both_groups_give_the_paired_t_interval():
    first, second = [10, 22, 31, 18, 25], [12, 19, 34, 11, 20]
    found = wer_gap(cell(first, [100] * 5), cell(second, [100] * 5))
    differences = (np.array(first) - np.array(second)) / 100
    oracle = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert found.bounds(0.95) == pytest.approx(tuple(oracle), rel=1e-12)
    assert found.method == "jackknife-union"


def test_shared_speakers_who_go_together_narrow_the_interval():
    first, second = cell([5, 12, 20, 30, 44], [100] * 5), cell([9, 18, 27, 40, 52], [100] * 5)
    apart = Cell(second.speakers + 10, second.counts, second.n_utterances)
    paired, independent = (wer_ratio(first, other).bounds(0.95) for other in (second, apart))
    assert math.log(paired[1] / paired[0]) < 0.5 * math.log(independent[1] / independent[0])


def test_order_of_the_two_sides_only_mirrors_the_interval():
    first = cell([5, 12, 20, 30], [90, 100, 80, 100])
    second = cell([9, 18, 27, 40], [100] * 4, speakers=[2, 3, 4, 5])
    low, high = wer_ratio(first, second).bounds(0.95)
    assert wer_ratio(second, first).bounds(0.95) == pytest.approx((1 / high, 1 / low), rel=1e-12)


def test_rare_shared_speakers_do_not_lend_a_small_group_the_freedom_of_a_large_one():
    small = cell([5, 30, 12, 40], [100] * 4)
    large = cell([15, 16] * 25, [100] * 50, speakers=range(3, 53))
    found = wer_gap(small, large)
    assert found.estimate is not None
    assert found.estimate.design == "union"
    assert found.estimate.df < 6


def test_one_speaker_has_a_value_and_no_interval():
    found = word_error_rate(cell([7], [50]), 0.95)
    assert (found.value, found.low, found.high, found.status) == (0.14, None, None, Status.ONE_SPEAKER)
    assert word_error_rate(cell([0], [50]), 0.95).status is Status.ONE_SPEAKER


def test_no_words_have_no_rate():
    found = word_error_rate(cell([3, 1], [0, 0]), 0.95)
    assert (found.value, found.low, found.status) == (None, None, Status.NO_REFERENCE_WORDS)
    assert speaker_mean_wer(cell([3, 1], [0, 0]), 0.95).value is None


def test_unknown_speakers_have_a_value_and_no_interval():
    found = word_error_rate(unidentified(7, 50), 0.95)
    assert (found.value, found.low, found.status) == (0.14, None, Status.NO_SPEAKERS)
    assert word_error_rate(unidentified(0, 50), 0.95).high is None


def test_errors_of_one_speaker_alone_have_no_spread_on_the_log():
    found = word_error_rate(cell([0, 0, 9], [100, 100, 100]), 0.95)
    assert (found.value, found.low, found.status) == (0.03, None, Status.NO_INTERVAL)


def test_speakers_who_do_not_differ_have_no_interval_of_width_zero():
    assert word_error_rate(cell([10, 20, 30], [100, 200, 300]), 0.95).status is Status.NO_INTERVAL


def test_one_speaker_with_nearly_all_words_leaves_no_interval():
    found = word_error_rate(cell([1000, 3, 1], [10_000, 10, 10]), 0.95)
    assert (found.status, found.high) == (Status.NO_INTERVAL, None)


def test_insertions_on_empty_references_count_in_the_numerator_only():
    assert word_error_rate(cell([10, 5, 12], [100, 0, 100]), 0.95).value == 27 / 200


def test_speaker_mean_leaves_out_speakers_without_words():
    found = speaker_mean_wer(cell([10, 5, 60], [100, 0, 200]), 0.95)
    assert found.value == pytest.approx((0.1 + 0.3) / 2)
    assert found == speaker_mean_wer(cell([10, 60], [100, 200]), 0.95)


def left_out_one_by_one(figure, n_speakers: int, df: float) -> tuple[float, float]:
    """exp(ln θ ± t · SE) with SE from the figure of everybody but one; `figure` takes a mask of speakers."""
    theta = np.array([np.log(figure(np.arange(n_speakers) != out)) for out in range(n_speakers)])
    se = np.sqrt((n_speakers - 1) / n_speakers * np.square(theta - theta.mean()).sum())
    whole = np.log(figure(np.full(n_speakers, True)))
    reach = stats.t.ppf(0.975, df) * se
    return np.exp(whole - reach), np.exp(whole + reach)


def several_kinds() -> Cell:
    rng = np.random.default_rng(5)
    return Cell(np.arange(12), rng.poisson([[9], [5], [2], [90]], (4, 12)) + 1, n_utterances=40)


@pytest.mark.parametrize("kind", [SUBSTITUTIONS, DELETIONS, INSERTIONS])
def test_each_kind_of_error_has_the_interval_of_its_own_rate(kind: int):
    own = several_kinds()
    found = error_rate_of(kind, own, 0.95)
    errors, words = own.counts[kind], own.words
    expected = left_out_one_by_one(
        lambda kept: errors[kept].sum() / words[kept].sum(), 12, words.sum() ** 2 / (words**2).sum() - 1
    )
    assert found.value == pytest.approx(errors.sum() / words.sum(), rel=1e-12)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9)
    assert found.method == "jackknife-log-t"


def test_a_kind_of_error_that_nobody_made_has_an_upper_bound():
    own = several_kinds()
    own.counts[INSERTIONS] = 0
    found = error_rate_of(INSERTIONS, own, 0.95)
    assert (found.value, found.low, found.status) == (0.0, 0.0, Status.NO_ERRORS)
    assert found.high == no_errors_upper(own.words, 0.95)


def test_the_mean_of_speakers_has_the_interval_of_n_equal_speakers():
    own = several_kinds()
    rates = own.errors / own.words
    found = speaker_mean_wer(own, 0.95)
    assert (found.value, found.method) == (rates.mean(), "jackknife-log-t")
    expected = left_out_one_by_one(lambda kept: rates[kept].mean(), 12, 11)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-7)


def test_a_mean_of_speakers_without_spread_has_no_interval():
    for errors, value in (
        ([0, 0, 0], 0.0),
        ([10, 20, 30], pytest.approx(0.1)),
        ([0, 0, 30], pytest.approx(0.1 / 3)),
    ):
        found = speaker_mean_wer(cell(errors, [100, 200, 300]), 0.95)
        assert (found.value, found.low, found.high, found.status) == (value, None, None, Status.NO_INTERVAL)
    assert speaker_mean_wer(cell([7], [50]), 0.95).status is Status.ONE_SPEAKER


def test_upper_bound_without_errors_solves_its_own_definition():
    words = np.array([300, 300, 300, 300, 300])

    def chance_of_none(rate: float) -> float:
        # Exponential speaker rates: E exp(−W·N_s·X) = 1/(1 + W·N_s).
        return float(np.prod(1 / (1 + rate * words)))

    solved = optimize.brentq(lambda rate: chance_of_none(rate) - 0.05, 1e-9, 1.0)
    assert no_errors_upper(words, 0.95) == pytest.approx(solved, rel=1e-9)


def test_upper_bound_without_errors_tends_to_the_rule_of_three():
    assert no_errors_upper(np.full(100_000, 10), 0.95) * 1e6 == pytest.approx(-math.log(0.05), rel=1e-4)
    found = word_error_rate(cell([0, 0, 0], [100, 100, 100]), 0.95)
    assert (found.value, found.low, found.status) == (0.0, 0.0, Status.NO_ERRORS)
    assert found.high > 3 / 300


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50)), min_size=1, max_size=8),
    st.integers(0, 8),
)
def test_every_figure_is_a_finite_number_or_none_with_a_status(first, second, shift):
    group = cell(*zip(*first, strict=True))
    other = cell(*zip(*second, strict=True), speakers=range(shift, shift + len(second)))
    found = [word_error_rate(group, 0.95), wer_ratio(group, other).at(0.95), wer_gap(group, other).at(0.95)]
    for interval in found:
        bounds = (interval.low, interval.high)
        assert all(number is None or math.isfinite(number) for number in (interval.value, *bounds))
        if interval.low is None:
            assert interval.high is None
            assert interval.status is not Status.OK
        else:
            assert interval.low <= interval.value <= interval.high


@pytest.mark.parametrize(("n_group", "n_other", "n_both"), [(5, 40, 1), (10, 40, 3), (10, 10, 10)])
def test_ratio_covers_where_groups_share_speakers(n_group, n_other, n_both):
    rng, runs, hits = np.random.default_rng(n_group + n_both), 600, 0
    for _ in range(runs):
        effects = draw_effects(rng, (n_group + n_other - n_both,), MEDIUM.sigma)
        sides = []
        for speakers in (np.arange(n_group), np.arange(n_group - n_both, len(effects))):
            words = draw_words(rng, speakers.shape, MEDIUM)
            errors = draw_errors(rng, words, effects[speakers], WER, MEDIUM)
            sides.append(as_cell(errors, words, speakers))
        bounds = wer_ratio(*sides).bounds(0.95)
        hits += bounds is not None and bounds[0] <= 1 <= bounds[1]
    # 0.93 is what the default interval must reach; less three Monte Carlo errors.
    assert hits / runs > 0.93 - 3 * math.sqrt(0.93 * 0.07 / runs)
