"""FAAS as its authors compute it, and what it cannot see."""

from __future__ import annotations

import numpy as np
import pytest

from asr_fair.fairness.estimates.disparity import GroupRates
from asr_fair.fairness.models.faas import FAAS_WARNING, Category, adjusted_score, category_score, faas


def groups(*rates: float, shares: tuple[float, ...] | None = None) -> GroupRates:
    equal = np.full(len(rates), 1 / max(len(rates), 1))
    return GroupRates(np.array(rates, float), equal if shares is None else np.array(shares))


def test_published_toy_value() -> None:
    # Methods section 4: equal halves, p = 1, WER 10 %.
    assert faas([Category(groups(0.05, 0.15), p_value=1.0)], 0.10) == pytest.approx(6.990, abs=5e-4)


def test_hand_computation_with_three_groups_penalty_and_weights() -> None:
    uneven = groups(0.1, 0.2, 0.3, shares=(0.5, 0.3, 0.2))
    assert category_score(uneven) == pytest.approx(0.5 * 100 + 0.3 * 50)
    assert adjusted_score(Category(uneven, p_value=0.01)) == pytest.approx(65 / 5)
    both = [Category(uneven, 0.01, weight=3.0), Category(groups(0.1, 0.2), 0.5)]
    assert faas(both, 0.17) == pytest.approx(10 * np.log10((3 * 13 + 50) / 4 / 17))


def test_with_two_groups_the_gap_between_them_does_not_matter_as_the_warning_says() -> None:
    small, large = (faas([Category(groups(0.10, worse), 1.0)], 0.2) for worse in (0.101, 0.9))
    assert small == large
    assert "does not depend on how far apart they are" in FAAS_WARNING


@pytest.mark.parametrize(
    "categories",
    [[], [Category(groups(0.1), 1.0)], [Category(groups(0.1, 0.1), 1.0)], [Category(groups(0.1, 0.2), 0.0)]],
)
def test_without_a_score_there_is_no_figure(categories: list[Category]) -> None:
    assert faas(categories, 0.1) is None


def test_without_errors_there_is_no_figure() -> None:
    assert faas([Category(groups(0.1, 0.2), 1.0)], 0.0) is None
