"""What may be shown: the display rules applied once, before anything is made from the results.

Tables, plots and files are built from `Shown` alone, so a hidden value cannot reach them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from asr_fair.config import Thresholds
from asr_fair.fairness import display
from asr_fair.fairness.display import Visibilities, Visibility
from asr_fair.fairness.results import (
    Comparison,
    Control,
    DimensionInfo,
    FaasRow,
    Figure,
    GroupInfo,
    MatchedPairsRow,
    ModelRow,
    NormaliserTrace,
    Results,
    Robustness,
    Standardised,
    Summary,
    SystemComparison,
)
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.settings import in_reading_order

DisplayRule: TypeAlias = Callable[[DimensionInfo, Thresholds], Visibilities]


WITHOUT_WHOLE_FIT = dict.fromkeys(
    (
        "n_speakers",
        "n_rows",
        "n_words",
        "df",
        "dropped_without_words",
        "dropped_errors",
        "dropped_incomplete",
        "dispersion",
        "sigma",
        "sigma_p",
        "log_likelihood",
    )
)
"""What a row of a model tells of all groups together."""


class CellKey(NamedTuple):
    """Where a figure stands: one group under one condition, system and normaliser."""

    dimension: str
    group: str
    condition: str
    system: str
    normaliser: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Results after the display rules: what is hidden is not in here.

    `results` keeps everything but figures, comparisons and their robustness, which are looked up by key,
    summaries, traces, models, which say nothing of their whole fit where a group of it is hidden, and what
    compares systems. Groups that are hidden are missing from its dimensions, and only `visibility` knows
    their names. Its conditions stand in the order of reading. `visibility` holds a mapping for each dimension
    and each level of a control, and one for everyone together (`OVERALL`); so does `expected`, by the
    manifest's groups instead of what is left of them. Losses are told by `expected`. `present` is by who has
    a transcript, whether or not they said a word; `silent` names groups, with their dimension, that have no
    reference word at all. `measures` are those of the figures.
    """

    results: Results
    visibility: Mapping[str, Visibilities]
    expected: Mapping[str, Visibilities]
    present: Mapping[str, Visibilities]
    silent: Collection[tuple[str, str]]
    figures: Mapping[tuple[CellKey, str, str | None], Figure]
    measures: Collection[str]
    comparisons: Mapping[tuple[CellKey, str], Comparison]
    summaries: tuple[Summary, ...]
    models: tuple[ModelRow, ...]
    faas: tuple[FaasRow, ...]
    standardised: Mapping[tuple[CellKey, str, str], Standardised]
    system_comparisons: tuple[SystemComparison, ...]
    matched_pairs: tuple[MatchedPairsRow, ...]
    robustness: Mapping[tuple[CellKey, str], Robustness]
    traces: tuple[NormaliserTrace, ...]

    @property
    def dimensions_and_levels(self) -> tuple[DimensionInfo, ...]:
        """All that has groups: dimensions, their intersections, and levels of controls."""
        levels = (level.cells for control in self.results.controls for level in control.levels)
        return (*self.results.dimensions, *levels)

    def figure(self, key: CellKey, measure: str, versus: str | None = None) -> Figure | None:
        """The figure of a cell, or None where it was not computed or may not be shown."""
        return self.figures.get((key, measure, versus))

    def comparison(self, key: CellKey, versus: str) -> Comparison | None:
        """The verdict on a cell, or None where there is none or it may not be shown."""
        return self.comparisons.get((key, versus))

    def robust(self, key: CellKey, versus: str) -> Robustness | None:
        """Whether the verdict on a headline cell holds; None where there is none or it may not be shown."""
        return self.robustness.get((key, versus))

    def has_rates(self, dimension: str, group: str) -> bool:
        """Whether the rates of a group may be shown."""
        return self.visibility[dimension][group] >= Visibility.INDICATIVE

    def is_hidden_by_losses(self, dimension: str, group: str) -> bool:
        """Whether more of the group would be shown, had nothing of it been lost."""
        return self.present[dimension][group] < self.expected[dimension][group]

    def is_hidden_by_silence(self, dimension: str, group: str) -> bool:
        """Whether more of the group would be shown, had everybody with a transcript said a word."""
        return self.visibility[dimension][group] < self.present[dimension][group]


def shown_in_report(results: Results) -> Shown:
    """What the report and its tables may show: thin groups as counts or not at all."""
    return apply_rule(results, display.for_report)


