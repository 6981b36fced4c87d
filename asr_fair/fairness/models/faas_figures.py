"""FAAS in rows of the results: of each dimension, and of all of them together.

The p-value is of the likelihood-ratio test between groups in a Poisson model with a normal random intercept
per speaker, on totals of speakers: what comes closest to the leaderboard's mixed-effects model (recalled).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from scipy.special import chdtrc

from asr_fair.fairness.counting.strata import Mask
from asr_fair.fairness.estimates.disparity import GroupRates
from asr_fair.fairness.models.choice import ModelData
from asr_fair.fairness.models.design import build_design
from asr_fair.fairness.models.faas import Category, adjusted_score, category_score, faas
from asr_fair.fairness.models.normal import fit_poisson_normal
from asr_fair.fairness.models.rows import ModelRows
from asr_fair.fairness.models.table import Categorical, Observations
from asr_fair.fairness.results import FaasRow
from asr_fair.records import OVERALL


def faas_rows(data: ModelData, dimensions: Mapping[str, Mapping[str, Mask]]) -> Iterator[FaasRow]:
    """Rows under every condition; `dimensions`: the strata of each declared group, masks of shape (T,)."""
    for place, column in enumerate(data.columns):
        counted = data.by_stratum.under([place])
        words = int(counted.words.sum())
        wer = int(counted.errors.sum()) / words if words else 0.0
        categories = []
        for name, declared in dimensions.items():
            category = _category(ModelRows(data.strata, name, "", declared, ()).of(counted))
            if category is None:
                yield FaasRow(dimension=name, **column._asdict())
                continue
            categories.append(category)
            yield FaasRow(
                dimension=name,
                **column._asdict(),
                category=category_score(category.groups),
                p_value=category.p_value,
                adjusted=adjusted_score(category),
                value=faas([category], wer),
            )
        yield FaasRow(dimension=OVERALL, **column._asdict(), value=faas(categories, wer))


def _category(rows: Observations) -> Category | None:
    """A dimension with its test; None where there is nothing to test."""
    codes, n_groups = rows.groups.codes, len(rows.groups.levels)
    words = np.bincount(codes, rows.words, n_groups)
    errors = np.bincount(codes, rows.errors, n_groups)
    spoken = words > 0
    p_value = likelihood_ratio_p(rows)
    if p_value is None:
        return None
    return Category(GroupRates(errors[spoken] / words[spoken], words[spoken] / words.sum()), p_value)


def likelihood_ratio_p(rows: Observations) -> float | None:
    """P-value of all groups alike: twice the log-likelihood gained by the groups, χ² on groups − 1.

    A group without errors takes part by its words: its rows are in both likelihoods, in that with the groups
    as certain zeros. None without two groups or without errors, and where no maximum is found.
    """
    groups = rows.groups
    words = np.bincount(groups.codes, rows.words, len(groups.levels))
    errors = np.bincount(groups.codes, rows.errors, len(groups.levels))
    df = int((words > 0).sum()) - 1
    if df < 1 or not errors.any():
        return None
    apart = replace(rows, groups=replace(groups, reference=groups.levels[int(errors.argmax())]))
    everyone = Categorical("all", np.zeros_like(groups.codes), ("all",), "all")
    fits = [
        fit_poisson_normal(build_design(each, adjusted=False))
        for each in (apart, replace(rows, groups=everyone))
    ]
    with_groups, without = (fit.log_likelihood for fit in fits)
    if with_groups is None or without is None:
        return None
    return float(chdtrc(df, max(2.0 * (with_groups - without), 0.0)))
