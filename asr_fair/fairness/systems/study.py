"""Two systems and nothing else: what an analysis says of a pair, without the figures of each by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from asr_fair.config import Plan
from asr_fair.fairness.counting.slices import Column
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.describe import describe_dimension
from asr_fair.fairness.figures import GroupRows
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.grouping.groupings import grouped
from asr_fair.fairness.losses import count_losses
from asr_fair.fairness.results import DimensionInfo, Figure, Loss, MatchedPairsRow, SystemComparison
from asr_fair.fairness.systems.across import across_systems, labelled
from asr_fair.records import EVERYONE, OVERALL, SystemPair


@dataclass(frozen=True, slots=True)
class PairFindings:
    """Rows of results: who is in which group, everyone's rates, the comparisons, and what was left out."""

    dimensions: tuple[DimensionInfo, ...]
    figures: tuple[Figure, ...]
    system_comparisons: tuple[SystemComparison, ...]
    matched_pairs: tuple[MatchedPairsRow, ...]
    losses: tuple[Loss, ...]


def analyse_pair(
    words: pd.DataFrame,
    people: pd.DataFrame,
    left_out: pd.DataFrame,
    dimensions: Sequence[Dimension],
    plan: Plan,
    *,
    headline: str,
    pairs: Sequence[SystemPair],
    segments: pd.DataFrame | None,
    declared: Collection[str],
) -> PairFindings:
    """Compare two systems in each condition of `pairs`, for everyone and in each group of each dimension.

    Parameters
    ----------
    words, people, segments
        As `analyse.analyse` takes them; `words` counts words alone.
    left_out
        One row per utterance and condition that is not compared, as losses are told: utterance_id,
        condition, system, kind and reason.
    declared
        Conditions whose comparisons were declared before the first count.
    """
    # Of combinations no systems are compared.
    plan = plan.model_copy(update={"intersections": (), "within": {}})
    groupings = grouped(people, dimensions, plan)
    strata = groupings.strata
    columns = [Column(pair.condition, name, headline) for pair in pairs for name in pair[1:]]
    totals = tally(words, strata, columns)
    everyone = GroupRows(OVERALL, EVERYONE, totals.of(strata.everyone), columns, [], plan.thresholds)
    compared, matched = across_systems(words, segments, totals, columns, groupings, pairs, headline=headline)
    infos = [
        describe_dimension(
            dimension,
            {name: totals.of(members) for name, members in groupings.groups[dimension.name].items()},
            range(len(columns)),
            plan.references.get(dimension.name),
        )
        for dimension in groupings.dimensions
    ]
    places = {(OVERALL, EVERYONE): strata.everyone} | {
        (dimension, group): members
        for dimension, named in groupings.groups.items()
        for group, members in named.items()
    }
    return PairFindings(
        dimensions=tuple(infos),
        figures=tuple(row for row in everyone.rates() if row.measure == "wer"),
        system_comparisons=labelled(compared, declared),
        matched_pairs=matched,
        losses=count_losses(left_out, strata, places),
    )