def apply_rule(results: Results, rule: DisplayRule) -> Shown:
    """Results without whatever `rule` hides."""
    thresholds = results.plan.thresholds
    levels = [level.cells for control in results.controls for level in control.levels]
    dimensions = {one.name: one for one in (*results.dimensions, *levels, _everyone(results))}
    named = (results.shared and results.shared.hidden) or {}
    seen, expected, present = (
        {
            name: {**rule(as_if(one), thresholds), **dict.fromkeys(named.get(name, ()), Visibility.HIDDEN)}
            for name, one in dimensions.items()
        }
        for as_if in (lambda one: one, display.as_expected, display.as_present)
    )
    public = {
        "conditions": in_reading_order(results.conditions),
        "dimensions": tuple(_public_dimension(one, seen[one.name]) for one in results.dimensions),
        "losses": tuple(
            loss for loss in results.losses if expected[loss.dimension][loss.group] > Visibility.HIDDEN
        ),
        "controls": tuple(_public_control(control, seen) for control in results.controls),
        "figures": (),
        "comparisons": (),
        "summaries": (),
        "models": (),
        "faas": (),
        "standardised": (),
        "system_comparisons": (),
        "matched_pairs": (),
        "robustness": (),
        "normaliser_traces": (),
    }
    cells = {
        (control.dimension, control.within, level.level): level.cells
        for control in results.controls
        for level in control.levels
    }

    def shows(row: Figure | Comparison | ModelRow | Standardised | Robustness) -> bool:
        return display.shows(row, seen[row.dimension], dimensions[row.dimension], thresholds)

    def shows_in_all_levels(row: Standardised) -> bool:
        used = [cells[row.dimension, row.within, level] for level in row.levels]
        return shows(row) and all(display.shows(row, seen[one.name], one, thresholds) for one in used)

    whole = {name: display.shows_summary(one, seen[name]) for name, one in dimensions.items()}
    plain = [one.name for one in results.dimensions if not one.parts]
    found = (
        display.public_part(row, seen[row.dimension], dimensions[row.dimension], thresholds)
        for row in results.system_comparisons
    )
    across = tuple(row for row in found if row is not None)
    told = {_pair_key(row) for row in across}
    figures = {(_key_of(one), one.measure, one.versus): one for one in filter(shows, results.figures)}
    return Shown(
        results=results.model_copy(update=public),
        visibility=seen,
        expected=expected,
        present=present,
        silent={
            (name, one.name) for name, each in dimensions.items() for one in each.groups if one.is_silent
        },
        figures=figures,
        measures={measure for _, measure, _ in figures},
        comparisons={(_key_of(one), one.versus): one for one in filter(shows, results.comparisons)},
        summaries=tuple(one for one in results.summaries if whole[one.dimension]),
        models=tuple(
            one if whole[one.dimension] else one.model_copy(update=WITHOUT_WHOLE_FIT)
            for one in filter(shows, results.models)
        ),
        faas=tuple(
            one
            for one in results.faas
            if all(whole[name] for name in (plain if one.dimension == OVERALL else [one.dimension]))
        ),
        standardised={
            (_key_of(one), one.within, one.measure): one
            for one in filter(shows_in_all_levels, results.standardised)
        },
        system_comparisons=across,
        matched_pairs=tuple(row for row in results.matched_pairs if _pair_key(row) in told),
        robustness={(_key_of(one), one.versus): one for one in filter(shows, results.robustness)},
        traces=tuple(
            _public_trace(one, thresholds)
            for one in results.normaliser_traces
            if seen[one.dimension][one.group] >= Visibility.INDICATIVE
        ),
    )


def _everyone(results: Results) -> DimensionInfo:
    """All speakers as a dimension of one group, so that totals obey the same rule as groups."""
    totals = [one for one in results.figures if one.dimension == OVERALL and one.n_utterances]
    n_speakers = [one.n_speakers for one in totals if one.n_speakers is not None]
    group = GroupInfo(
        name=EVERYONE,
        n_speakers=min(n_speakers, default=0) if len(n_speakers) == len(totals) else None,
        n_utterances=min((one.n_utterances for one in totals), default=0),
        n_words=min((one.n_words for one in totals), default=0),
        n_speakers_expected=results.manifest.n_speakers,
        n_utterances_expected=results.manifest.n_utterances,
    )
    return DimensionInfo(name=OVERALL, title=OVERALL, source="", level="speaker", groups=(group,))


def _key_of(entry: Figure | Comparison | Standardised | Robustness) -> CellKey:
    return CellKey(entry.dimension, entry.group, entry.condition, entry.system, entry.normaliser)


def _pair_key(row: SystemComparison | MatchedPairsRow) -> tuple[str, str, str, str, str]:
    return row.dimension, row.group, row.condition, row.system, row.other_system


def of_plain_dimensions(results: Results) -> Results:
    """The results without anything of an intersection or of a level, whatever list it stands in."""
    combined = {dimension.name for dimension in results.dimensions if dimension.parts}
    combined |= {level.cells.name for control in results.controls for level in control.levels}
    without = {
        name: tuple(row for row in rows if getattr(row, "dimension", None) not in combined)
        for name in Results.model_fields
        if isinstance(rows := getattr(results, name), tuple)
    }
    without["dimensions"] = tuple(one for one in results.dimensions if not one.parts)
    return results.model_copy(update={**without, "controls": (), "standardised": ()})


def _public_control(control: Control, seen: Mapping[str, Visibilities]) -> Control:
    levels = tuple(
        level.model_copy(update={"cells": _public_dimension(level.cells, seen[level.cells.name])})
        for level in control.levels
    )
    return control.model_copy(update={"levels": levels})


def _public_dimension(dimension: DimensionInfo, seen: Visibilities) -> DimensionInfo:
    public = (
        # The largest share is a rate of one person, not a count.
        group
        if seen[group.name] >= Visibility.INDICATIVE
        else group.model_copy(update={"largest_speaker_share": None})
        for group in dimension.groups
        if seen[group.name] > Visibility.HIDDEN
    )
    return dimension.model_copy(update={"groups": tuple(public)})


def _public_trace(trace: NormaliserTrace, thresholds: Thresholds) -> NormaliserTrace:
    """A trace without the words that too few people said."""
    rules = (
        rule.model_copy(
            update={
                "examples": tuple(
                    one for one in rule.examples if one.n_speakers >= thresholds.min_speakers_counted
                )
            }
        )
        for rule in trace.rules
    )
    return trace.model_copy(update={"rules": tuple(rules)})
