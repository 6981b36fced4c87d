"""Two systems side by side: which of them makes fewer errors, for whom, and which gap is wider under which.

Only what both transcribed counts. Lead: W_A − W_B with its paired jackknife over speakers; beside it the
cluster bootstrap, and p from signs flipped by speaker (methods section 5). A verdict rests on the ratio, as
between groups; a family is all declared groups of a dimension in all conditions of one pair of systems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.paired import Couple
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Contrast, contrast
from asr_fair.fairness.permutations.arrangements import PermutationTest
from asr_fair.fairness.resampling.bootstrap_intervals import PERCENTILE, Bounds
from asr_fair.fairness.resampling.multiplicity import holm
from asr_fair.fairness.results import GapDifference, SystemComparison, SystemDifference
from asr_fair.fairness.systems.differences import (
    Drawn,
    InFamily,
    Place,
    difference_sides,
    draw,
    flip_signs,
    gap_families,
    ratio_families,
)
from asr_fair.fairness.systems.pairs_of import by_pair
from asr_fair.fairness.verdicts.judgement import judge_systems
from asr_fair.records import SystemPair

OUTSIDE = "outside the declared family"


def compare_systems(
    place: Place, pairs: Sequence[SystemPair], *, normaliser: str, limits: Thresholds
) -> Iterator[SystemComparison]:
    """The rows of all groups of `place`, by pair of systems, then by group, then by condition."""
    families = by_pair(pairs)
    ratios = ratio_families(place, families, limits)
    largest = max((member.size for member in ratios.values()), default=1)
    tests = {
        group: flip_signs(place, group, n_draws=limits.n_draws, family_size=largest) for group in place.groups
    }
    rows = _Rows(
        place=place,
        pairs=pairs,
        normaliser=normaliser,
        limits=limits,
        ratios=ratios,
        gaps=gap_families(place, families, limits),
        drawn=draw(place, limits.n_draws),
        tests=tests,
        adjusted=_adjusted(ratios, tests, families),
    )
    for own in families:
        for group in place.groups:
            for pair in own:
                yield rows.row(group, pair)


def _adjusted(
    ratios: Mapping[tuple[str, int], InFamily],
    tests: Mapping[str, Sequence[PermutationTest]],
    families: Sequence[Sequence[int]],
) -> dict[tuple[str, int], float | None]:
    """Holm's p of each member, over its family."""
    found: dict[tuple[str, int], float | None] = {}
    for own in families:
        keys = [key for key in ratios if key[1] in own]
        found |= zip(keys, holm([tests[group][pair].p for group, pair in keys]), strict=True)
    return found


@dataclass(frozen=True, eq=False)
class _Rows:
    """All that the rows of one place are made from."""

    place: Place
    pairs: Sequence[SystemPair]
    normaliser: str
    limits: Thresholds
    ratios: Mapping[tuple[str, int], InFamily]
    gaps: Mapping[tuple[str, int], InFamily]
    drawn: Drawn
    tests: Mapping[str, Sequence[PermutationTest]]
    adjusted: Mapping[tuple[str, int], float | None]

    def row(self, group: str, pair: int) -> SystemComparison:
        """One group under one pair of systems in one condition."""
        couple, test = self.place.groups[group][pair], self.tests[group][pair]
        return SystemComparison(
            dimension=self.place.dimension,
            group=group,
            **self.pairs[pair]._asdict(),
            normaliser=self.normaliser,
            wer=_rate(couple.one),
            other_wer=_rate(couple.other),
            difference=self._difference(group, pair),
            gap_difference=self._gap_difference(group, pair),
            **self._verdict(group, pair),
            p_value=test.p,
            p_method=None if test.p is None else f"sign-flip-{test.method}",
            p_adjusted=self.adjusted.get((group, pair)),
            **_speakers(couple),
            n_utterances=couple.one.n_utterances,
            n_unpaired=couple.n_unpaired,
            n_words=couple.one.n_words,
        )

    def _difference(self, group: str, pair: int) -> SystemDifference:
        of = contrast(difference_sides(self.place.groups[group][pair]), LINEAR)
        bounds = self.drawn.difference(group, pair, self.limits.confidence)
        return SystemDifference(**_both_ways(of, bounds, self.limits.confidence))

    def _gap_difference(self, group: str, pair: int) -> GapDifference | None:
        member = self.gaps.get((group, pair))
        if member is None or self.place.others is None:
            return None
        of, other = member.interval.contrast, self.place.others[group]
        low, high = member.interval.bounds or (None, None)
        bounds = self.drawn.gap_difference(group, pair, self.limits.confidence)
        return GapDifference(
            **_both_ways(of, bounds, self.limits.confidence),
            versus=other.versus,
            gap=_gap(self.place.groups[group][pair].one, other.couples[pair].one),
            other_gap=_gap(self.place.groups[group][pair].other, other.couples[pair].other),
            n_speakers=other.couples[pair].one.n_with_words,
            n_words=other.couples[pair].one.n_words,
            simultaneous_low=low,
            simultaneous_high=high,
            simultaneous_method=member.interval.method,
            family_size=member.size,
        )

    def _verdict(self, group: str, pair: int) -> dict[str, Any]:
        """Verdict and ratio, with the interval that they rest on; outside the family the ratio alone."""
        couple, member = self.place.groups[group][pair], self.ratios.get((group, pair))
        if member is None:
            ratio = contrast(difference_sides(couple), LOG).value
            nothing = dict.fromkeys(("verdict", "low", "high", "method"))
            return {**nothing, "reason": OUTSIDE, "ratio": ratio, "family_size": 0}
        found = judge_systems(member.interval, couple, limits=self.limits)
        low, high = member.interval.bounds or (None, None)
        return {
            "verdict": found.verdict,
            "reason": found.reason,
            "ratio": member.interval.contrast.value,
            "low": low,
            "high": high,
            "method": member.interval.method,
            "family_size": member.size,
        }


def _both_ways(of: Contrast, bootstrap: Bounds | None, confidence: float) -> dict[str, Any]:
    """A difference with its jackknife interval and, where that exists, the bootstrap's."""
    found = of.at(confidence)
    fields = {name: getattr(found, name) for name in ("value", "low", "high", "method", "status")}
    fields["df"] = None if of.estimate is None else of.estimate.df
    if of.estimate is None or bootstrap is None:
        return fields
    return fields | {
        "bootstrap_low": bootstrap[0],
        "bootstrap_high": bootstrap[1],
        "bootstrap_method": PERCENTILE,
    }


def _speakers(couple: Couple) -> dict[str, Any]:
    """How many speakers said a word, with fewer and with more errors under the first system."""
    n_speakers, signs = couple.one.n_with_words, np.sign(couple.differences[couple.one.words > 0])
    known = n_speakers is not None
    return {
        "n_speakers": n_speakers,
        "n_speakers_fewer": int((signs < 0).sum()) if known else None,
        "n_speakers_more": int((signs > 0).sum()) if known else None,
    }


def _rate(cell: Cell) -> float | None:
    return cell.n_errors / cell.n_words if cell.n_words else None


def _gap(group: Cell, other: Cell) -> float | None:
    one, versus = _rate(group), _rate(other)
    return None if one is None or versus is None else one - versus
