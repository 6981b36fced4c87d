"""Where three scales of what a condition takes from a group point in different directions.

In points, in proportion and in words kept, one and the same change can look worse for either side (methods
section 6), so nothing is claimed from one of them. Directions are those of the figures as they are written;
an interval that excludes none says which are clear of chance. Where none is, nothing could be claimed, and
such cases share one short sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr_fair.fairness.results import DimensionInfo, Figure
from asr_fair.records import REST
from asr_fair.report import wording
from asr_fair.report.cells import (
    EXCESS_NOISE_GAP,
    RATIO_OF_RATIOS,
    RELATIVE_RETENTION,
    headline_key,
    other_side,
)
from asr_fair.report.outcomes import compared_groups, declared_groups
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import Setting


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to measure what a condition takes from a group beyond another."""

    measure: str
    name: str
    none: float
    """The figure where it takes the same from both."""
    more: int
    """+1 where a higher figure means that more is taken from the group."""
    number: wording.Formatter
    told: wording.Formatter
    """What happened to the group, in words."""


def _lost_words(value: float) -> str:
    return f"it lost {wording.points(abs(value)).lstrip('+')} {'less' if value < 0 else 'more'}"


def _grew_words(value: float) -> str:
    return f"its WER grew {wording.ratio_number(value)} times as much"


def _kept_words(value: float) -> str:
    return f"it kept {wording.ratio_number(value)} times as much of its word accuracy"


SCALES = (
    Scale(EXCESS_NOISE_GAP, "points", 0.0, +1, wording.points_number, _lost_words),
    Scale(RATIO_OF_RATIOS, "proportion", 1.0, +1, wording.ratio_number, _grew_words),
    Scale(RELATIVE_RETENTION, "words kept", 1.0, -1, wording.ratio_number, _kept_words),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scale says: +1 that more is taken from the group, −1 less, 0 the same as it is written."""

    scale: Scale
    value: float
    direction: int
    is_clear: bool


def readings_of(shown: Shown, key: CellKey, versus: str) -> list[Reading]:
    """What each scale with a value says of a cell."""
    found = ((scale, shown.figure(key, scale.measure, versus)) for scale in SCALES)
    return [
        _reading(scale, figure, figure.value)
        for scale, figure in found
        if figure is not None and figure.value is not None
    ]


def disagree(readings: Sequence[Reading]) -> bool:
    """Whether one scale says that more is taken from the group, and another that less is."""
    return {+1, -1} <= {reading.direction for reading in readings}


def disagreement_words(readings: Sequence[Reading], condition: str, group: str, versus: str) -> str:
    """The sentence where scales disagree; empty where they do not, or where none is clear of chance."""
    clear = [reading.scale.name for reading in readings if reading.is_clear]
    if not disagree(readings) or not clear:
        return ""
    told = [reading.scale.told(reading.value) for reading in readings]
    if len(clear) == len(readings):
        sure = "Each by itself would be clear of chance"
    else:
        sure = f"Only in {wording.listed(clear)} is the difference clear of chance"
    return (
        f"The scales disagree on what “{condition}” does to “{group}” compared with "
        f"{wording.versus_words(versus)}: {wording.listed(told)}. {sure}; one scale alone does not show that "
        "it does more to either."
    )


def disagreements(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> Iterator[str]:
    """A sentence for each condition and compared group where scales disagree."""
    versus = other_side(dimension)
    groups = compared_groups(shown, dimension)
    if versus == REST and len(declared_groups(shown, dimension)) == 2:
        # Each is the rest of the other: it would be told twice.
        groups = groups[:1]
    unclear: dict[str, list[str]] = {}
    for condition in setting.conditions:
        for group in groups:
            readings = readings_of(
                shown, headline_key(shown, dimension, group, condition.name, system), versus
            )
            words = disagreement_words(readings, condition.title, group, versus)
            if words:
                yield words
            elif disagree(readings):
                unclear.setdefault(group, []).append(f"“{condition.title}”")
    if unclear:
        named = [f"“{group}” under {wording.listed(where)}" for group, where in unclear.items()]
        yield (
            f"The scales point in different directions, none of them clear of chance, for {'; '.join(named)}."
        )


def _reading(scale: Scale, figure: Figure, value: float) -> Reading:
    is_written_as_none = scale.number(value) == scale.number(scale.none)
    direction = 0 if is_written_as_none else scale.more * (1 if value > scale.none else -1)
    low, high = figure.low, figure.high
    is_clear = low is not None and high is not None and not low <= scale.none <= high
    return Reading(scale, value, direction, is_clear)
