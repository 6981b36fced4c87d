"""The part of an analysis that runs across systems, for runs that hold two or more of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from asr_fair.fairness.counting.paired import PairedTally, pair_up
from asr_fair.fairness.counting.slices import Column, Tally
from asr_fair.fairness.counting.strata import rest_of
from asr_fair.fairness.grouping.declared import is_one_contrast
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.grouping.groupings import Groupings
from asr_fair.fairness.results import MatchedPairsRow, SystemComparison
from asr_fair.fairness.systems.compare import compare_systems
from asr_fair.fairness.systems.differences import Other, Place
from asr_fair.fairness.systems.matched import matched_pairs_rows
from asr_fair.records import EVERYONE, OVERALL, REST, SystemPair


def across_systems(
    counts: pd.DataFrame,
    segments: pd.DataFrame | None,
    totals: Tally,
    columns: Sequence[Column],
    groupings: Groupings,
    pairs: Sequence[SystemPair],
    *,
    headline: str,
) -> tuple[tuple[SystemComparison, ...], tuple[MatchedPairsRow, ...]]:
    """Rows for everyone and for each group of each dimension; none without a pair of systems.

    Parameters
    ----------
    counts, totals, columns
        Counts by utterance, and added up by stratum in all columns.
    segments
        As from `score.segments.count_segments`; None where they were not counted.
    groupings
        Who is in which group; of intersections nothing is compared.
    pairs
        Which systems are compared where (`system_pairs`).
    """
    if not pairs:
        return (), ()
    paired = pair_up(counts, totals, columns, pairs, headline=headline)
    everyone = totals.strata.everyone
    places = [Place.of_everyone(paired.of(everyone))]
    places += [_place(paired, dimension, groupings) for dimension in groupings.dimensions]
    masks = {(OVERALL, EVERYONE): everyone} | {
        (dimension.name, group): members
        for dimension in groupings.dimensions
        for group, members in groupings.groups[dimension.name].items()
    }
    limits = groupings.plan.thresholds
    rows = (
        row for place in places for row in compare_systems(place, pairs, normaliser=headline, limits=limits)
    )
    return tuple(rows), tuple(matched_pairs_rows(segments, totals.strata, masks, pairs, normaliser=headline))


def labelled(rows: Iterable[SystemComparison], in_family: Collection[str]) -> tuple[SystemComparison, ...]:
    """The rows with those of other conditions marked as exploratory; the family of systems spans them all."""
    return tuple(row.model_copy(update={"exploratory": row.condition not in in_family}) for row in rows)


def _place(paired: PairedTally, dimension: Dimension, groupings: Groupings) -> Place:
    """The groups of a dimension; reserved ones are in no family, and nothing is compared with them."""
    couples = {name: paired.of(members) for name, members in groupings.groups[dimension.name].items()}
    declared = groupings.declared(dimension)
    reference = groupings.plan.references.get(dimension.name)
    others: dict[str, Other] = {}
    for name in declared:
        if reference is None:
            others[name] = Other(REST, paired.of(rest_of(declared, name)))
        elif name != reference.group:
            others[name] = Other(reference.group, couples[reference.group])
    return Place(dimension.name, couples, tuple(declared), others, is_one_contrast(declared, reference))
