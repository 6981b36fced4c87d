"""What one declared comparison allows to say: equivalent, disparity, or that this data cannot tell.

In this order (methods section 5): equivalent if the 90 % interval of the ratio, and that of the gap where the
plan sets a margin in points, lie inside the margins and both sides have enough speakers; disparity if the
simultaneous 95 % interval (`multiplicity`) excludes 1 and both sides may be shown in full; else cannot tell.
A test that finds nothing is never evidence of fairness.
"""

from __future__ import annotations

from dataclasses import dataclass

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.paired import Couple
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.fairness.estimates.contrasts import Contrast
from asr_fair.fairness.estimates.gaps import wer_gap
from asr_fair.fairness.resampling.multiplicity import Simultaneous
from asr_fair.fairness.results import Status, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and why."""

    verdict: Verdict
    reason: str
    is_possible: bool = True
    """Whether this data allows any verdict, whatever the interval."""


def judge(interval: Simultaneous, group: Cell, other: Cell, *, limits: Thresholds) -> Judgement:
    """The verdict on `group` against `other`, from the interval of their ratio within its family."""
    missing = _obstacles(interval.contrast, group, other, limits)
    if missing:
        return Judgement(Verdict.CANNOT_TELL, missing, is_possible=False)
    return _decide(interval, group, other, limits)


def judge_systems(interval: Simultaneous, couple: Couple, *, limits: Thresholds) -> Judgement:
    """The verdict on two systems over the same utterances, from the interval of their ratio.

    Where both made as many errors with every one of K speakers, there is no spread to judge by. But with 30
    such speakers fewer than one in ten others can differ at all (1 − .05^(1/30) = .095, at 95 %): that is
    enough to call them equivalent (ours).
    """
    one = couple.one
    if not one.identified:
        return Judgement(Verdict.CANNOT_TELL, "speakers are not known")
    if found := _thin(one, limits):
        return Judgement(Verdict.CANNOT_TELL, f"{found[0]}: {found[1]:,}")
    n_speakers = one.n_with_words or 0
    if not couple.differences.any():
        reason = f"the same number of errors with every one of {n_speakers:,} speakers"
        if n_speakers >= limits.min_speakers_equivalent:
            return Judgement(Verdict.EQUIVALENT, reason)
        few = f"{reason}; equivalent needs {limits.min_speakers_equivalent} speakers"
        return Judgement(Verdict.CANNOT_TELL, few)
    if interval.contrast.value is None:
        return Judgement(Verdict.CANNOT_TELL, "no errors under one of the two systems")
    return _decide(interval, one, couple.other, limits)


def _decide(interval: Simultaneous, one: Cell, other: Cell, limits: Thresholds) -> Judgement:
    """The verdict where nothing stands in its way but, perhaps, the interval itself."""
    ratio, bounds = interval.contrast, interval.bounds
    inner = ratio.bounds(1.0 - 2.0 * (1.0 - limits.confidence))
    pointwise = ratio.bounds(limits.confidence)
    if bounds is None or inner is None or pointwise is None:
        reason = "the spread between speakers cannot be estimated"
        return Judgement(Verdict.CANNOT_TELL, reason, is_possible=False)
    fewest = min(one.n_with_words or 0, other.n_with_words or 0)
    if fewest >= limits.min_speakers_equivalent and (within := _within_margins(inner, one, other, limits)):
        size = "small difference" if _excludes_one(pointwise) else "difference"
        return Judgement(Verdict.EQUIVALENT, f"{size} within {within}")
    together = f"simultaneous {_percent(limits.confidence)} interval {_range(bounds)}"
    if _excludes_one(bounds):
        return Judgement(Verdict.DISPARITY, f"{together} excludes 1")
    return Judgement(Verdict.CANNOT_TELL, f"{together} includes 1, equivalence not shown")


def _within_margins(inner: tuple[float, float], group: Cell, other: Cell, limits: Thresholds) -> str | None:
    """What the 1 − 2α intervals lie within, in words; None where one of them does not."""
    confidence = 1.0 - 2.0 * (1.0 - limits.confidence)
    margin, points = limits.equivalence_ratio, limits.equivalence_points
    if not (1 / margin < inner[0] and inner[1] < margin):
        return None
    words = f"{_percent(confidence)} interval {_range(inner)} inside {_range((1 / margin, margin))}"
    if points is None:
        return f"the margin: {words}"
    gap = wer_gap(group, other).bounds(confidence)
    if gap is None or not (-points < 100 * gap[0] and 100 * gap[1] < points):
        return None
    low, high = (f"{100 * bound:+.1f}" for bound in gap)
    return f"both margins: {words}, and of the gap {low} to {high} inside ±{points:g} points"


def _obstacles(ratio: Contrast, group: Cell, other: Cell, limits: Thresholds) -> str:
    """Why no verdict can be given before looking at the interval; empty if one can."""
    if ratio.status is Status.NO_SPEAKERS:
        return "speakers are not known"
    thin: dict[str, list[str]] = {}
    for cell, where in ((group, "in this group"), (other, "in what it is compared with")):
        if found := _thin(cell, limits):
            thin.setdefault(found[0], []).append(f"{found[1]:,} {where}")
    if thin:
        return "; ".join(f"{too_few}: {', '.join(counts)}" for too_few, counts in thin.items())
    if ratio.value is None:
        return "no errors in the group" if group.n_errors == 0 else "no errors in what it is compared with"
    return ""


def _thin(cell: Cell, limits: Thresholds) -> tuple[str, int] | None:
    """What there is too little of for a verdict, and how much there is; None if there is enough.

    Who was recorded without saying a word is no evidence of an error rate.
    """
    n_speakers = cell.n_with_words
    if visibility(n_speakers, cell.n_words, limits) is Visibility.FULL:
        return None
    if n_speakers is not None and n_speakers < limits.min_speakers_full:
        silent = " with reference words" if n_speakers < len(cell.speakers) else ""
        return f"fewer than {limits.min_speakers_full} speakers{silent}", n_speakers
    return f"fewer than {limits.min_words_full} reference words", cell.n_words


def _excludes_one(bounds: tuple[float, float]) -> bool:
    return bounds[0] > 1.0 or bounds[1] < 1.0


def _range(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.2f} to {bounds[1]:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
