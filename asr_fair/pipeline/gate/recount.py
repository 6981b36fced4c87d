"""Lower bounds that hold together over all places of a rule, made again from the counts of a run.

`results.json` holds each interval at one confidence and by itself. How far down a bound must be to hold in m
places together hangs on how these share speakers, so it needs the counts; the methods are those of the
analysis (balanced max-T, `resampling.multiplicity`; percentiles of a tolerance, `noise.tolerance_intervals`,
with Bonferroni's share of the error).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import pandas as pd

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.fairness.counting.slices import RUNAWAY, SCORED, Column, Slice, Tally
from asr_fair.fairness.counting.strata import rest_of
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Term
from asr_fair.fairness.estimates.gaps import both_sides
from asr_fair.fairness.estimates.rates import as_share
from asr_fair.fairness.grouping.groupings import Groupings, grouped
from asr_fair.fairness.noise.axes import Axis, snr_axes
from asr_fair.fairness.noise.tolerance_intervals import difference_interval, read_curves, tolerance_interval
from asr_fair.fairness.resampling.bootstrap import drawn_together
from asr_fair.fairness.resampling.multiplicity import simultaneous_confidence, simultaneous_families
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import Results
from asr_fair.pipeline.evaluate import dimensions_of, people_of
from asr_fair.pipeline.gate.places import TOLERANCES
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.policy import Measure
from asr_fair.records import OVERALL, REST
from asr_fair.report.gate.outcome import Place
from asr_fair.score.counts import WORDS, of_unit

LowerBounds = Callable[[Measure, Sequence[Place]], Mapping[Place, float | None]]
"""The lower bounds of a measure that hold together over these places; None where there is none."""


class Recount:
    """The counts of a run under its headline normaliser, by group."""

    def __init__(self, run: StoredRun) -> None:
        self.run = run
        self.results = run.results

    def lower_bounds(self, measure: Measure, places: Sequence[Place]) -> dict[Place, float | None]:
        """As `LowerBounds`; each dimension spends its share of the error (union bound)."""
        by_dimension: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            by_dimension[place.dimension].append(place)
        found: dict[Place, float | None] = {}
        of = self._of_tolerances if measure in TOLERANCES else self._of_rates
        for own in by_dimension.values():
            confidence = simultaneous_confidence(self._limits.confidence, len(places) / len(own))
            found |= of(measure, own, confidence)
        return found

    def _of_rates(
        self, measure: Measure, places: Sequence[Place], confidence: float
    ) -> dict[Place, float | None]:
        """Of one dimension: rates, shares of utterances, gaps and ratios."""
        family = []
        for place in places:
            at = self._columns.index(self._column(place))
            own = self._group(place.dimension, place.group).cells[at]
            other = self._other(place)
            if measure is Measure.RUNAWAY:
                own = as_share(own, RUNAWAY, SCORED)
            family.append([[Term(+1, own)]] if other is None else both_sides(own, other.cells[at]))
        (intervals,) = simultaneous_families(
            [family],
            LINEAR if measure is Measure.GAP else LOG,
            drawn_together(self._slices(places), range(len(self._columns))),
            confidence=confidence,
            n_draws=self._limits.n_draws,
            seed=SEED,
            purpose=f"speakers of {places[0].dimension}",
        )
        return {
            place: None if found.bounds is None else found.bounds[0]
            for place, found in zip(places, intervals, strict=True)
        }

    def _of_tolerances(
        self, measure: Measure, places: Sequence[Place], confidence: float
    ) -> dict[Place, float | None]:
        """Of one dimension: each with its share of the error."""
        limit = self._limits.tolerable_wer
        if limit is None:
            return dict.fromkeys(places)
        slices = self._slices(places)
        axes = [axis for axis in self._axes if any(axis.column == self._column(place) for place in places)]
        heard = sorted({position for axis in axes for position in axis.positions.values()})
        readings = read_curves(
            slices,
            axes,
            limit,
            drawn_together(slices, heard),
            n_draws=self._limits.n_draws,
            seed=SEED,
            purpose=f"speakers of {places[0].dimension}",
        )
        each_alone = simultaneous_confidence(confidence, len(places))
        found: dict[Place, float | None] = {}
        for place in places:
            read = readings[next(n for n, axis in enumerate(axes) if axis.column == self._column(place))]
            own = read[slices.index(self._group(place.dimension, place.group))]
            other = self._other(place)
            found[place] = (
                tolerance_interval(own, each_alone)
                if other is None
                else difference_interval(own, read[slices.index(other)], each_alone)
            ).low
        return found

    def _slices(self, places: Sequence[Place]) -> list[Slice]:
        """The groups of the places and what they are compared with, each once."""
        own = (self._group(place.dimension, place.group) for place in places)
        others = (self._other(place) for place in places)
        return list(dict.fromkeys([*own, *(other for other in others if other is not None)]))

    def _column(self, place: Place) -> Column:
        return Column(place.condition, place.system, self.results.normalisers[0])

    def _other(self, place: Place) -> Slice | None:
        return (
            None if place.versus is None else self._group(place.dimension, place.versus, besides=place.group)
        )

    def _group(self, dimension: str, group: str, *, besides: str = "") -> Slice:
        """A group's counts; of the rest, those of all declared groups but `besides`."""
        key = (dimension, group, besides if group == REST else "")
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(self, dimension: str, group: str, besides: str) -> Slice:
        if dimension == OVERALL:
            return self._totals.of(self._totals.strata.everyone)
        if group != REST:
            return self._totals.of(self._groupings.groups[dimension][group])
        of = next(
            each
            for each in (*self._groupings.dimensions, *self._groupings.intersections)
            if each.name == dimension
        )
        return self._totals.of(rest_of(self._groupings.declared(of), besides))

    @cached_property
    def _made(self) -> dict[tuple[str, str, str], Slice]:
        return {}

    @property
    def _limits(self) -> Thresholds:
        return self.results.plan.thresholds

    @cached_property
    def _groupings(self) -> Groupings:
        manifest = self.run.manifest
        return grouped(people_of(manifest, {}), dimensions_of(manifest), plan_of(self.results))

    @cached_property
    def _counts(self) -> pd.DataFrame:
        words = of_unit(self.run.counts, WORDS)
        return words[words["normaliser"] == self.results.normalisers[0]]

    @cached_property
    def _columns(self) -> list[Column]:
        return list(
            dict.fromkeys(
                Column(each.condition, each.system, each.normaliser)
                for each in self.results.figures
                if (each.dimension, each.measure) == (OVERALL, "wer")
                and each.normaliser == self.results.normalisers[0]
            )
        )

    @cached_property
    def _axes(self) -> list[Axis]:
        return snr_axes(self._columns, self.results.conditions)

    @cached_property
    def _totals(self) -> Tally:
        return tally(self._counts, self._groupings.strata, self._columns)


def plan_of(results: Results) -> Plan:
    """What of a run's plan decides who is in which group, and what groups are compared with."""
    plain = [each for each in results.dimensions if not each.parts]
    return Plan(
        dimensions=tuple(each.name for each in plain) or None,
        references={
            each.name: Reference(group=each.reference, reason=each.reference_reason or "as in the results")
            for each in plain
            if each.reference is not None
        },
        intersections=tuple(each.parts for each in results.dimensions if each.parts),
        thresholds=results.plan.thresholds,
    )
