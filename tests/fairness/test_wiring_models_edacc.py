"""Row B of the methods through the analysis: models on EdAcc, by totals of speakers and by utterance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from fairness_tables import ACCENT, HEADLINE, no_losses
from model_rows import REFERENCE
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.generalized_estimating_equations import GEE

from asr_fair.config import Plan, Reference
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.model_status import ModelName
from asr_fair.fairness.results import ModelRow
from edacc_counts import headline

pytestmark = pytest.mark.shared

MODELS = (ModelName.CLUSTERED, ModelName.NORMAL, ModelName.GAMMA)
BY_UTTERANCE = {
    "Vietnamese": [(0.513, 0.201), (0.649, 0.208), (0.627, 0.200)],
    "Spanish": [(0.438, 0.158), (0.515, 0.220), (0.477, 0.211)],
    "Jamaican English": [(0.310, 0.411), (0.330, 0.237), (0.438, 0.228)],
}
"""ln ratio and standard error under each of `MODELS` (methods section 4)."""


def edacc(shared_data: Path) -> pd.DataFrame:
    table = headline(shared_data)
    accents = table["accent"].map(lambda each: each if isinstance(each, str) else each[0])
    return table.assign(accent=accents, speaker=table["speaker_id"])


def analysed(shared_data: Path, **plan: object) -> Findings:
    table = edacc(shared_data)
    # Lengths are not in this data; any that are known make the rows of the models utterances.
    people = pd.DataFrame(
        {
            "utterance_id": table["utterance_id"],
            "speaker": table["speaker"],
            "accent": table["accent"].map(lambda name: (name,)),
            "duration_s": 1.0 + np.arange(len(table)) % 7,
        }
    )
    references = {"accent": Reference(group=REFERENCE, reason="published")}
    return analyse(
        table,
        people,
        no_losses(),
        [ACCENT],
        Plan.model_validate({"references": references} | plan),
        headline=HEADLINE,
        expected=[("clean", table["system"].iloc[0])],
    )


def rows_of(findings: Findings, model: ModelName) -> dict[str, ModelRow]:
    return {one.group: one for one in findings.models if one.model is model and not one.adjusted_for}


@pytest.fixture(scope="module")
def by_totals(shared_data: Path) -> Findings:
    return analysed(shared_data, faas=True)


@pytest.fixture(scope="module")
def totals(shared_data: Path) -> pd.DataFrame:
    """Errors and words of each speaker, and a dummy for each accent but the reference."""
    sums = edacc(shared_data).groupby(["speaker", "accent"])[["errors", "words"]].sum().reset_index()
    others = sorted(set(sums["accent"]) - {REFERENCE})
    return sums.assign(const=1.0, **{name: (sums["accent"] == name).astype(float) for name in others})


def matrix(totals: pd.DataFrame) -> pd.DataFrame:
    return totals.drop(columns=["speaker", "accent", "errors", "words"])


def test_by_utterance_the_table_of_the_methods_comes_out(shared_data: Path):
    findings = analysed(shared_data, covariates={"accent": ("duration_s",)})
    for group, expected in BY_UTTERANCE.items():
        for model, numbers in zip(MODELS, expected, strict=True):
            one = rows_of(findings, model)[group]
            assert (np.log(one.ratio), one.se) == pytest.approx(numbers, abs=1e-3), (group, model)
    normal = rows_of(findings, ModelName.NORMAL)["Vietnamese"]
    assert -normal.log_likelihood == pytest.approx(17523.91792, abs=1e-2)
    assert normal.sigma == pytest.approx(0.388, abs=1e-3)
    primary = rows_of(findings, ModelName.CLUSTERED)["Vietnamese"]
    assert primary.dispersion == pytest.approx(55.8, abs=0.1)
    assert (primary.rows, primary.n_rows, primary.n_speakers, normal.df) == ("utterances", 4818, 35, 28)
    assert (primary.dropped_without_words, primary.dropped_errors) == (269, 451)


def test_by_totals_ratios_are_the_pooled_ones_with_insertions_of_empty_references(by_totals: Findings):
    pooled = {one.group: one.value for one in by_totals.figures if one.measure == "wer_ratio"}
    found = {group: one.ratio for group, one in rows_of(by_totals, ModelName.CLUSTERED).items()}
    assert found == pytest.approx(pooled, abs=1e-9)
    # Methods section 11, row A.
    assert found["Vietnamese"] == pytest.approx(0.284269 / 0.173321, abs=1e-5)


def test_by_totals_standard_errors_are_those_of_statsmodels(by_totals: Findings, totals: pd.DataFrame):
    oracle = GEE(
        totals["errors"],
        matrix(totals),
        groups=totals["speaker"],
        family=sm.families.Poisson(),
        cov_struct=Independence(),
        offset=np.log(totals["words"]),
    ).fit(cov_type="bias_reduced")
    found = {group: one.se for group, one in rows_of(by_totals, ModelName.CLUSTERED).items()}
    assert found == pytest.approx({name: oracle.bse[name] for name in found}, rel=1e-6)


def test_by_totals_degrees_of_freedom_are_of_the_speakers_of_the_two_groups(
    by_totals: Findings, totals: pd.DataFrame
):
    sums = totals.groupby("accent")[["errors", "words"]].sum()
    # h of a speaker: the share of the group's words over the group's errors.
    shares = totals["words"] / totals["accent"].map(sums["words"]) / totals["accent"].map(sums["errors"])
    for group, one in rows_of(by_totals, ModelName.CLUSTERED).items():
        own = shares[totals["accent"].isin([group, REFERENCE])]
        assert one.df == pytest.approx(own.sum() ** 2 / (own**2).sum() - 1, rel=1e-9), group
        assert one.df < 35 - 7


def test_by_totals_the_gamma_model_is_the_negative_binomial_of_statsmodels(
    by_totals: Findings, totals: pd.DataFrame
):
    start = np.append(np.zeros(matrix(totals).shape[1]), 0.2)
    start[0] = -1.8
    oracle = sm.NegativeBinomial(
        totals["errors"], matrix(totals), loglike_method="nb2", offset=np.log(totals["words"])
    ).fit(start_params=start, disp=0, maxiter=500)
    found = rows_of(by_totals, ModelName.GAMMA)
    assert {group: np.log(one.ratio) for group, one in found.items()} == pytest.approx(
        {name: oracle.params[name] for name in found}, abs=1e-3
    )
    assert found["Vietnamese"].log_likelihood == pytest.approx(oracle.llf, abs=1e-2)


def test_faas_rests_on_the_likelihood_ratio_of_the_mixed_model(by_totals: Findings):
    accent, overall = by_totals.faas
    rates = [one for one in by_totals.figures if (one.measure, one.dimension) == ("wer", "accent")]
    low, high = (pick(one.value for one in rates) for pick in (min, max))
    words = sum(one.n_words for one in rates)
    raw = sum(100 * (high - one.value) / (high - low) * one.n_words / words for one in rates)
    assert accent.category == pytest.approx(raw)
    # Methods section 0: 20.7 on 6 degrees of freedom, p .002, there without what empty references add.
    assert accent.p_value == pytest.approx(0.002, abs=0.002)
    assert accent.adjusted == pytest.approx(raw * accent.p_value / 0.05)
    assert accent.value == pytest.approx(10 * np.log10(accent.adjusted / 19.91810027))
    assert overall.value == pytest.approx(accent.value)
