"""What each group of a dimension could show as it is, and how many people are missing for more."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import Field

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.fairness.counting.slices import Cell, Tally
from asr_fair.fairness.counting.strata import groups_of, rest_of
from asr_fair.fairness.describe import describe_group
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.fairness.grouping.declared import compared_groups, n_contrasts
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.planning.power import POWER, Assumptions, Forecaster, Sample, Side, speakers_needed
from asr_fair.fairness.results import GroupInfo
from asr_fair.records import REST
from asr_fair.validation import Strict

TARGET_RATIOS = (2.0, 1.5)
"""Ratios whose need of speakers is told beside that of the equivalence margin."""


class Need(Strict):
    """Speakers still to be recorded for a verdict with the promised power.

    `n_more` is None where thousands would not do. `n_more_versus`: so many are missing, besides, in what the
    group is compared with, where the group alone cannot make up for it, or only with more people in all.
    """

    n_more: int | None
    n_more_versus: int = 0


class GroupOutlook(Strict):
    """A group as it is, and what it could show against `versus` (None: it is compared with nothing)."""

    info: GroupInfo
    verdict_possible: bool = False
    versus: str | None = None
    smallest_ratio: float | None = Field(default=None, description="None: no verdict, or above tenfold")
    smallest_gap: float | None = Field(default=None, description="of that ratio, as a fraction of words")
    equivalence_power: float | None = Field(default=None, description="chance of it between equal groups")
    for_ratio: dict[str, Need] = Field(default_factory=dict, description="by ratio")
    for_equivalence: Need | None = None


class DimensionOutlook(Strict):
    """One dimension: `family_size` comparisons are declared together, over all conditions."""

    name: str
    title: str
    level: str
    reference: Reference | None
    family_size: int
    margin_ratio: float
    margin_points: float | None = None
    groups: tuple[GroupOutlook, ...]


def dimension_outlook(
    dimension: Dimension,
    totals: Tally,
    plan: Plan,
    assumptions: Assumptions,
    *,
    declared: Sequence[str] = (),
    n_conditions: int = 1,
    share: float = 1.0,
) -> DimensionOutlook:
    """The outlook of one dimension from its reference words (hits of `totals`, which has one column).

    `declared`: groups that the sidecar allows; those without data are listed as empty. `n_conditions`: those
    whose comparisons the plan declares. `share`: of the error of a family across dimensions.
    """
    nobody = np.zeros(len(totals.strata.speakers), np.bool_)
    present = groups_of(totals.strata, dimension.name, dimension.bands)
    masks = {name: present.get(name, nobody) for name in dict.fromkeys((*declared, *present))}
    reference = plan.references.get(dimension.name)
    infos = {
        name: describe_group(name, totals.of(members), [0], is_reserved=dimension.is_reserved(name))
        for name, members in masks.items()
    }
    known = {name: members for name, members in masks.items() if not dimension.is_reserved(name)}
    compared = compared_groups(known, reference)
    limits = plan.limits_of(dimension.name)
    n_told = n_contrasts(known, reference)
    if dimension.parts:
        n_told = min(n_told, sum(_has_enough(infos[name], limits) for name in compared))
    family_size = max(round(n_told * n_conditions / share), n_conditions)
    everyone = totals.of(~nobody).cells[0]
    forecaster = Forecaster(assumptions, limits.confidence, family_size)
    rows = []
    for name, members in masks.items():
        if name not in compared:
            rows.append(GroupOutlook(info=infos[name]))
            continue
        versus = reference.group if reference else REST
        other = totals.of(masks[versus] if reference else rest_of(known, name)).cells[0]
        pair = _Pair(totals.of(members).cells[0], other, everyone, forecaster, limits)
        rows.append(pair.outlook(infos[name], versus))
    return DimensionOutlook(
        name=dimension.name,
        title=dimension.title,
        level=dimension.level,
        reference=reference,
        family_size=family_size,
        margin_ratio=limits.equivalence_ratio,
        margin_points=limits.equivalence_points,
        groups=tuple(rows),
    )


def _has_enough(info: GroupInfo, limits: Thresholds) -> bool:
    """Whether a combination is in the family of its intersection (`families.with_enough`)."""
    return visibility(info.n_heard, info.n_words, limits) is Visibility.FULL


@dataclass(frozen=True, eq=False)
class _Pair:
    """A group and what it is compared with; `everyone` lends a group too small its words per speaker."""

    group: Cell
    other: Cell
    everyone: Cell
    forecaster: Forecaster
    limits: Thresholds

    def outlook(self, info: GroupInfo, versus: str) -> GroupOutlook:
        """The row of the group."""
        if info.n_speakers is None:
            return GroupOutlook(info=info, versus=versus)
        limits, forecaster, sample = self.limits, self.forecaster, self._sample
        possible = all(
            visibility(cell.n_with_words, cell.n_words, limits) is Visibility.FULL
            for cell in (self.group, self.other)
        )
        ratio = forecaster.smallest_ratio(sample) if possible else None
        fewest = min(self.group.n_with_words or 0, self.other.n_with_words or 0)
        may_be_equal = fewest >= limits.min_speakers_equivalent
        return GroupOutlook(
            info=info,
            verdict_possible=possible,
            versus=versus,
            smallest_ratio=ratio,
            smallest_gap=None if ratio is None else (ratio - 1) * forecaster.assumptions.wer,
            equivalence_power=self._equivalence_power(sample) if may_be_equal else 0.0,
            for_ratio={f"{target:g}": self._need_for_ratio(target) for target in self._targets()},
            for_equivalence=self._need(self._equivalence_power, limits.min_speakers_equivalent),
        )

    @cached_property
    def _sample(self) -> Sample:
        return Sample.of(self.group, self.other)

    def _equivalence_power(self, sample: Sample) -> float:
        return self.forecaster.equivalence_power(sample, self._margin)

    @property
    def _margin(self) -> float:
        """The narrower margin, as a ratio: m points at a rate W are about as far as 1 + m/(100 W).

        The two intervals are all but one, told on two scales, so that the narrower decides for both.
        """
        limits = self.limits
        if limits.equivalence_points is None:
            return limits.equivalence_ratio
        in_points = 1.0 + limits.equivalence_points / (100 * self.forecaster.assumptions.wer)
        return min(limits.equivalence_ratio, in_points)

    def _targets(self) -> list[float]:
        return sorted({*TARGET_RATIOS, self.limits.equivalence_ratio}, reverse=True)

    def _need_for_ratio(self, ratio: float) -> Need:
        return self._need(
            lambda sample: self.forecaster.disparity_power(sample, ratio), self.limits.min_speakers_full
        )

    def _need(self, power: Callable[[Sample], float], fewest: int) -> Need:
        """Speakers missing in the group alone or in both, whichever is fewer people in all."""
        least, least_other = (self._least(cell, fewest) for cell in (self.group, self.other))
        n_group, n_other = len(self.group.speakers), len(self.other.speakers)
        if n_group >= least and n_other >= least_other and power(self._sample) >= POWER:
            return Need(n_more=0)
        if self._sample.overlap > 0:
            # Whoever is recorded for one of these groups is recorded for the other, too.
            each = speakers_needed(
                lambda number: power(self._sample.times(number / n_group)), max(least, least_other, n_group)
            )
            return Need(n_more=None if each is None else each - n_group)
        both = speakers_needed(lambda number: power(self._grown(number, number)), max(least, least_other))
        alone = None
        if n_other >= least_other:
            alone = speakers_needed(lambda number: power(self._grown(number, n_other)), max(least, n_group))
        missing = (max(both - n_group, 0), max(both - n_other, 0)) if both is not None else None
        if alone is not None and (missing is None or alone - n_group <= sum(missing)):
            return Need(n_more=alone - n_group)
        return Need(n_more=None) if missing is None else Need(n_more=missing[0], n_more_versus=missing[1])

    def _least(self, cell: Cell, fewest: int) -> int:
        """Speakers without whom there is no verdict: `fewest`, and as many as say enough words."""
        words_short = self.limits.min_words_full - cell.n_words
        to_say_enough = len(cell.speakers) + math.ceil(words_short / self._kind(cell)[0])
        return max(fewest, to_say_enough if words_short > 0 else 0)

    def _grown(self, n_group: int, n_other: int) -> Sample:
        """Both sides with so many speakers of the kind that they have, and never fewer than they have."""
        group, other = (
            Side.expected(max(number, len(cell.speakers)), *self._kind(cell))
            for cell, number in ((self.group, n_group), (self.other, n_other))
        )
        return Sample(group, other)

    def _kind(self, cell: Cell) -> tuple[float, float]:
        """Words per speaker and their coefficient of variation: the cell's own from three speakers on."""
        words = cell.words if len(cell.speakers) >= self.limits.min_speakers_counted else self.everyone.words
        mean = max(float(words.mean()), 1.0) if len(words) else 1.0
        return mean, float(words.std(ddof=1)) / mean if len(words) > 1 else 0.0
