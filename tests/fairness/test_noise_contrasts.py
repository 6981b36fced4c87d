"""What noise does to groups: paired within people, and against another group."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from fairness_tables import cell
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from asr_fair.fairness.estimates.gaps import wer_gap, wer_ratio
from asr_fair.fairness.noise.robustness import difference_in_differences, noise_gap, noise_ratio
from asr_fair.fairness.results import Status

WORDS = [100] * 4
CLEAN, NOISY = cell([10, 20, 12, 30], WORDS), cell([25, 41, 20, 52], WORDS)
OTHER_CLEAN = cell([8, 9, 12, 7], WORDS, speakers=[4, 5, 6, 7])
OTHER_NOISY = cell([12, 20, 18, 9], WORDS, speakers=[4, 5, 6, 7])


def test_gap_to_clean_is_the_paired_t_interval_of_speaker_differences():
    found = noise_gap(NOISY, CLEAN)
    oracle = stats.ttest_rel([0.25, 0.41, 0.20, 0.52], [0.10, 0.20, 0.12, 0.30]).confidence_interval(0.95)
    assert found.value == pytest.approx(0.345 - 0.18)
    assert found.bounds(0.95) == pytest.approx(tuple(oracle), rel=1e-12)


def test_ratio_to_clean_is_errors_over_errors_with_a_hand_made_jackknife():
    found = noise_ratio(NOISY, CLEAN)
    noisy, clean = np.array([25, 41, 20, 52]), np.array([10, 20, 12, 30])
    thetas = np.log((138 - noisy) / (72 - clean))
    se = math.sqrt(3 / 4 * ((thetas - thetas.mean()) ** 2).sum())
    reach = stats.t.ppf(0.975, 3) * se
    assert found.value == pytest.approx(138 / 72)
    assert found.bounds(0.95) == pytest.approx(
        (138 / 72 * math.exp(-reach), 138 / 72 * math.exp(reach)), rel=1e-12
    )


@pytest.mark.filterwarnings("ignore:Perfect separation")
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(40, 300)), min_size=2, max_size=6)
)
def test_ratio_to_clean_is_the_poisson_estimate_with_a_dummy_for_every_speaker(
    speakers: list[tuple[int, int, int]],
) -> None:
    # Methods section 6; statsmodels' ConditionalPoisson would drop who has equal counts (section 0).
    clean, noisy, words = np.array(speakers).T
    found = noise_ratio(cell(noisy, words), cell(clean, words)).value
    n = len(speakers)
    design = np.column_stack([np.tile(np.eye(n), (2, 1)), np.repeat([0, 1], n)])
    offset = np.log(np.tile(words, 2))
    oracle = sm.GLM(np.append(clean, noisy), design, family=sm.families.Poisson(), offset=offset).fit()
    assert found == pytest.approx(np.exp(oracle.params[-1]), rel=1e-6)


def test_difference_in_differences_is_welch_on_speaker_differences():
    found = difference_in_differences(NOISY, CLEAN, OTHER_NOISY, OTHER_CLEAN)
    own, other = np.array([15, 21, 8, 22]) / 100, np.array([4, 11, 6, 2]) / 100
    oracle = stats.ttest_ind(own, other, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(own.mean() - other.mean())
    assert found.bounds(0.95) == pytest.approx(tuple(oracle), rel=1e-12)
    assert found.method == "jackknife-welch"


def test_published_example_of_scales_that_disagree():
    # Methods section 6: g .30 → .60, r .10 → .25 gives +.15 in points and .80 as a ratio of ratios.
    cells = [cell(errors, [100, 100]) for errors in ([55, 65], [25, 35])]
    others = [cell(errors, [100, 100], speakers=[2, 3]) for errors in ([20, 30], [8, 12])]
    assert difference_in_differences(*cells, *others).value == pytest.approx(0.15)
    assert noise_ratio(*cells).value / noise_ratio(*others).value == pytest.approx(0.80)


def test_group_without_errors_has_a_gap_and_no_ratio():
    none, some = cell([0, 0, 0], [100] * 3), cell([5, 9, 7], [100] * 3, speakers=[3, 4, 5])
    for pair in ((none, some), (some, none)):
        ratio, gap = wer_ratio(*pair).at(0.95), wer_gap(*pair).at(0.95)
        assert (ratio.value, ratio.status) == (None, Status.NO_COMPARISON)
        assert abs(gap.value) == pytest.approx(0.07)
        assert (gap.low, gap.status) == (None, Status.NO_INTERVAL)


def test_missing_words_say_on_which_side_they_are_missing():
    empty, some = cell([0], [0]), cell([5, 9], [100, 100])
    assert wer_gap(empty, some).status is Status.NO_REFERENCE_WORDS
    assert wer_gap(some, empty).status is Status.NO_COMPARISON


def test_condition_that_changes_nothing_shows_no_spread():
    found = noise_gap(CLEAN, CLEAN).at(0.95)
    assert (found.value, found.low, found.status) == (0.0, None, Status.NO_INTERVAL)
