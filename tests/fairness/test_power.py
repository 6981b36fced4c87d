"""Power by published values, other libraries' distributions, and simulated speakers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fairness_tables import cell
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.power import TTestIndPower

from asr_fair.fairness.estimates.gaps import wer_ratio
from asr_fair.fairness.planning.power import (
    LARGEST_RATIO,
    MOST_SPEAKERS,
    Assumptions,
    Forecaster,
    Sample,
    Side,
    speakers_needed,
)
from asr_fair.fairness.resampling.multiplicity import simultaneous_confidence
from benchmarks.calibration.simulate import (
    HEAVY,
    MEDIUM,
    Setting,
    as_cell,
    draw_effects,
    draw_errors,
    draw_words,
)

MEDIUM_TRUTH = Assumptions(wer=0.15, speaker_sigma=MEDIUM.sigma, dispersion=MEDIUM.dispersion)


def equal_speakers(n_group: float, n_other: float, *, words: float = 600, cv: float = 0.0) -> Sample:
    return Sample(Side.expected(n_group, words, cv), Side.expected(n_other, words, cv))


def with_error(se: float, n_each: int) -> tuple[Forecaster, Sample]:
    """Two groups of n speakers whose ln ratio has standard error `se`, with 2(n − 1) degrees of freedom."""

    def excess(sigma: float) -> float:
        return Assumptions(speaker_sigma=sigma).log_mean_variance(n_each) - se**2 / 2

    sigma = brentq(excess, 1e-3, 2, xtol=1e-14)
    return Forecaster(Assumptions(speaker_sigma=sigma, dispersion=0.0)), equal_speakers(n_each, n_each)


@pytest.mark.parametrize(
    ("cv", "n", "published"), [(0.25, 24, 0.7391155), (0.30, 40, 0.8158453), (0.20, 20, 0.834680)]
)
def test_equivalence_power_is_that_of_power_tost(cv: float, n: int, published: float) -> None:
    """R's PowerTOST, 2 × 2 crossover, true ratio .95: from the manual's power.TOST and sampleN.TOST."""
    se = math.sqrt(2 * math.log1p(cv**2) / n)
    forecaster, sample = with_error(se, n // 2)
    assert forecaster.equivalence_power(sample, 1.25, ratio=0.95) == pytest.approx(published, abs=2e-6)


@pytest.mark.parametrize(("n_each", "shift"), [(3, 2.0), (6, 3.0), (20, 2.8), (200, 1.0)])
def test_disparity_power_is_the_noncentral_t(n_each: int, shift: float) -> None:
    forecaster, sample = with_error(0.1, n_each)
    df = 2 * (n_each - 1)
    reach = stats.t.ppf(0.975, df)
    oracle = stats.nct.sf(reach, df, shift) + stats.nct.cdf(-reach, df, shift)
    assert forecaster.disparity_power(sample, math.exp(0.1 * shift)) == pytest.approx(oracle, abs=1e-6)


def test_few_speakers_in_a_large_family_have_a_power_that_is_a_number() -> None:
    # scipy's noncentral t gives NaN here; drawn from its definition instead.
    forecaster, sample = with_error(0.1, 2)
    many = Forecaster(forecaster.assumptions, family_size=35)
    rng, runs, shift = np.random.default_rng(5), 400_000, 30.0
    t = (rng.normal(size=runs) + shift) / np.sqrt(rng.chisquare(2, runs) / 2)
    oracle = np.mean(np.abs(t) > stats.t.ppf((1 + simultaneous_confidence(0.95, 35)) / 2, 2))
    assert many.disparity_power(sample, math.exp(0.1 * shift)) == pytest.approx(oracle, abs=0.003)


def test_variance_is_v_over_effective_speakers_and_df_twice_these_less_two() -> None:
    n, m, cv = 20, 600, 0.66
    error = Forecaster(MEDIUM_TRUTH).log_error(equal_speakers(n, n, words=m, cv=cv), 1.0)
    effective = (n + cv**2) / (1 + cv**2)
    v = math.expm1(0.4**2) + 3 / (m * 0.15 * (1 + cv**2))
    assert error is not None
    # ΣN = K·m; the formula of methods has n_g(1 + cv²) = K + cv² in its place: one speaker in forty.
    assert error[0] == pytest.approx(math.sqrt(2 * v / effective), rel=0.005)
    assert error[1] == pytest.approx(2 * (effective - 1), rel=1e-12)


def test_unequal_groups_have_welchs_degrees_of_freedom() -> None:
    given = Assumptions(speaker_sigma=0.5, dispersion=0.0)
    error = Forecaster(given).log_error(equal_speakers(8, 50), 1.0)
    few, many = given.log_mean_variance(8), given.log_mean_variance(50)
    welch = (few + many) ** 2 / (few**2 / 7 + many**2 / 49)
    assert error == pytest.approx((math.sqrt(few + many), welch), rel=1e-12)


def test_log_of_a_mean_rate_is_exact_for_one_speaker_and_of_second_order_for_many() -> None:
    heavy = Assumptions(speaker_sigma=0.8)
    v = math.expm1(0.64)
    assert heavy.log_mean_variance(1) == pytest.approx(0.64, rel=1e-12)
    assert heavy.log_mean_variance(1e4) == pytest.approx(v / 1e4 - v**2 * (v + 0.5) / 1e8, rel=1e-7)
    assert Assumptions(speaker_sigma=0.0).log_mean_variance(7) == 0
    # The textbook's v/n where speakers hardly differ.
    assert Assumptions(speaker_sigma=1e-9).log_mean_variance(7) == pytest.approx(1e-18 / 7, rel=1e-6)


@pytest.mark.parametrize(("sigma", "n"), [(0.4, 3), (0.8, 2), (0.8, 6), (0.8, 20), (1.0, 10)])
def test_log_of_a_mean_rate_varies_as_in_simulated_speakers(sigma: float, n: int) -> None:
    rates = draw_effects(np.random.default_rng(n), (40_000, n), sigma)
    drawn = float(np.log(rates.mean(axis=1)).var())
    found = Assumptions(speaker_sigma=sigma).log_mean_variance(n)
    assert found == pytest.approx(drawn, rel=0.035 if sigma < 1 else 0.07)


@pytest.mark.parametrize(("n_each", "ratio"), [(10, 1.3), (25, 1.15), (60, 1.1)])
def test_textbook_limit_is_the_power_of_a_t_test_of_two_groups(n_each: int, ratio: float) -> None:
    """statsmodels' power of the two-sample t test: equal words, lognormal rates that are nearly normal."""
    given = Assumptions(speaker_sigma=0.15, dispersion=0.0)
    found = Forecaster(given).disparity_power(equal_speakers(n_each, n_each), ratio)
    textbook = TTestIndPower().power(math.log(ratio) / 0.15, n_each, 0.05)
    assert found == pytest.approx(textbook, abs=0.01)


