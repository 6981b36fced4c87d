"""From integer counts to findings: every group, in every column, against what the plan names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asr_fair.config import Plan
from asr_fair.fairness.axes import Axis, snr_axes
from asr_fair.fairness.describe import describe_dimension
from asr_fair.fairness.dimensions import Dimension, check_groups, planned_dimensions
from asr_fair.fairness.families import Families, Pair, drawn_together
from asr_fair.fairness.figures import GroupRows
from asr_fair.fairness.losses import count_losses
from asr_fair.fairness.results import Comparison, ConditionInfo, DimensionInfo, Figure, Loss, Summary
from asr_fair.fairness.slices import Column, Tally, tally
from asr_fair.fairness.strata import Mask, groups_of, is_mirrored_pair, rest_of, stratify
from asr_fair.fairness.summaries import summaries
from asr_fair.records import EVERYONE, OVERALL, RESERVED_GROUPS, REST


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the counts say: the statistical part of `results.json`."""

    dimensions: tuple[DimensionInfo, ...]
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    summaries: tuple[Summary, ...]
    losses: tuple[Loss, ...]


def analyse(
    counts: pd.DataFrame,
    people: pd.DataFrame,
    losses: pd.DataFrame,
    dimensions: Sequence[Dimension],
    plan: Plan,
    *,
    headline: str,
    expected: Sequence[tuple[str, str]],
    conditions: Sequence[ConditionInfo] = (),
) -> Findings:
    """Figures for everyone and for each group, comparisons under the headline normaliser, losses.

    Parameters
    ----------
    counts
        One row per scored utterance_id, condition, system and normaliser, with the integer columns
        substitutions, deletions, insertions and hits. Categorical key columns are faster.
    people
        One row per utterance of the manifest: utterance_id, speaker (NA throughout where not known),
        duration_s (NaN where not known) and for each dimension a tuple of labels, never empty.
    losses
        One row per lost outcome: utterance_id, condition, system, kind ('error' or 'missing'), reason.
    dimensions
        The dimensions of the manifest; `plan` chooses among them and names their references.
    headline
        The normaliser that verdicts rest on.
    expected
        The (condition, system) pairs that were to be scored, in the order of the tables.
    conditions
        What the conditions are made of, as far as known: those that differ in their SNR only make a curve.

    Raises
    ------
    FaultsError
        The plan names a dimension or a group that does not exist; counts or losses hold an utterance or
        a column that is not expected; only some utterances have a speaker.
    """
    planned = planned_dimensions(dimensions, plan)
    strata = stratify(people, [dimension.name for dimension in planned])
    groups = {each.name: groups_of(strata, each.name, each.bands) for each in planned}
    check_groups(groups, plan)
    columns = _columns(counts, headline, expected)
    axes = snr_axes(columns, conditions)
    totals = tally(counts, strata, columns)

    everyone = np.ones(len(strata.speakers), np.bool_)
    overall = GroupRows(OVERALL, EVERYONE, totals.of(everyone), columns, axes, plan.thresholds)
    parts = [Findings((), (*overall.rates(), *overall.against_clean()), (), (), ())]
    parts += [
        _analyse_dimension(dimension, groups[dimension.name], totals, columns, axes, plan, headline)
        for dimension in planned
    ]
    places = {(OVERALL, EVERYONE): everyone} | {
        (dimension, group): members for dimension, named in groups.items() for group, members in named.items()
    }
    return Findings(
        dimensions=tuple(row for part in parts for row in part.dimensions),
        figures=tuple(row for part in parts for row in part.figures),
        comparisons=tuple(row for part in parts for row in part.comparisons),
        summaries=tuple(row for part in parts for row in part.summaries),
        losses=count_losses(losses, strata, places),
    )


def _analyse_dimension(
    dimension: Dimension,
    groups: Mapping[str, Mask],
    totals: Tally,
    columns: Sequence[Column],
    axes: Sequence[Axis],
    plan: Plan,
    headline: str,
) -> Findings:
    """Findings of one dimension; reserved groups have rates, and no part in any comparison."""
    slices = {name: totals.of(members) for name, members in groups.items()}
    reference = plan.references.get(dimension.name)
    compared = [
        name
        for name in groups
        if name not in RESERVED_GROUPS and (reference is None or name != reference.group)
    ]
    places = [position for position, each in enumerate(columns) if each.normaliser == headline]
    figures: list[Figure] = []
    pairs: list[Pair] = []
    for name, own in slices.items():
        rows = GroupRows(dimension.name, name, own, columns, axes, plan.thresholds)
        figures += [*rows.rates(), *rows.against_clean()]
        if name in compared:
            versus = REST if reference is None else reference.group
            other = totals.of(rest_of(groups, name)) if reference is None else slices[versus]
            figures += rows.against(other, versus)
            pairs.append(Pair(name, own, versus, other))
    declared = {name: own for name, own in slices.items() if name not in RESERVED_GROUPS}
    blocks = drawn_together(declared.values(), places)
    families = Families(dimension, columns, places, blocks, plan.thresholds)
    mirrored = reference is None and is_mirrored_pair([groups[name] for name in compared])
    comparisons = families.comparisons(pairs, mirrored=mirrored)
    info = describe_dimension(dimension, slices, places, reference)
    summed = summaries(dimension, declared, columns, places, blocks, plan.thresholds)
    return Findings((info,), tuple(figures), tuple(comparisons), tuple(summed), ())


def _columns(counts: pd.DataFrame, headline: str, expected: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """Every expected pair under every normaliser, the headline first, the others by name."""
    others = sorted({str(name) for name in counts["normaliser"].unique()} - {headline})
    return tuple(
        Column(condition, system, normaliser)
        for normaliser in (headline, *others)
        for condition, system in expected
    )
