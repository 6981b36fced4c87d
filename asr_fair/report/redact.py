"""What may be shown: the display rules applied once, before anything is made from the results.

Tables, plots and files are built from `Shown` alone, so a hidden value cannot reach them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
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
    Loss,
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
from asr_fair.report.nested import revealing_groups
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


def shown_on_card(results: Results, *, fewest: int = 0) -> Shown:
    """What the card may show: stricter, and no total reveals a hidden group.

    Intersections and levels are left out: a group less its other combinations would reveal a small one.
    `fewest`: speakers that a group needs, where that is more than the plan says.
    """
    plain = _with_card_limits(of_plain_dimensions(results), fewest)
    shown = apply_rule(plain, _card_rule(plain))
    told = tuple(loss for loss in shown.results.losses if _may_tell_loss(loss, shown, plain))
    return replace(shown, results=shown.results.model_copy(update={"losses": told}))


def apply_rule(results: Results, rule: DisplayRule) -> Shown:
    """Results without whatever `rule` hides."""
    thresholds = results.plan.thresholds
    levels = [level.cells for control in results.controls for level in control.levels]
    dimensions = {one.name: one for one in (*results.dimensions, *levels, _everyone(results))}
    seen = {name: rule(dimension, thresholds) for name, dimension in dimensions.items()}
    expected = {name: rule(display.as_expected(one), thresholds) for name, one in dimensions.items()}
    present = {name: rule(display.as_present(one), thresholds) for name, one in dimensions.items()}
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


def _with_card_limits(results: Results, fewest: int) -> Results:
    """The results with the card's threshold for all that is hidden: there are no groups of counts alone."""
    limits = results.plan.thresholds
    least = max(limits.card_min_speakers, fewest)
    stricter = {
        "card_min_speakers": least,
        "min_speakers_counted": least,
        "min_speakers_shown": max(least, limits.min_speakers_shown),
    }
    plan = results.plan.model_copy(update={"thresholds": limits.model_copy(update=stricter)})
    return results.model_copy(update={"plan": plan})


def _card_rule(results: Results) -> DisplayRule:
    """The card's rule for these results: groups are hidden until none gives away one of another dimension."""
    left = _fewest_left(results)
    never: dict[str, set[str]] = {}
    limits = results.plan.thresholds

    def rule(dimension: DimensionInfo, limits: Thresholds) -> Visibilities:
        name = dimension.name
        return display.for_card(dimension, limits, left.get(name, {}), never.get(name, ()))

    while True:
        seen = {one.name: rule(one, limits) for one in results.dimensions}
        found = revealing_groups(results, results.dimensions, seen, fewest=limits.card_min_speakers)
        if not found:
            return rule
        for name, groups in found.items():
            never.setdefault(name, set()).update(groups)


def _fewest_left(results: Results) -> dict[str, dict[str, int]]:
    """By dimension and group: speakers under the condition and system that has fewest, 0 for none at all."""
    fewest: dict[str, dict[str, int]] = {}
    for one in results.figures:
        if one.measure == "wer" and one.normaliser == results.normalisers[0] and one.n_speakers is not None:
            groups = fewest.setdefault(one.dimension, {})
            groups[one.group] = min(one.n_speakers, groups.get(one.group, one.n_speakers))
    return fewest


def _may_tell_loss(loss: Loss, shown: Shown, results: Results) -> bool:
    """Whether a group's losses do not tell how much of a hidden group is left, and so of another one.

    Of a group of which nothing is left anywhere there is nothing to find out.
    """
    if loss.dimension == OVERALL or shown.visibility[loss.dimension][loss.group] > Visibility.HIDDEN:
        return True
    groups = next(one.groups for one in results.dimensions if one.name == loss.dimension)
    return not any(group.n_utterances for group in groups if group.name == loss.group)


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
