"""Which noises share a plot against SNR: only those of one room and handset, each with a mark of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asr_fair.fairness.noise.axes import axis_name
from asr_fair.fairness.results import ConditionInfo
from asr_fair.records import Decibels
from asr_fair.report.settings import Setting, profile_title, settings_of

# Okabe & Ito's colours that hold on white and on black; each comes with a shape of its own.
MARKS = (
    ("#0072B2", "circle", "●"),
    ("#D55E00", "square", "■"),
    ("#009E73", "triangle-up", "▲"),
    ("#CC79A7", "diamond", "◆"),
)
"""Colour, shape and the same shape as text. No plot holds more noises: the others get plots of their own."""


@dataclass(frozen=True, slots=True)
class Series:
    """One noise in one room and handset: its mark, and where each of its conditions stands, in dB.

    `axis` is the condition of its figures over all SNRs; all of it stands `aside_db` from where it belongs.
    """

    label: str
    axis: str
    aside_db: Decibels
    colour: str
    shape: str
    symbol: str
    stops: Mapping[str, Decibels]


@dataclass(frozen=True, slots=True)
class Panel:
    """What one plot shows of a group; `base` names the same room and handset without noise, if it was run.

    `title` says which of the panels this is; it is empty where there is one.
    """

    title: str
    series: Sequence[Series]
    base: str | None

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of all conditions in it."""
        base = () if self.base is None else (self.base,)
        return (*base, *(name for one in self.series for name in one.stops))


def panels_of(conditions: Sequence[ConditionInfo], *, dodge_db: Decibels) -> Iterator[Panel]:
    """For each room and handset with noise, as many panels as its noises need.

    A noise has the same mark and the same neighbours wherever it is heard; noises at the same SNR stand
    `dodge_db` apart, so that their intervals do.
    """
    noises = list(dict.fromkeys(one.profile for one in conditions if one.profile and one.snr_db is not None))
    n_parts = math.ceil(len(noises) / len(MARKS))
    size = math.ceil(len(noises) / max(n_parts, 1))
    for setting in settings_of(conditions):
        base = setting.without_noise
        for part in range(n_parts):
            series = _series(setting, noises[part * size : (part + 1) * size], dodge_db=dodge_db)
            if series:
                number = f"noises, part {part + 1} of {n_parts}" if n_parts > 1 else ""
                title = "; ".join(filter(None, (setting.title, number)))
                yield Panel(title, series, None if base is None else base.name)


def _series(setting: Setting, noises: Sequence[str], *, dodge_db: Decibels) -> list[Series]:
    series = []
    for index, (noise, mark) in enumerate(zip(noises, MARKS, strict=False)):
        aside_db = (index - (len(noises) - 1) / 2) * dodge_db
        own = [(one, one.snr_db) for one in setting.conditions if one.profile == noise]
        stops = {one.name: snr_db + aside_db for one, snr_db in own if snr_db is not None}
        if stops:
            label, axis = profile_title(own[0][0]), axis_name(own[0][0])
            series.append(Series(label, axis, aside_db, *mark, stops))
    return series
