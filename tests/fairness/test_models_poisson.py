"""The primary model: against pooled rates, and against statsmodels' estimating equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_rows import rows, simulated
from scipy import stats
from statsmodels.genmod import families
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.genmod.generalized_linear_model import GLM

from asr_fair.fairness.model_status import Label, ModelStatus
from asr_fair.fairness.models.design import Design, build_design
from asr_fair.fairness.models.poisson import Covariance, fit_poisson
from asr_fair.fairness.models.table import Categorical, Numeric, Observations

three_groups = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 300)), min_size=6, max_size=20)


def design_with_covariates(seed: int) -> Design:
    observations, number = simulated(seed)
    device = Categorical("device", np.arange(len(number)) % 2, ("near", "far"), "near")
    return build_design(
        Observations(
            observations.errors,
            observations.words,
            observations.speakers,
            observations.groups,
            (Numeric("rate", number), device),
        ),
        adjusted=True,
    )


def equations_of_statsmodels(design: Design, cov_type: str):
    """The same rows through statsmodels (oracle)."""
    speakers = design.per_row(np.arange(design.n_speakers))
    model = GEE(
        design.errors,
        design.matrix,
        groups=speakers,
        family=families.Poisson(),
        offset=np.log(design.words),
        cov_struct=Independence(),
    )
    return model.fit(cov_type=cov_type)


@given(three_groups)
@settings(max_examples=50, deadline=None)
def test_with_groups_alone_the_ratio_is_that_of_the_pooled_rates(counts: list[tuple[int, int]]):
    errors, words = np.array(counts).T
    names = np.array(list("ABC"))[np.arange(len(counts)) % 3]
    fit = fit_poisson(build_design(rows(errors, words, range(len(counts)), "".join(names)), adjusted=False))
    pooled = {name: errors[names == name].sum() / words[names == name].sum() for name in "ABC"}
    assert [ratio.term for ratio in fit.groups] == ["B", "C"]
    for ratio in fit.groups:
        assert ratio.value == pytest.approx(pooled[ratio.term] / pooled["A"], rel=1e-12)


@pytest.mark.parametrize(
    ("covariance", "cov_type"),
    [
        (Covariance.NAIVE, "naive"),
        (Covariance.CLUSTER, "robust"),
        (Covariance.MANCL_DEROUEN, "bias_reduced"),
    ],
)
def test_estimates_and_errors_are_those_of_statsmodels(covariance: Covariance, cov_type: str):
    design = design_with_covariates(7)
    found = fit_poisson(design, covariance)
    oracle = equations_of_statsmodels(design, cov_type)
    k = design.n_speakers
    # statsmodels' robust errors have no K/(K − 1).
    factor = np.sqrt(k / (k - 1)) if covariance is Covariance.CLUSTER else 1.0
    terms = (*design.groups, *design.covariates)
    ratios = (*found.groups, *found.covariates)
    columns = [term.column for term in terms]
    assert [ratio.log_ratio for ratio in ratios] == pytest.approx(oracle.params[columns], abs=1e-8)
    assert [ratio.se_log for ratio in ratios] == pytest.approx(factor * oracle.bse[columns], rel=1e-6)
    assert (found.label, found.status, found.method) == (
        Label.MARGINAL,
        ModelStatus.OK,
        f"poisson-{covariance}" + ("" if covariance is Covariance.NAIVE else "-effective"),
    )


def test_likelihood_and_dispersion_are_those_of_statsmodels():
    design = design_with_covariates(8)
    found = fit_poisson(design)
    oracle = GLM(design.errors, design.matrix, families.Poisson(), offset=np.log(design.words)).fit()
    assert found.log_likelihood == pytest.approx(oracle.llf, abs=1e-8)
    assert found.dispersion == pytest.approx(oracle.pearson_chi2 / oracle.df_resid, rel=1e-9)


def test_totals_of_speakers_say_what_their_utterances_say():
    utterances, _ = simulated(3)
    by_speaker = [
        np.bincount(utterances.speakers, weights=values).astype(int)
        for values in (utterances.errors, utterances.words)
    ]
    first = np.unique(utterances.speakers, return_index=True)[1]
    letters = "".join("ABC"[code] for code in utterances.groups.codes[first])
    totals = rows(*by_speaker, range(len(first)), letters)
    one, other = (fit_poisson(build_design(each, adjusted=False)).groups for each in (utterances, totals))
    assert [ratio.log_ratio for ratio in one] == pytest.approx(
        [ratio.log_ratio for ratio in other], abs=1e-12
    )
    assert [ratio.se_log for ratio in one] == pytest.approx([ratio.se_log for ratio in other], rel=1e-9)


def test_interval_is_t_with_the_degrees_of_freedom_of_the_ratio():
    observations, _ = simulated(5, n_speakers=9)
    ratio = fit_poisson(build_design(observations, adjusted=False)).groups[0]
    assert 1 < ratio.df <= 9 - 3
    low, high = ratio.bounds(0.9)
    half_width = np.log(high / low) / 2
    assert half_width == pytest.approx(stats.t.ppf(0.95, ratio.df) * ratio.se_log, rel=1e-9)
    assert np.sqrt(low * high) == pytest.approx(ratio.value, rel=1e-12)


def test_order_of_rows_does_not_matter():
    design = design_with_covariates(11)
    observations, number = simulated(11)
    order = np.random.default_rng(1).permutation(len(number))
    device = (np.arange(len(number)) % 2)[order]
    shuffled = Observations(
        observations.errors[order],
        observations.words[order],
        observations.speakers[order],
        Categorical("g", observations.groups.codes[order], ("A", "B", "C"), "A"),
        (Numeric("rate", number[order]), Categorical("device", device, ("near", "far"), "near")),
    )
    one, other = fit_poisson(design), fit_poisson(build_design(shuffled, adjusted=True))
    for first, second in zip(one.groups, other.groups, strict=True):
        assert second.log_ratio == pytest.approx(first.log_ratio, abs=1e-9)
        assert second.se_log == pytest.approx(first.se_log, rel=1e-9)


def test_combination_without_errors_is_no_convergence():
    # All errors lie at 0 of a number that is 0 or 1: its slope runs away.
    number = Numeric("x", np.array([0.0, 1, 0, 1, 0, 1, 0, 1]))
    observations = rows([3, 0, 4, 0, 5, 0, 2, 0], [50] * 8, range(8), "AABBAABB", number)
    fit = fit_poisson(build_design(observations, adjusted=True))
    assert fit.status is ModelStatus.NOT_CONVERGED
    assert [(each.value, each.status) for each in fit.groups] == [(None, ModelStatus.NOT_CONVERGED)]
    assert fit.log_likelihood is None
