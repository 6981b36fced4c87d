"""How unequal the groups of one dimension are, in one figure: summaries beside the comparisons.

Lead with each group's rate, then its ratio and gap to the reference (`gaps`). Sources and a hand check:
methods section 3; Gini and Theil are those of the economics of inequality, over words instead of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.records import RESERVED_GROUPS

FEWEST_GROUPS = 2


@dataclass(frozen=True, eq=False)
class GroupRates:
    """Rates W_g of G groups, and their shares p_g of the reference words, which add up to 1; shape (G,)."""

    rates: Reals
    shares: Reals

    @property
    def comparable(self) -> bool:
        """Whether there are two groups at all."""
        return len(self.rates) >= FEWEST_GROUPS

    @property
    def mean(self) -> float:
        """W̄ = Σ p_g W_g, which is the pooled rate of all."""
        return float(self.shares @ self.rates)


def group_rates(cells: Mapping[str, Cell]) -> GroupRates:
    """Rates and shares of the declared groups that have reference words; who declined is in none of them."""
    used = [cell for name, cell in cells.items() if name not in RESERVED_GROUPS and cell.n_words]
    words = np.array([cell.n_words for cell in used], float)
    errors = np.array([cell.n_errors for cell in used], float)
    return GroupRates(rates=errors / words, shares=words / max(words.sum(), 1.0))


def max_minus_min(groups: GroupRates) -> float | None:
    """Max W − min W: descriptive, and large without any disparity; show it with its permutation-null mean."""
    return float(np.ptp(groups.rates)) if groups.comparable else None


def weighted_deviation(groups: GroupRates) -> float | None:
    """√Σ p_g (W_g − W̄)², in the unit of the rates; None with fewer than two groups."""
    if not groups.comparable:
        return None
    return float(np.sqrt(groups.shares @ np.square(groups.rates - groups.mean)))


def gini(groups: GroupRates) -> float | None:
    """Σ_ij p_i p_j |W_i − W_j| / (2W̄), 0 to 1; None with fewer than two groups, or without errors."""
    if not (groups.comparable and groups.mean > 0):
        return None
    apart = np.abs(groups.rates[:, None] - groups.rates)
    return float(groups.shares @ apart @ groups.shares / (2.0 * groups.mean))


def theil(groups: GroupRates) -> float | None:
    """Σ p_g (W_g/W̄) ln(W_g/W̄); a group without errors adds 0. None as for `gini`."""
    if not (groups.comparable and groups.mean > 0):
        return None
    relative = groups.rates / groups.mean
    made = relative > 0
    return float(groups.shares[made] @ (relative[made] * np.log(relative[made])))


@dataclass(frozen=True, slots=True)
class Highest:
    """The group with the highest rate, and what is known of the highest rate whoever has it.

    `low` and `high` bound the highest of the true rates, and `candidates` are the groups that may have it:
    their interval reaches `low`. Both hold at the confidence of the simultaneous intervals, although the
    group was picked because it came out highest.
    """

    group: str
    value: float
    low: float | None
    high: float | None
    candidates: tuple[str, ...]


def highest_group(rates: Mapping[str, Interval]) -> Highest | None:
    """[max_g lower_g, max_g upper_g] over simultaneous intervals of the declared groups (methods section 3).

    A group with a rate and no interval has no known upper bound: then neither has the highest rate, and the
    group stays a candidate. None without any rate.
    """
    values = {
        name: interval.value
        for name, interval in rates.items()
        if interval.value is not None and name not in RESERVED_GROUPS
    }
    if not values:
        return None
    group = max(values, key=values.__getitem__)
    lows = [low for name in values if (low := rates[name].low) is not None]
    highs = [high for name in values if (high := rates[name].high) is not None]
    low = max(lows, default=None)
    candidates = tuple(name for name in values if _reaches(rates[name].high, low))
    high = max(highs) if len(highs) == len(values) else None
    return Highest(group, values[group], low, high, candidates)


def _reaches(high: float | None, low: float | None) -> bool:
    return high is None or low is None or high >= low