def test_expected_effective_speakers_are_those_of_drawn_words() -> None:
    rng = np.random.default_rng(2)
    words = draw_words(rng, (20_000, 15), MEDIUM).astype(float)
    drawn = np.square(words.sum(axis=1)).mean() / np.square(words).sum(axis=1).mean()
    assert Side.expected(15, MEDIUM.words, MEDIUM.cv).n_effective == pytest.approx(drawn, rel=0.02)


def test_a_sample_of_cells_knows_who_is_in_both() -> None:
    group, other = cell([1, 2, 3], [100, 200, 100]), cell([1, 1], [50, 150], speakers=[2, 7])
    sample = Sample.of(group, other)
    assert (sample.group.n_words, sample.other.n_words) == (400, 200)
    assert sample.group.n_effective == pytest.approx(400**2 / (100**2 + 200**2 + 100**2))
    assert sample.overlap == pytest.approx((100 / 400) * (50 / 200))
    apart = Sample.of(group, cell([1, 1], [50, 150], speakers=[7, 8]))
    assert apart.overlap == 0


@pytest.mark.parametrize("n_shared", [0, 10, 20])
def test_standard_error_is_that_of_simulated_speakers(n_shared: int) -> None:
    rng, n, runs = np.random.default_rng(n_shared), 20, 4000
    people = draw_effects(rng, (runs, 2 * n - n_shared), 0.3)
    words = [draw_words(rng, (n,), MEDIUM) for _ in range(2)]
    logs = []
    for side, first in zip(words, (0, n - n_shared), strict=True):
        errors = draw_errors(rng, np.tile(side, (runs, 1)), people[:, first : first + n], 0.15, MEDIUM)
        logs.append(np.log(errors.sum(axis=1) / side.sum()))
    places = np.arange(n), n - n_shared + np.arange(n)
    cells = [as_cell(side // 7, side, place) for side, place in zip(words, places, strict=True)]
    given = Assumptions(wer=0.15, speaker_sigma=0.3, dispersion=3.0, shared_correlation=1.0)
    error = Forecaster(given).log_error(Sample.of(*cells), 1.0)
    assert error is not None
    assert np.std(logs[0] - logs[1]) == pytest.approx(error[0], rel=0.05)


def test_smallest_ratio_has_the_power_that_it_is_promised_with() -> None:
    forecaster, sample = Forecaster(MEDIUM_TRUTH, family_size=4), equal_speakers(12, 30, cv=0.66)
    ratio = forecaster.smallest_ratio(sample)
    assert ratio is not None
    assert forecaster.disparity_power(sample, ratio) == pytest.approx(0.8, abs=1e-4)
    assert Forecaster(MEDIUM_TRUTH).smallest_ratio(sample) < ratio


@pytest.mark.parametrize(
    ("setting", "n_group", "n_other"), [(MEDIUM, 10, 10), (MEDIUM, 12, 40), (HEAVY, 10, 10)]
)
def test_promised_ratio_is_found_as_often_as_promised(setting: Setting, n_group: int, n_other: int) -> None:
    sample = equal_speakers(n_group, n_other, cv=setting.cv)
    truth = Assumptions(wer=0.15, speaker_sigma=setting.sigma, dispersion=setting.dispersion)
    ratio = Forecaster(truth).smallest_ratio(sample)
    assert ratio is not None
    rng, runs, found = np.random.default_rng(n_other), 500, 0
    for _ in range(runs):
        sides = []
        for n, rate, first in ((n_group, 0.15 * ratio, 0), (n_other, 0.15, n_group)):
            words = draw_words(rng, (n,), setting)
            effects = draw_effects(rng, (n,), setting.sigma)
            errors = draw_errors(rng, words, effects, rate, setting)
            sides.append(as_cell(errors, words, first + np.arange(n)))
        bounds = wer_ratio(*sides).bounds(0.95)
        found += bounds is not None and not bounds[0] <= 1 <= bounds[1]
    assert found / runs == pytest.approx(0.8, abs=0.05 + 3 * math.sqrt(0.16 / runs))


def test_speakers_needed_are_the_fewest_that_do() -> None:
    forecaster = Forecaster(MEDIUM_TRUTH)

    def power(number: int) -> float:
        return forecaster.disparity_power(equal_speakers(number, number), 1.5)

    needed = speakers_needed(power, least=10)
    assert needed is not None
    assert power(needed - 1) < 0.8 <= power(needed)
    assert speakers_needed(power, least=needed + 7) == needed + 7


def test_a_need_that_nobody_could_meet_is_none() -> None:
    forecaster, few = Forecaster(MEDIUM_TRUTH), Side.expected(10, 600, 0.66)

    def power(number: int) -> float:
        return forecaster.disparity_power(Sample(Side.expected(number, 600, 0.66), few), 1.1)

    assert power(MOST_SPEAKERS) < 0.8
    assert speakers_needed(power, least=10) is None


def test_equivalence_needs_speakers_in_the_hundreds_for_usual_spread() -> None:
    forecaster = Forecaster(MEDIUM_TRUTH)
    assert forecaster.equivalence_power(equal_speakers(30, 30, cv=0.66), 1.25) < 0.1
    assert forecaster.equivalence_power(equal_speakers(130, 130, cv=0.66), 1.25) > 0.8
    # At the margin itself a wrong `equivalent` keeps the level.
    assert forecaster.equivalence_power(equal_speakers(130, 130, cv=0.66), 1.25, ratio=1.25) <= 0.05


@pytest.mark.parametrize(
    "sample", [equal_speakers(0, 20), equal_speakers(1, 20), Sample(Side(0.0, 0.0), Side(0.0, 0.0))]
)
def test_no_or_one_speaker_can_show_nothing(sample: Sample) -> None:
    forecaster = Forecaster(Assumptions())
    assert forecaster.log_error(sample, 1.0) is None
    assert forecaster.disparity_power(sample, LARGEST_RATIO) == 0
    assert forecaster.equivalence_power(sample, 1.25) == 0
    assert forecaster.smallest_ratio(sample) is None


def test_beyond_the_balance_more_words_help_less_than_more_people() -> None:
    given = Assumptions()
    balance = given.balanced_words

    def error(n_speakers: float, words: float) -> float:
        found = Forecaster(given).log_error(equal_speakers(n_speakers, n_speakers, words=words), 1.0)
        assert found is not None
        return found[0]

    for words, more_people_win in ((balance / 10, False), (balance * 10, True)):
        # As many words in all cost the same: twice the people, or twice the words of each.
        saved_by_words = error(100, words) - error(100, 2 * words)
        assert (saved_by_words < error(100, words) / 10) is more_people_win
    assert Assumptions(speaker_sigma=0.0).balanced_words == math.inf
