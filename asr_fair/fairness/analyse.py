"""From integer counts to findings: every group, in every column, against what the plan names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain

import pandas as pd

from asr_fair.config import Plan
from asr_fair.fairness.counting.slices import Column, Tally
from asr_fair.fairness.counting.strata import Mask, rest_of
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.describe import describe_dimension
from asr_fair.fairness.figures import GroupRows
from asr_fair.fairness.grouping.declared import (
    compared_groups,
    declared_conditions,
    family_shares,
    is_one_contrast,
    n_contrasts,
)
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.grouping.groupings import Groupings, grouped
from asr_fair.fairness.losses import count_losses
from asr_fair.fairness.models.choice import ModelData, model_data, model_rows
from asr_fair.fairness.models.faas_figures import faas_rows
from asr_fair.fairness.noise.axes import Axis, snr_axes
from asr_fair.fairness.normalisers.robust import is_judged, robustness_rows
from asr_fair.fairness.normalisers.traces import TraceTally
from asr_fair.fairness.permutations.group_tests import group_tests
from asr_fair.fairness.permutations.pairs import Pair
from asr_fair.fairness.resampling.bootstrap import drawn_together
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import (
    Comparison,
    ConditionInfo,
    Control,
    DimensionInfo,
    FaasRow,
    Figure,
    Loss,
    MatchedPairsRow,
    ModelRow,
    NormaliserTrace,
    Robustness,
    Standardised,
    Summary,
    SystemComparison,
)
from asr_fair.fairness.systems.across import across_systems, labelled
from asr_fair.fairness.systems.pairs_of import system_pairs
from asr_fair.fairness.tolerance_figures import tolerance_figures
from asr_fair.fairness.verdicts.families import Families, n_arrangements, with_enough
from asr_fair.fairness.verdicts.summaries import summaries
from asr_fair.fairness.within import Within
from asr_fair.records import EVERYONE, OVERALL, REST
from asr_fair.score.counts import CHARACTERS, WORDS, of_unit
from asr_fair.score.traced_texts import TracedTexts


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the counts say: the statistical part of `results.json`, rows for each of its lists."""

    dimensions: tuple[DimensionInfo, ...] = ()
    figures: tuple[Figure, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    summaries: tuple[Summary, ...] = ()
    models: tuple[ModelRow, ...] = ()
    faas: tuple[FaasRow, ...] = ()
    controls: tuple[Control, ...] = ()
    standardised: tuple[Standardised, ...] = ()
    system_comparisons: tuple[SystemComparison, ...] = ()
    matched_pairs: tuple[MatchedPairsRow, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    normaliser_traces: tuple[NormaliserTrace, ...] = ()
    losses: tuple[Loss, ...] = ()

    @classmethod
    def joined(cls, parts: Iterable[Findings]) -> Findings:
        """The rows of all parts, in their order."""
        parts = tuple(parts)
        return cls(
            **{each.name: tuple(chain(*(getattr(part, each.name) for part in parts))) for each in fields(cls)}
        )


@dataclass(frozen=True, eq=False)
class Study:
    """What the analysis of every dimension shares.

    Attributes
    ----------
    totals
        Counts by stratum in all columns.
    columns
        Every condition and system under every normaliser, the headline first.
    headline
        The normaliser that verdicts rest on.
    places
        Positions of the headline normaliser's among the columns.
    judged
        Positions of all normalisers' under which verdicts are made, the headline's first.
    axes
        Columns that make a curve over the SNR.
    modelled
        What models are fitted to.
    declared
        Conditions whose comparisons were declared before the first count.
    shares
        Of the error of a declared family, what each dimension may spend.
    traces
        What normalisers did to references and transcripts, by stratum.
    """

    totals: Tally
    columns: Sequence[Column]
    headline: str
    places: Sequence[int]
    judged: Sequence[int]
    axes: Sequence[Axis]
    modelled: ModelData
    traces: Sequence[TraceTally]
    plan: Plan
    declared: Collection[str]
    shares: Mapping[str, float]


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
    segments: pd.DataFrame | None = None,
    traces: Sequence[TracedTexts] = (),
    exploratory: bool = False,
) -> Findings:
    """Figures for everyone and each group, comparisons, how these depend on the normaliser, losses.

    Parameters
    ----------
    counts
        One row per scored utterance_id, condition, system, normaliser and unit, as `score.counts` makes
        them, with the integer columns substitutions, deletions, insertions and hits. Without the column
        unit all rows count words; without wrong_language no language was detected. Categorical key columns
        are faster.
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
    segments
        Of systems that are compared, as from `score.segments.count_segments`, for MAPSSWE.
    traces
        What normalisers did to references and transcripts.
    exploratory
        Whether the plan was made after another had been stored: then it declares nothing.

    Raises
    ------
    FaultsError
        The plan names what does not exist, or too large an intersection; counts or losses hold an
        utterance or a column that is not expected; only some utterances have a speaker.
    UnknownNameError
        The plan's baseline system is not among the systems.
    """
    groupings = grouped(people, dimensions, plan)
    strata = groupings.strata
    columns = _columns(counts, headline, expected)
    words = of_unit(counts, WORDS)
    totals = tally(words, strata, columns, characters=of_unit(counts, CHARACTERS))
    headline_columns = [column for column in columns if column.normaliser == headline]
    in_family = declared_conditions(plan, (condition for condition, _ in expected))
    in_family = () if exploratory else in_family
    declared = {each.name: groupings.declared(each) for each in groupings.dimensions}
    sizes = {name: n_contrasts(masks, plan.references.get(name)) for name, masks in declared.items()}
    study = Study(
        totals=totals,
        columns=columns,
        headline=headline,
        places=range(len(headline_columns)),
        judged=[place for place, column in enumerate(columns) if is_judged(column.normaliser, headline)],
        axes=snr_axes(columns, conditions),
        modelled=model_data(words, people, totals, headline_columns, plan),
        traces=[TraceTally.of(traced, strata) for traced in traces],
        plan=groupings.plan,
        declared=in_family,
        shares=family_shares(sizes, plan),
    )
    pairs = system_pairs(expected, plan.baseline_system)
    compared, matched = across_systems(words, segments, totals, columns, groupings, pairs, headline=headline)
    places = {(OVERALL, EVERYONE): strata.everyone} | {
        (dimension, group): members
        for dimension, named in groupings.groups.items()
        for group, members in named.items()
    }
    return Findings.joined(
        [
            _analyse_everyone(study),
            *(
                _analyse_dimension(study, dimension, groupings.groups[dimension.name])
                for dimension in (*groupings.dimensions, *groupings.intersections)
            ),
            *(Findings(models=tuple(model_rows(study.modelled, *each, plan))) for each in declared.items()),
            Findings(faas=tuple(faas_rows(study.modelled, declared)) if plan.faas else ()),
            *_analyse_controls(study, groupings),
            Findings(system_comparisons=labelled(compared, in_family), matched_pairs=matched),
            Findings(losses=count_losses(losses, strata, places)),
        ]
    )


def _analyse_everyone(study: Study) -> Findings:
    """Figures of all speakers together."""
    own = study.totals.of(study.totals.strata.everyone)
    rows = GroupRows(OVERALL, EVERYONE, own, study.columns, study.axes, study.plan.thresholds)
    borne = tolerance_figures(OVERALL, {EVERYONE: own}, [], study.axes, study.plan.thresholds)
    return Findings(figures=(*rows.rates(), *rows.against_clean(), *rows.against_headline(), *borne))


def _analyse_dimension(study: Study, dimension: Dimension, groups: Mapping[str, Mask]) -> Findings:
    """Findings of one dimension; reserved groups have rates, and no part in any comparison."""
    totals, columns, places = study.totals, study.columns, study.places
    limits = study.plan.limits_of(dimension.name)
    slices = {name: totals.of(members) for name, members in groups.items()}
    reference = study.plan.references.get(dimension.name)
    info = describe_dimension(dimension, slices, places, reference)
    judged = with_enough(info, limits) if dimension.parts else groups.keys()
    declared = {name: members for name, members in groups.items() if not dimension.is_reserved(name)}
    compared = compared_groups(declared, reference)
    figures: list[Figure] = []
    pairs: list[Pair] = []
    for name, own in slices.items():
        rows = GroupRows(dimension.name, name, own, columns, study.axes, limits)
        figures += [*rows.rates(), *rows.against_clean(), *rows.against_headline()]
        if name in compared:
            versus = REST if reference is None else reference.group
            other = totals.of(rest_of(declared, name)) if reference is None else slices[versus]
            figures += rows.against(other, versus)
            if name in judged:
                pairs.append(Pair(dimension.name, name, own, versus, other))
        if name in declared and reference is not None and not dimension.parts:
            figures += rows.gaps_to(totals.of(rest_of(declared, name)), REST)
    if not dimension.parts:
        figures += tolerance_figures(dimension.name, slices, pairs, study.axes, limits)
    spoken = {name: slices[name] for name in declared}
    blocks = drawn_together(spoken.values(), places)
    mirrored = is_one_contrast(declared, reference)
    share = study.shares.get(dimension.name, 1.0)
    n_draws = n_arrangements(pairs, columns, limits.n_draws, mirrored=mirrored, share=share)
    tests = group_tests(dimension, spoken, pairs, places, mirrored=mirrored, n_draws=n_draws, seed=SEED)
    families = Families(
        dimension,
        columns,
        study.judged,
        blocks,
        tests.pairwise,
        limits,
        study.declared,
        share,
    )
    comparisons = tuple(families.comparisons(pairs, mirrored=mirrored))
    traces = () if dimension.parts else study.traces
    return Findings(
        dimensions=(info,),
        figures=tuple(figures),
        comparisons=comparisons,
        robustness=tuple(robustness_rows(comparisons, study.headline)),
        normaliser_traces=tuple(chain.from_iterable(each.rows(dimension.name, groups) for each in traces)),
        summaries=tuple(summaries(dimension, spoken, columns, places, blocks, tests, limits)),
    )


def _analyse_controls(study: Study, groupings: Groupings) -> Iterator[Findings]:
    """Findings of each dimension within the levels of those that the plan wants held equal."""
    by_name = {dimension.name: dimension for dimension in groupings.dimensions}
    for name, controls in groupings.plan.within.items():
        for control in controls:
            found = Within(
                dimension=by_name[name],
                control=by_name[control],
                groups=groupings.declared(by_name[name]),
                levels=groupings.declared(by_name[control]),
                totals=study.totals,
                columns=study.columns,
                places=study.places,
                plan=study.plan,
                declared=study.declared,
            )
            yield Findings(
                figures=tuple(found.figures()),
                comparisons=tuple(found.comparisons()),
                controls=(found.control_info(),),
                standardised=tuple(found.standardised()),
            )


def _columns(counts: pd.DataFrame, headline: str, expected: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    """Every expected pair under every normaliser, the headline first, the others by name."""
    others = sorted({str(name) for name in counts["normaliser"].unique()} - {headline})
    return tuple(
        Column(condition, system, normaliser)
        for normaliser in (headline, *others)
        for condition, system in expected
    )
