"""Gaps of a dimension within each level of another, and standardised over the levels.

Whether a gap of accent is one of gender shows where both stand side by side: the gap as it is, that among
women, that among men, and that of two sides with the same share of either. Who declined or is unknown, in
either dimension, has no part.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from asr_fair.config import Plan, Reference
from asr_fair.fairness.counting.combinations import level_name
from asr_fair.fairness.counting.slices import Cell, Column, Slice, Tally
from asr_fair.fairness.counting.strata import Mask, rest_of
from asr_fair.fairness.describe import describe_dimension
from asr_fair.fairness.display import for_report, shows_against
from asr_fair.fairness.estimates.contrasts import Contrast
from asr_fair.fairness.estimates.standardised import standardised_gap, standardised_ratio
from asr_fair.fairness.figures import GroupRows
from asr_fair.fairness.grouping.declared import is_one_contrast
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.pairs import Pair, pair_tests
from asr_fair.fairness.resampling.bootstrap import drawn_together
from asr_fair.fairness.resampling.streams import SEED
from asr_fair.fairness.results import Comparison, Control, ControlLevel, DimensionInfo, Figure, Standardised
from asr_fair.fairness.verdicts.families import Families, n_arrangements, with_enough
from asr_fair.records import REST

Measure = Literal["wer_gap", "wer_ratio"]
MEASURES: tuple[tuple[Measure, Callable[[Sequence[Cell], Sequence[Cell]], Contrast]], ...] = (
    ("wer_gap", standardised_gap),
    ("wer_ratio", standardised_ratio),
)


@dataclass(frozen=True, eq=False)
class Level:
    """The people of one level of the control dimension, by the groups of the other dimension.

    `others`: what each compared group is compared with.
    """

    name: str
    cells: DimensionInfo
    slices: Mapping[str, Slice]
    others: Mapping[str, Slice]


@dataclass(frozen=True, eq=False)
class Within:
    """Makes the findings of `dimension` within the levels of `control`; both without reserved groups."""

    dimension: Dimension
    control: Dimension
    groups: Mapping[str, Mask]
    levels: Mapping[str, Mask]
    totals: Tally
    columns: Sequence[Column]
    places: Sequence[int]
    plan: Plan
    declared: Collection[str]

    def control_info(self) -> Control:
        """The levels and who is in them."""
        return Control(
            dimension=self.dimension.name,
            within=self.control.name,
            title=f"{self.dimension.title} within levels of {self.control.title}",
            levels=tuple(ControlLevel(level=level.name, cells=level.cells) for level in self._levels),
        )

    def figures(self) -> Iterator[Figure]:
        """Rates of every group in every level, ratio and gap of those that are compared."""
        for level in self._levels:
            for name, own in level.slices.items():
                rows = GroupRows(level.cells.name, name, own, self.columns, (), self.plan.thresholds)
                yield from rows.rates()
                if name in level.others:
                    yield from rows.apart(level.others[name], self._versus)

    def comparisons(self) -> Iterator[Comparison]:
        """Verdicts in all levels, in one family."""
        limits = self.plan.limits_of(self.dimension.name)
        pairs = [
            Pair(level.cells.name, name, level.slices[name], self._versus, other)
            for level in self._levels
            for enough in (with_enough(level.cells, limits),)
            for name, other in level.others.items()
            if name in enough
        ]
        spoken = [own for level in self._levels for own in level.slices.values()]
        mirrored = is_one_contrast(self.groups, self._reference)
        dimension = replace(self.dimension, name=f"{self.dimension.name} | {self.control.name}")
        n_draws = n_arrangements(pairs, self.columns, limits.n_draws, mirrored=mirrored)
        families = Families(
            dimension,
            self.columns,
            self.places,
            drawn_together(spoken, self.places),
            pair_tests(dimension, pairs, self.places, mirrored=mirrored, n_draws=n_draws, seed=SEED),
            limits,
            self.declared,
        )
        yield from families.comparisons(pairs, mirrored=mirrored)

    def standardised(self) -> Iterator[Standardised]:
        """Gap and ratio of every compared group over the levels that hold enough people on both sides.

        Those are the levels that a report may show, so that no hidden one has a part in the figure.
        """
        for name in self._compared:
            used = [level for level in self._levels if self._is_held_by_both_sides(level, name)]
            sides = [level.slices[name] for level in used], [level.others[name] for level in used]
            inside, everywhere = (self._both_sides(name, where) for where in (self._any_of(used), None))
            for place, column in enumerate(self.columns):
                own, other = ([each.cells[place] for each in side] for side in sides)
                n_words, n_all = (
                    sum(each.cells[place].n_words for each in both) for both in (inside, everywhere)
                )
                for measure, make in MEASURES:
                    found = make(own, other).at(self.plan.thresholds.confidence)
                    yield Standardised(
                        dimension=self.dimension.name,
                        within=self.control.name,
                        group=name,
                        versus=self._versus,
                        **column._asdict(),
                        measure=measure,
                        value=found.value,
                        low=found.low,
                        high=found.high,
                        method=found.method,
                        status=found.status,
                        levels=tuple(level.name for level in used),
                        n_speakers=inside[0].cells[place].n_with_words,
                        n_words=n_words,
                        n_words_left_out=n_all - n_words,
                    )

    @property
    def _reference(self) -> Reference | None:
        return self.plan.references.get(self.dimension.name)

    @property
    def _versus(self) -> str:
        return REST if self._reference is None else self._reference.group

    @property
    def _compared(self) -> list[str]:
        return [name for name in self.groups if name != self._versus]

    @cached_property
    def _levels(self) -> list[Level]:
        return [self._level(name, inside) for name, inside in self.levels.items()]

    def _level(self, name: str, inside: Mask) -> Level:
        masks = {group: members & inside for group, members in self.groups.items()}
        slices = {group: self.totals.of(members) for group, members in masks.items()}
        dimension = replace(
            self.dimension,
            name=level_name(self.dimension.name, self.control.name, name),
            title=f"{self.dimension.title} where {self.control.title} is “{name}”",
            sensitive=self.dimension.sensitive or self.control.sensitive,
        )
        return Level(
            name=name,
            cells=describe_dimension(dimension, slices, self.places, self._reference),
            slices=slices,
            others={group: self._other(group, masks) for group in self._compared},
        )

    def _other(self, group: str, masks: Mapping[str, Mask]) -> Slice:
        return self.totals.of(rest_of(masks, group) if self._reference is None else masks[self._versus])

    def _is_held_by_both_sides(self, level: Level, group: str) -> bool:
        """Whether a level may be shown on both sides, under every condition alike."""
        limits = self.plan.thresholds
        seen = for_report(level.cells, limits)
        sides = (level.slices[group], level.others[group])
        has_words = all(side.cells[place].n_words for side in sides for place in self.places)
        return has_words and shows_against(group, self._versus, seen, level.cells, limits)

    def _any_of(self, levels: Sequence[Level]) -> Mask:
        nobody = np.zeros(len(self.totals.strata.speakers), np.bool_)
        inside: Mask = np.logical_or.reduce([nobody, *(self.levels[level.name] for level in levels)])
        return inside

    def _both_sides(self, group: str, inside: Mask | None) -> tuple[Slice, Slice]:
        """A group and what it is compared with, wherever they are or `inside` only."""
        everywhere = self.groups if inside is None else {n: own & inside for n, own in self.groups.items()}
        return self.totals.of(everywhere[group]), self._other(group, everywhere)
