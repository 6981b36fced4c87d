"""FAAS, the Fairness-Adjusted ASR Score of ASR-FairBench: to compare with their figures, no measure of ours.

Formula from the leaderboard's code as methods section 4 gives it (Rai et al. 2025).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.estimates.disparity import GroupRates

FAAS_WARNING = (
    "FAAS is shown for comparison with ASR-FairBench only. It does not measure disparity: with two groups it "
    "does not depend on how far apart they are, only on which has more words; its penalty p/.05 goes to 0 as "
    "data grows, however small the difference; and it mixes accuracy with fairness. Read the ratios and gaps."
)
"""Stands wherever the figure does."""

LEAST_P = 0.05
PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Category:
    """One dimension, such as accent: groups, p of the likelihood-ratio test between them, weight."""

    groups: GroupRates
    p_value: float
    weight: float = 1.0


def category_score(groups: GroupRates) -> float | None:
    """Σ p_g Raw_g, Raw_g = 100 (1 − (W_g − min) / (max − min)); None where all rates are equal."""
    if not groups.comparable or np.ptp(groups.rates) == 0:
        return None
    raw = PERCENT * (groups.rates.max() - groups.rates) / np.ptp(groups.rates)
    return float(groups.shares @ raw)


def adjusted_score(category: Category) -> float | None:
    """The category's score, times p/.05 where p < .05."""
    score = category_score(category.groups)
    return None if score is None else score * min(1.0, category.p_value / LEAST_P)


def faas(categories: Sequence[Category], wer: float) -> float | None:
    """10 log10(Overall / WER), Overall = Σ w·Adjusted / Σ w, the WER in percent; `wer` is a fraction.

    None without a category that has a score, without errors, and where Overall is 0.
    """
    scores = [(each.weight, score) for each in categories if (score := adjusted_score(each)) is not None]
    total = sum(weight for weight, _ in scores)
    if not (total and wer):
        return None
    overall = sum(weight * score for weight, score in scores) / total
    return 10.0 * math.log10(overall / (PERCENT * wer)) if overall > 0 else None
