"""What may be looked at in one place: the figure behind it, or why nothing can be judged there."""

from __future__ import annotations

from typing import NamedTuple

from asr_fair.fairness.display import Visibility, visibility
from asr_fair.fairness.results import DimensionInfo, Figure, Loss
from asr_fair.pipeline.gate.judge import has_interval, without_interval
from asr_fair.policy import Measure, Policy
from asr_fair.records import REST
from asr_fair.report.cells import (
    GAP,
    RATIO,
    SHARE_RUNAWAY,
    TOLERANCE,
    TOLERANCE_DIFFERENCE,
    WER,
    hidden_words,
)
from asr_fair.report.gate.outcome import Place
from asr_fair.report.redact import CellKey, Shown
from asr_fair.wording import counted

FIGURES = {
    Measure.GROUP_WER: WER,
    Measure.HIGHEST_WER: WER,
    Measure.EVERYONE_WER: WER,
    Measure.RUNAWAY: SHARE_RUNAWAY,
    Measure.GAP: GAP,
    Measure.RATIO: RATIO,
    Measure.TOLERANCE: TOLERANCE,
    Measure.TOLERANCE_DIFFERENCE: TOLERANCE_DIFFERENCE,
}


class Look(NamedTuple):
    """A figure that may be shown, and why it may not be judged; `is_small`: for want of speakers or words.

    `note`: what an interval rests on that is no usual one.
    """

    figure: Figure | None = None
    obstacle: str = ""
    is_small: bool = False
    note: str = ""


class LossLook(NamedTuple):
    """How many outcomes were lost, of how many; None where that may not be shown."""

    n_lost: int | None
    n_expected: int
    obstacle: str = ""


def look(place: Place, measure: Measure, shown: Shown, policy: Policy) -> Look:
    """The figure behind a place, after the display rules."""
    if not shown.has_rates(place.dimension, place.group):
        return Look(obstacle=hidden_words(shown, place.dimension, place.group), is_small=True)
    headline = shown.results.normalisers[0]
    key = CellKey(place.dimension, place.group, place.condition, place.system, headline)
    figure = shown.figure(key, FIGURES[measure], place.versus)
    if figure is None and place.versus is not None:
        return Look(obstacle="hidden: what it is compared with may not be shown", is_small=True)
    if figure is None:
        return Look(obstacle="not computed in this run")
    if not has_interval(figure):
        return Look(figure, without_interval(figure))
    if not policy.judge_indicative and _is_thin(place, shown):
        limits = shown.results.plan.thresholds
        few = f"{limits.min_speakers_full} speakers or {limits.min_words_full} words"
        side = " on one of the two sides" if place.versus is not None else ""
        return Look(figure, f"indicative only: fewer than {few}{side}", is_small=True)
    return Look(figure)


def look_at_losses(place: Place, shown: Shown) -> LossLook:
    """The losses of a place, told by what the manifest holds of the group."""
    if shown.expected[place.dimension][place.group] == Visibility.HIDDEN:
        return LossLook(None, 0, "hidden: too few speakers")
    found = next((each for each in shown.results.losses if _is_at(each, place)), None)
    if found is None:
        return LossLook(0, 0)
    return LossLook(found.n_errors + found.n_missing, found.n_expected)


def losses_in_words(found: LossLook) -> str:
    """What was lost, as a count."""
    if not found.n_lost:
        return "nothing was lost"
    return f"{found.n_lost:,} of {counted(found.n_expected, 'utterance')} lost: counted, not estimated"


def _is_at(loss: Loss, place: Place) -> bool:
    there = (loss.dimension, loss.group, loss.condition, loss.system)
    return there == (place.dimension, place.group, place.condition, place.system)


def _is_thin(place: Place, shown: Shown) -> bool:
    """Whether reports give no verdict on this group, or on what it is compared with."""
    seen = shown.visibility[place.dimension]
    sides = [seen[place.group]]
    if place.versus == REST:
        sides.append(_rest(place, shown))
    elif place.versus is not None:
        sides.append(seen[place.versus])
    return min(sides) < Visibility.FULL


def _rest(place: Place, shown: Shown) -> Visibility:
    """How much may be said of all other declared groups together."""
    dimension = _dimension(place, shown)
    # Those of hidden groups are missing here: then too little is known, and not too much.
    others = [
        group
        for group in dimension.groups
        if group.name != place.group and not dimension.is_reserved(group.name)
    ]
    return visibility(
        sum(group.n_heard or 0 for group in others),
        sum(group.n_words for group in others),
        shown.results.plan.thresholds,
    )


def _dimension(place: Place, shown: Shown) -> DimensionInfo:
    return next(one for one in shown.dimensions_and_levels if one.name == place.dimension)
