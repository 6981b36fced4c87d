"""Tolerances in the plots of WER against SNR: the limit, where each curve comes down to it, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import altair as alt

from asr_fair.fairness.results import DimensionInfo, Figure
from asr_fair.report.cells import TOLERANCE, TOLERANCE_DIFFERENCE, headline_key, other_side
from asr_fair.report.noise.panels import Panel
from asr_fair.report.noise.tolerance_words import limit_words, tolerance_words
from asr_fair.report.plots.base import INK, chart_of
from asr_fair.report.plots.snr import SnrAxes, line_of
from asr_fair.report.redact import Shown

Borne: TypeAlias = Mapping[str, tuple[Figure, Figure | None]]
"""A group's tolerance and its difference to the other side, by noise; empty where there are none."""


def limit_note(limit: float) -> str:
    """What the marks are, for a caption."""
    return (
        f" Dotted level line: a WER of {limit_words(limit)}; dotted upright lines: where a curve, taken "
        "never to rise with the SNR, comes down to it (tolerance)."
    )


def borne_noise(shown: Shown, dimension: DimensionInfo, group: str, system: str, panel: Panel) -> Borne:
    """What a panel's noises have of tolerances, for one group."""
    found: dict[str, tuple[Figure, Figure | None]] = {}
    for one in panel.series:
        key = headline_key(shown, dimension, group, one.axis, system)
        figure = shown.figure(key, TOLERANCE)
        if figure is not None:
            found[one.axis] = figure, shown.figure(key, TOLERANCE_DIFFERENCE, other_side(dimension))
    return found


def tolerance_layers(borne: Borne, panel: Panel, axes: SnrAxes) -> list[alt.Chart]:
    """The tolerable WER as a level line, and a line down from it where a curve meets it."""
    if not borne or not axes.shows_tolerable:
        return []
    x = axes.x(panel.base)
    ends = [{"at": at, "value": axes.tolerable} for at in (axes.snrs_db[0], axes.snrs_db[-1])]
    layers = [line_of(chart_of(ends), INK, x, axes, opacity=0.7, strokeDash=[1, 3], strokeWidth=1.5)]
    for one in panel.series:
        value = borne[one.axis][0].value if one.axis in borne else None
        if value is not None:
            at = value + one.aside_db
            down = [{"at": at, "value": level} for level in (axes.tolerable, 0.0)]
            layers.append(line_of(chart_of(down), one.colour, x, axes, strokeDash=[1, 3], strokeWidth=2))
    return layers


def told_tolerances(borne: Borne, panel: Panel, axes: SnrAxes) -> Iterator[str]:
    """A line of words for each noise."""
    for one in panel.series:
        if one.axis in borne and axes.tolerable is not None:
            figure, difference = borne[one.axis]
            yield f"{one.label}: {tolerance_words(figure, difference, axes.tolerable)}"
