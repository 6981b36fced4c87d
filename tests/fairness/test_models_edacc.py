"""Row B of the methods: the models on EdAcc, by utterance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_rows import edacc_utterances
from scipy import optimize

from asr_fair.fairness.models.design import Design, build_design
from asr_fair.fairness.models.gamma import fit_poisson_gamma
from asr_fair.fairness.models.normal import fit_poisson_normal, normal_log_likelihood
from asr_fair.fairness.models.poisson import Covariance, fit_poisson
from asr_fair.fairness.models.table import Categorical, Observations

pytestmark = pytest.mark.shared

PUBLISHED = {
    "Vietnamese": [0.513, 0.027, 0.167, 0.201, 0.649, 0.208, 0.627, 0.200],
    "Spanish": [0.438, 0.026, 0.129, 0.158, 0.515, 0.220, 0.477, 0.211],
    "Jamaican English": [0.310, 0.031, 0.317, 0.411, 0.330, 0.237, 0.438, 0.228],
}


@pytest.fixture(scope="module")
def utterances(shared_data: Path) -> Observations:
    return edacc_utterances(shared_data)


@pytest.fixture(scope="module")
def design(utterances: Observations) -> Design:
    return build_design(utterances, adjusted=False)


def test_rows_are_those_with_words(design: Design):
    assert (len(design.errors), design.n_speakers) == (4818, 35)
    assert design.dropped == (269, 451, 0)


def test_coefficients_and_standard_errors_are_the_published_ones(design: Design):
    naive, cluster, corrected = (fit_poisson(design, covariance) for covariance in Covariance)
    normal, gamma = fit_poisson_normal(design), fit_poisson_gamma(design)
    found = {
        first.term: [
            first.log_ratio,
            *(ratio.se_log for ratio in (first, *others[:2])),
            *(number for ratio in others[2:] for number in (ratio.log_ratio, ratio.se_log)),
        ]
        for first, *others in zip(
            naive.groups, cluster.groups, corrected.groups, normal.groups, gamma.groups, strict=True
        )
    }
    for group, numbers in PUBLISHED.items():
        assert found[group] == pytest.approx(numbers, abs=1e-3), group
    assert normal.spread.sd_log == pytest.approx(0.388, abs=1e-3)
    assert naive.dispersion == pytest.approx(55.8, abs=0.1)


def test_likelihoods_of_the_quadrature_are_the_published_ones(design: Design):
    fine = fit_poisson_normal(design, 40)
    assert -fit_poisson_normal(design, 5).log_likelihood == pytest.approx(17523.9179488, abs=1e-6)
    assert -fit_poisson_normal(design).log_likelihood == pytest.approx(17523.91792, abs=1e-5)
    assert -fine.log_likelihood == pytest.approx(17523.91792, abs=1e-5)
    # With one node the derivatives mean nothing: Laplace's approximation is climbed by its values.
    start = np.append(np.zeros(design.rank), np.log(0.15))
    start[0] = -1.8
    laplace = optimize.minimize(
        lambda point: -normal_log_likelihood(design, point[:-1], point[-1], nodes=1).value,
        start,
        method="BFGS",
    )
    assert laplace.fun == pytest.approx(17523.9271, abs=1e-3)


def test_accent_matters_far_less_once_speakers_differ(utterances: Observations, design: Design):
    # Methods section 0: likelihood ratios 1634 and 20.7 on 6 degrees of freedom.
    everyone = Categorical("all", np.zeros_like(utterances.groups.codes), ("all",), "all")
    together = build_design(replace(utterances, groups=everyone), adjusted=False)
    ratios = [
        2 * (fit(design).log_likelihood - fit(together).log_likelihood)
        for fit in (fit_poisson, fit_poisson_normal)
    ]
    assert ratios == [pytest.approx(1634, abs=1), pytest.approx(20.7, abs=0.05)]
