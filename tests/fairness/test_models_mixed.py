"""Random intercepts: against NB2, against integrals by brute force, and against known truth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from model_rows import rows, simulated
from scipy import integrate as scipy_integrate
from scipy import optimize, stats
from statsmodels.discrete.discrete_model import NegativeBinomial

from asr_fair.fairness.model_status import Label, ModelStatus
from asr_fair.fairness.models.design import Design, build_design
from asr_fair.fairness.models.dispersion import no_spread_p
from asr_fair.fairness.models.gamma import fit_poisson_gamma, gamma_log_likelihood
from asr_fair.fairness.models.mixed import Derivatives
from asr_fair.fairness.models.normal import fit_poisson_normal, integrate, normal_log_likelihood
from asr_fair.fairness.models.poisson import fit_poisson
from asr_fair.fairness.models.table import Numeric, Observations


def design_of(seed: int, *, adjusted: bool = True, **settings: float) -> Design:
    observations, number = simulated(seed, **settings)
    with_number = Observations(
        observations.errors,
        observations.words,
        observations.speakers,
        observations.groups,
        (Numeric("rate", number),),
    )
    return build_design(with_number, adjusted=adjusted)


def test_one_row_per_speaker_is_the_negative_binomial_nb2():
    design = design_of(1, n_speakers=60, n_rows_each=1)
    found = fit_poisson_gamma(design)
    oracle = NegativeBinomial(design.errors, design.matrix, offset=np.log(design.words)).fit(
        disp=False, maxiter=500, gtol=1e-9
    )
    columns = [term.column for term in (*design.groups, *design.covariates)]
    ratios = (*found.groups, *found.covariates)
    assert [ratio.log_ratio for ratio in ratios] == pytest.approx(oracle.params[columns], abs=1e-5)
    assert [ratio.se_log for ratio in ratios] == pytest.approx(oracle.bse[columns], rel=1e-4)
    assert found.log_likelihood == pytest.approx(oracle.llf, abs=1e-7)
    assert found.label is Label.CONDITIONAL


@pytest.mark.parametrize(
    ("errors", "mean", "sd"),
    [(0, 0.3, 2.0), (1, 4.0, 0.3), (7, 2.0, 0.8), (40, 55.0, 0.4), (900, 700.0, 0.5)],
)
def test_quadrature_is_the_integral(errors: int, mean: float, sd: float):
    found = integrate(np.array([float(errors)]), np.array([mean]), sd, 40)
    peak = float(found.intercepts.mean())
    highest = errors * sd * peak - mean * np.exp(sd * peak)

    def integrand(b: float) -> float:
        return np.exp(errors * sd * b - mean * np.exp(sd * b) - highest) * stats.norm.pdf(b)

    area = scipy_integrate.quad(integrand, peak - 12, peak + 12, points=[peak], epsabs=0, epsrel=1e-11)[0]
    assert found.log_integrals[0] == pytest.approx(np.log(area) + highest, abs=1e-6)


@pytest.mark.parametrize("likelihood", [gamma_log_likelihood, partial(normal_log_likelihood, nodes=30)])
def test_derivatives_are_those_of_the_value(likelihood: Callable[..., Derivatives]):
    design = design_of(2, words=20)
    point = np.array([-1.8, 0.2, -0.3, 0.1, np.log(0.3)])

    def at(where: np.ndarray) -> Derivatives:
        return likelihood(design, where[:-1], where[-1])

    steps = 1e-5 * np.eye(len(point))
    gradient = [(at(point + step).value - at(point - step).value) / 2e-5 for step in steps]
    hessian = [(at(point + step).gradient - at(point - step).gradient) / 2e-5 for step in steps]
    assert at(point).gradient == pytest.approx(np.array(gradient), rel=1e-5, abs=1e-5)
    assert at(point).hessian == pytest.approx(np.array(hessian), rel=1e-5, abs=1e-4)


def test_normal_fit_is_the_one_found_by_brute_force():
    design = design_of(4, n_speakers=12, words=30)
    found = fit_poisson_normal(design)
    grid = np.linspace(-6, 6, 1201)
    log_weights = stats.norm.logpdf(grid) + np.log(grid[1] - grid[0])
    blocks = np.split(np.arange(len(design.errors)), design.starts[1:])

    def loss(point: np.ndarray) -> float:
        linear = design.matrix @ point[:-1] + np.log(design.words)
        total = 0.0
        for block in blocks:
            means = np.exp(linear[block, None] + np.exp(point[-1]) * grid)
            logs = stats.poisson.logpmf(design.errors[block, None], means).sum(axis=0) + log_weights
            total -= np.logaddexp.reduce(logs)
        return total

    best = optimize.minimize(loss, [-2, 0, 0, 0, np.log(0.5)], method="BFGS")
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-5)
    columns = [term.column for term in (*design.groups, *design.covariates)]
    ratios = (*found.groups, *found.covariates)
    assert [ratio.log_ratio for ratio in ratios] == pytest.approx(best.x[columns], abs=1e-3)
    assert found.spread.sd_log == pytest.approx(np.exp(best.x[-1]), abs=1e-3)


def test_estimates_settle_as_nodes_grow():
    design = design_of(6)
    at = {nodes: fit_poisson_normal(design, nodes) for nodes in (7, 15, 40)}
    away = [abs(at[nodes].log_likelihood - at[40].log_likelihood) for nodes in (7, 15)]
    assert away[1] < 1e-8
    assert away[1] <= away[0] < 1e-3
    for coarse, fine in zip(at[15].groups, at[40].groups, strict=True):
        assert coarse.log_ratio == pytest.approx(fine.log_ratio, abs=1e-7)
        assert coarse.se_log == pytest.approx(fine.se_log, rel=1e-6)


@pytest.mark.parametrize("fit", [fit_poisson_gamma, fit_poisson_normal])
def test_truth_is_within_three_standard_errors(fit: Callable[[Design], object]):
    design = design_of(9, n_speakers=240, sigma=0.5)
    found = fit(design)
    rate = found.covariates[0]
    number = np.concatenate([[0.0], design.matrix[:, design.covariates[0].column]])
    assert number.std() == pytest.approx(1, abs=0.01)  # the ratio is per standard deviation, here 1
    for ratio, truth in zip((*found.groups, rate), (0.3, -0.4, 0.3), strict=True):
        assert abs(ratio.log_ratio - truth) < 3 * ratio.se_log
    assert found.spread.sd_log == pytest.approx(0.5, abs=0.08)
    assert found.spread.p < 1e-10


def test_without_spread_half_of_the_estimates_are_at_the_boundary():
    fits = [fit_poisson_gamma(design_of(seed, n_speakers=90, sigma=0.0)) for seed in range(40)]
    assert all(fit.status is ModelStatus.OK for fit in fits)
    at_zero = sum(fit.spread.sd_log == 0 for fit in fits)
    assert stats.binomtest(at_zero, 40, 0.5).pvalue > 0.001
    assert {fit.spread.p for fit in fits if fit.spread.sd_log == 0} == {1.0}


def test_at_the_boundary_the_fit_is_the_naive_poisson():
    # Speakers whose errors are exactly in proportion to their words differ less than Poisson errors do.
    observations = rows([10, 20, 30, 20, 30, 40], [100, 200, 300, 100, 150, 200], range(6), "AAABBB")
    design = build_design(observations, adjusted=False)
    for fit in (fit_poisson_gamma(design), fit_poisson_normal(design)):
        assert fit.status is ModelStatus.OK
        assert fit.groups[0].value == pytest.approx(2.0, rel=1e-9)
        assert fit.groups[0].se_log == pytest.approx(np.sqrt(1 / 60 + 1 / 90), rel=1e-9)
        assert fit.log_likelihood == pytest.approx(fit_poisson(design).log_likelihood, abs=1e-12)
        assert (fit.spread.sd_log, fit.spread.p) == (0.0, 1.0)


def test_p_of_no_spread_is_half_of_chi_squares():
    assert no_spread_p(2.705543) == pytest.approx(0.05, abs=1e-6)
    assert no_spread_p(0.0) == 1.0
