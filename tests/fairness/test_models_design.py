"""Degenerate rows: every term has a defined status, and the others keep their figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_rows import rows, simulated
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from asr_fair.fairness.model_status import ModelStatus
from asr_fair.fairness.models.adjust import unadjusted_and_adjusted
from asr_fair.fairness.models.design import build_design
from asr_fair.fairness.models.fit import Fit, Ratio
from asr_fair.fairness.models.gamma import fit_poisson_gamma
from asr_fair.fairness.models.normal import fit_poisson_normal
from asr_fair.fairness.models.poisson import fit_poisson
from asr_fair.fairness.models.table import Categorical, Dropped, Numeric, Observations

MODELS = (fit_poisson, fit_poisson_gamma, fit_poisson_normal)
EIGHT = ([9, 20, 14, 8, 20, 35, 24, 41], [100] * 8, range(8), "AAAABBBB")


def fitted(observations: Observations, *, adjusted: bool = False) -> Fit:
    return fit_poisson(build_design(observations, adjusted=adjusted))


def statuses(fit: Fit) -> dict[str, ModelStatus]:
    return {ratio.term: ratio.status for ratio in (*fit.groups, *fit.covariates)}


def test_group_without_errors_has_no_ratio_and_changes_no_other():
    errors, words, _, names = EIGHT
    with_silent = rows([*errors, 0, 0], [*words, 80, 90], range(10), names + "CC")
    for model in MODELS:
        alone = model(build_design(rows(*EIGHT), adjusted=False))
        found = model(build_design(with_silent, adjusted=False))
        assert statuses(found) == {"B": ModelStatus.OK, "C": ModelStatus.NO_ERRORS}
        assert found.groups[0].log_ratio == pytest.approx(alone.groups[0].log_ratio, abs=1e-9)
        assert found.groups[1].value is None
        assert found.groups[1].bounds(0.95) is None


def test_group_without_rows_or_words_is_said_to_have_none():
    errors, words, _, names = EIGHT
    observations = rows([*errors, 3], [*words, 0], range(9), names + "C", levels="ABCD")
    found = fitted(observations)
    missing = ModelStatus.NO_REFERENCE_WORDS
    assert statuses(found) == {"B": ModelStatus.OK, "C": missing, "D": missing}
    assert found.dropped == Dropped(without_words=1, errors_without_words=3)


@pytest.mark.parametrize("errors_of_reference", [[0, 0, 0, 0], None])
def test_reference_without_errors_or_rows_leaves_nothing_to_compare_with(
    errors_of_reference: list[int] | None,
):
    errors, words, speakers, names = EIGHT
    if errors_of_reference is None:
        observations = rows(errors[4:], words[4:], range(4), "BBBB")
    else:
        observations = rows([*errors_of_reference, *errors[4:]], words, speakers, names)
    for model in MODELS:
        found = model(build_design(observations, adjusted=False))
        assert found.status is ModelStatus.NO_COMPARISON
        assert statuses(found) == {"B": ModelStatus.NO_COMPARISON}
        assert found.log_likelihood is None


def test_no_rows_at_all_have_a_status():
    for observations in (rows([], [], [], ""), rows([2, 1], [0, 0], [0, 1], "AB")):
        for model in MODELS:
            found = model(build_design(observations, adjusted=True))
            assert found.status is ModelStatus.NO_REFERENCE_WORDS
            assert found.n_speakers == 0


def test_undeclared_reference_is_no_comparison():
    observations = rows(*EIGHT)
    other = Observations(
        observations.errors,
        observations.words,
        observations.speakers,
        Categorical("g", observations.groups.codes, ("A", "B"), "Z"),
    )
    assert statuses(fitted(other)) == {"A": ModelStatus.NO_COMPARISON, "B": ModelStatus.NO_COMPARISON}


@pytest.mark.parametrize("names", ["AAAAB", "ABBBB"])
def test_group_of_one_speaker_has_a_ratio_and_no_interval(names: str):
    for model in MODELS:
        found = model(build_design(rows([9, 20, 14, 8, 40], [100] * 5, range(5), names), adjusted=False))
        assert statuses(found) == {"B": ModelStatus.ONE_SPEAKER}
        assert found.groups[0].value is not None
        assert found.groups[0].se_log is None


def test_one_speakers_group_leaves_the_other_intervals_as_they_are():
    errors, words, _, names = EIGHT
    lone = rows([*errors, 30], [*words, 70], range(9), names + "C")
    found, alone = fitted(lone), fitted(rows(*EIGHT))
    assert statuses(found) == {"B": ModelStatus.OK, "C": ModelStatus.ONE_SPEAKER}
    assert found.groups[0].se_log == pytest.approx(alone.groups[0].se_log, rel=1e-9)


def test_one_speaker_in_all_is_one_speaker():
    found = fitted(rows([3, 5, 8, 9], [50] * 4, [0] * 4, "ABAB"))
    assert statuses(found) == {"B": ModelStatus.ONE_SPEAKER}


def test_as_many_coefficients_as_speakers_leave_no_interval():
    found = fitted(rows([3, 5, 8, 9], [50] * 4, [0, 0, 1, 1], "ABAB"))
    assert statuses(found) == {"B": ModelStatus.TOO_FEW_SPEAKERS}
    assert found.groups[0].value == pytest.approx(14 / 11)


def test_speakers_in_both_groups_are_compared_with_themselves():
    errors = [10, 13, 40, 52, 22, 28, 5, 7]
    found = fitted(rows(errors, [100] * 8, np.repeat(range(4), 2), "ABABABAB"))
    apart = fitted(rows(errors, [100] * 8, range(8), "ABABABAB"))
    assert found.groups[0].value == pytest.approx(apart.groups[0].value)
    assert found.groups[0].se_log < 0.2 * apart.groups[0].se_log


def test_speakers_who_do_not_differ_have_no_interval():
    found = fitted(rows([10] * 4 + [20] * 4, [100] * 8, range(8), "AAAABBBB"))
    assert statuses(found) == {"B": ModelStatus.NO_INTERVAL}


def test_group_that_goes_with_its_device_cannot_be_told_from_it():
    device = Categorical("device", np.repeat([0, 1], 4), ("near", "far"), "near")
    both = unadjusted_and_adjusted(rows(*EIGHT, device), fit_poisson)
    assert statuses(both.unadjusted) == {"B": ModelStatus.OK}
    assert statuses(both.adjusted) == {"B": ModelStatus.RANK_DEFICIENT, "far": ModelStatus.RANK_DEFICIENT}


def test_covariates_that_repeat_each_other_leave_the_group_its_ratio():
    x = np.array([1.0, 2, 4, 3, 2, 5, 3, 1])
    once = fitted(rows(*EIGHT, Numeric("x", x)), adjusted=True)
    twice = fitted(
        rows(*EIGHT, Numeric("x", x), Numeric("y", 3 - 2 * x), Numeric("c", x * 0 + 0.1)), adjusted=True
    )
    deficient = ModelStatus.RANK_DEFICIENT
    assert statuses(twice) == {"B": ModelStatus.OK, "x": deficient, "y": deficient, "c": deficient}
    assert twice.groups[0].log_ratio == pytest.approx(once.groups[0].log_ratio, abs=1e-9)
    assert twice.groups[0].se_log == pytest.approx(once.groups[0].se_log, rel=1e-7)


def test_level_without_errors_gives_the_limit_that_statsmodels_runs_towards():
    errors, words, _, names = EIGHT
    codes = np.array([0, 1, 0, 1, 0, 1, 0, 1, 2, 2])
    room = Categorical("room", codes, ("hall", "car", "booth"), "hall")
    observations = rows([*errors, 0, 0], [*words, 50, 60], range(10), names + "AB", room)
    found = fitted(observations, adjusted=True)
    assert statuses(found) == {"B": ModelStatus.OK, "car": ModelStatus.OK, "booth": ModelStatus.NO_ERRORS}
    dummies = np.column_stack([np.ones(10), observations.groups.codes == 1, codes == 1, codes == 2])
    oracle = GLM(observations.errors, dummies, families.Poisson(), offset=np.log(observations.words))
    assert found.groups[0].log_ratio == pytest.approx(oracle.fit(maxiter=30).params[1], abs=1e-6)


def test_adjusting_changes_no_rows():
    x = np.array([1.0, 2, np.nan, 3, 2, np.inf, 3, 1])
    room = Categorical("room", np.array([0, 1, 0, 1, -1, 1, 0, 1]), ("hall", "car"), "hall")
    both = unadjusted_and_adjusted(rows(*EIGHT, Numeric("x", x), room), fit_poisson)
    assert both.unadjusted.dropped == both.adjusted.dropped == Dropped(incomplete=3)
    assert both.unadjusted.n_rows == both.adjusted.n_rows == 5
    assert unadjusted_and_adjusted(rows(*EIGHT), fit_poisson).adjusted is None


def test_adjusting_removes_what_a_confounder_explains():
    observations, number = simulated(1, n_speakers=120)
    # B is recorded where the number is high; the number raises the rate by e^.3 per unit.
    confounder = number + 1.5 * (observations.groups.codes == 1)
    rng = np.random.default_rng(5)
    errors = rng.poisson(0.1 * observations.words * np.exp(0.3 * confounder))
    made = Observations(
        errors, observations.words, observations.speakers, observations.groups, (Numeric("x", confounder),)
    )
    both = unadjusted_and_adjusted(made, fit_poisson)
    assert both.unadjusted.groups[0].log_ratio == pytest.approx(0.45, abs=0.1)
    low, high = both.adjusted.groups[0].bounds(0.99)
    assert low < 1 < high


def test_number_is_per_standard_deviation_whatever_its_unit():
    x = np.array([1.0, 2, 4, 3, 2, 5, 3, 1])
    one, other = (
        fitted(rows(*EIGHT, Numeric("x", values)), adjusted=True).covariates[0]
        for values in (x, 1e6 + 1000 * x)
    )
    assert (one.versus, one.log_ratio) == (None, pytest.approx(other.log_ratio, abs=1e-8))


def check_ratio(ratio: Ratio) -> None:
    for number in (ratio.log_ratio, ratio.se_log, ratio.value, *(ratio.bounds(0.95) or ())):
        assert number is None or math.isfinite(number)
    assert (ratio.status is ModelStatus.OK) == (ratio.se_log is not None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, 3, 400]),  # errors
            st.sampled_from([0, 1, 20, 5000]),  # words
            st.integers(0, 4),  # speaker
            st.integers(-1, 2),  # group
            st.integers(-1, 2),  # device
            st.sampled_from([0.0, 1.0, 1e8, math.nan, -math.inf]),
        ),
        max_size=14,
    )
)
@settings(max_examples=40, deadline=None)
def test_whatever_the_rows_there_is_a_status_and_no_nan(drawn: list[tuple[float, ...]]):
    table = np.array(drawn, float).reshape(-1, 6)
    errors, words, speakers, groups, devices = table[:, :5].T.astype(np.int64)
    observations = Observations(
        errors,
        words,
        speakers,
        Categorical("g", groups, ("A", "B", "C"), "A"),
        (Categorical("device", devices, ("x", "y", "z"), "y"), Numeric("n", table[:, 5])),
    )
    for model in MODELS:
        for fit in unadjusted_and_adjusted(observations, model):
            assert fit is not None
            assert [ratio.term for ratio in fit.groups] == ["B", "C"]
            for ratio in (*fit.groups, *fit.covariates):
                check_ratio(ratio)
            for number in (fit.log_likelihood, fit.dispersion):
                assert number is None or math.isfinite(number)
