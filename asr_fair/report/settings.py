"""Conditions in the order of reading: by room and handset, and inside these by noise at falling SNR."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.fairness.noise.axes import axis_name
from asr_fair.fairness.noise.curves import FEWEST_POINTS
from asr_fair.fairness.results import ConditionInfo, DimensionInfo
from asr_fair.records import CLEAN, Decibels
from asr_fair.report import wording

NOTHING_ADDED = "No room or handset added"
NO_NOISE = "No noise"


@dataclass(frozen=True, slots=True)
class Setting:
    """Conditions that share a room and a handset; `title` is empty where a run has no other setting."""

    room: str | None
    handset: str | None
    title: str
    conditions: tuple[ConditionInfo, ...]

    @property
    def without_noise(self) -> ConditionInfo | None:
        """The same room and handset without noise: `clean` where neither was added."""
        return next((one for one in self.conditions if _is_known_without_noise(one)), None)


def settings_of(conditions: Sequence[ConditionInfo]) -> tuple[Setting, ...]:
    """Settings by room, then by handset; in each, noises. All as they first appear, but none comes first."""
    rooms = list(dict.fromkeys([None, *(one.room for one in conditions)]))
    handsets = list(dict.fromkeys([None, *(one.handset for one in conditions)]))
    places = sorted(
        {(one.room, one.handset) for one in conditions},
        key=lambda place: (rooms.index(place[0]), handsets.index(place[1])),
    )
    noises = list(dict.fromkeys([None, *(one.profile for one in conditions)]))

    def by_noise(condition: ConditionInfo) -> tuple[bool, int, float]:
        level_db = math.inf if condition.snr_db is None else condition.snr_db
        return condition.name != CLEAN, noises.index(condition.profile), -level_db

    settings = []
    for room, handset in places:
        own = sorted((one for one in conditions if (one.room, one.handset) == (room, handset)), key=by_noise)
        settings.append(Setting(room, handset, _title(own[0]) if len(places) > 1 else "", tuple(own)))
    return tuple(settings)


@dataclass(frozen=True, slots=True)
class NoiseAxis:
    """One noise in one room through one handset at several SNRs; `name`: the condition of its figures."""

    name: str
    title: str
    snrs_db: tuple[Decibels, ...]


def noise_axes(conditions: Sequence[ConditionInfo]) -> tuple[NoiseAxis, ...]:
    """All noises with at least two SNRs, in the order of reading, SNRs ascending."""
    found: dict[str, list[ConditionInfo]] = {}
    for one in in_reading_order(conditions):
        if one.profile is not None and one.snr_db is not None:
            found.setdefault(axis_name(one), []).append(one)
    return tuple(
        NoiseAxis(
            name, _axis_title(own[0]), tuple(sorted(one.snr_db for one in own if one.snr_db is not None))
        )
        for name, own in found.items()
        if len(own) >= FEWEST_POINTS
    )


def subject_words(dimension: DimensionInfo, system: str, setting: Setting | None = None) -> str:
    """What a table is of: the dimension, the system, and the room and handset where there are others."""
    where = f" ({setting.title})" if setting is not None and setting.title else ""
    return f"{dimension.title}, {system}{where}"


def in_reading_order(conditions: Sequence[ConditionInfo]) -> tuple[ConditionInfo, ...]:
    """The conditions of all settings, one setting after the other."""
    return tuple(condition for setting in settings_of(conditions) for condition in setting.conditions)


def noise_title(condition: ConditionInfo) -> str:
    """A condition's title beside others of its setting: what is the same in all of them is left out."""
    if condition.room is None and condition.handset is None:
        return condition.title
    if condition.profile is None:
        return NO_NOISE
    level = "" if condition.snr_db is None else f", {wording.decibels(condition.snr_db)} SNR"
    return f"{profile_title(condition)}{level}"


def room_title(condition: ConditionInfo) -> str:
    """A room's name for people; results of other makers may hold its id only."""
    return condition.room_title or condition.room or ""


def profile_title(condition: ConditionInfo) -> str:
    """A noise's name for people; results before schema 1.1 hold its id only."""
    return condition.profile_title or condition.profile or ""


def handset_title(condition: ConditionInfo) -> str:
    """A handset's name for people."""
    return condition.handset_title or condition.handset or ""


def _title(condition: ConditionInfo) -> str:
    parts = (room_title(condition), handset_title(condition))
    return "; ".join(part for part in parts if part) or NOTHING_ADDED


def _axis_title(condition: ConditionInfo) -> str:
    parts = (profile_title(condition), room_title(condition), handset_title(condition))
    return "; ".join(filter(None, parts))


def _is_known_without_noise(condition: ConditionInfo) -> bool:
    """What was done to transcripts that were handed in under another name than `clean` is not known."""
    has_part = condition.room is not None or condition.handset is not None
    return condition.profile is None and (condition.name == CLEAN or has_part)
