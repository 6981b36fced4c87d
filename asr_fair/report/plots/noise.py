"""WER against signal-to-noise ratio, by room and handset: a plot for each group, a line for each noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.cells import (
    groups_with_rates,
    tolerable_wer,
)
from asr_fair.report.model import LegendEntry, Plot, PlotGroup
from asr_fair.report.noise.panels import Panel, panels_of
from asr_fair.report.plots.base import (
    INK,
    OVERFLOW_NOTE,
    Point,
    axis_limit,
    chart_of,
    overall_wer,
    overflow_layers,
    plot_row,
    plot_svg,
    point_layers,
    rate_points,
)
from asr_fair.report.plots.snr import SnrAxes, line_of
from asr_fair.report.plots.tolerance import (
    Borne,
    borne_noise,
    limit_note,
    told_tolerances,
    tolerance_layers,
)
from asr_fair.report.redact import Shown

WIDTH_PX = 275
HEIGHT_PX = 180
DODGE_SHARE = 0.03  # of the axis, between two noises at the same SNR
CAPTION = "Each plot is one group; bars are intervals, hollow marks are indicative."
LINE_NOTE = " Dashed: everyone under the same noise."
TICK_NOTE = " Short level line: everyone under the same condition."
CLEAN_NOTE = " Clean speech stands apart at the right, since it has no signal-to-noise ratio."
NO_NOISE_NOTE = (
    " The same room and handset without noise stands apart at the right, since it has no signal-to-noise "
    "ratio."
)


def noise_curves(shown: Shown, dimension: DimensionInfo, system: str) -> list[PlotGroup]:
    """WER against SNR for each room and handset; the same axes in all. Empty without SNRs or groups."""
    conditions = shown.results.conditions
    snrs_db = sorted({one.snr_db for one in conditions if one.profile is not None and one.snr_db is not None})
    if not snrs_db or not groups_with_rates(shown, dimension):
        return []
    points: dict[str, dict[str, Point]] = {}
    for condition in conditions:
        for point in rate_points(shown, dimension, condition.name, system):
            points.setdefault(point.group, {})[condition.name] = point
    overall = {condition.name: overall_wer(shown, condition.name, system) for condition in conditions}
    limit = axis_limit([point for row in points.values() for point in row.values()])
    axes = SnrAxes(snrs_db, limit, tolerable_wer(shown))
    titles = {condition.name: condition.title for condition in conditions}
    subject = "WER against signal-to-noise ratio"
    return [
        PlotGroup(
            f"{subject} ({panel.title})" if panel.title else subject,
            _caption(panel, points, overall, axes),
            [
                Plot(
                    group,
                    plot_svg(
                        _layers, own, overall, borne, panel, axes, width_px=WIDTH_PX, height_px=HEIGHT_PX
                    ),
                    "; ".join([_told(own, titles), *told_tolerances(borne, panel, axes)]),
                )
                for group, row in points.items()
                if (own := {name: row[name] for name in panel.conditions if name in row})
                for borne in [borne_noise(shown, dimension, group, system, panel)]
            ],
            [LegendEntry(one.symbol, one.colour, one.label) for one in panel.series],
        )
        for panel in panels_of(conditions, dodge_db=DODGE_SHARE * axes.length_db)
    ]


def _caption(
    panel: Panel,
    points: Mapping[str, Mapping[str, Point]],
    overall: Mapping[str, float | None],
    axes: SnrAxes,
) -> str:
    has_base = panel.base is not None and overall[panel.base] is not None
    highs = [row[name].high for row in points.values() for name in panel.conditions if name in row]
    has_curve = any(len(one.stops) > 1 for one in panel.series)
    notes = {
        LINE_NOTE: has_curve,
        TICK_NOTE: has_base or any(len(one.stops) == 1 for one in panel.series),
        CLEAN_NOTE: panel.base == CLEAN,
        NO_NOISE_NOTE: panel.base not in (None, CLEAN),
        OVERFLOW_NOTE: any(high > axes.limit for high in highs),
    }
    if axes.tolerable is not None and axes.shows_tolerable and has_curve:
        notes[limit_note(axes.tolerable)] = True
    return CAPTION + "".join(note for note, applies in notes.items() if applies)


def _layers(
    points: Mapping[str, Point],
    overall: Mapping[str, float | None],
    borne: Borne,
    panel: Panel,
    axes: SnrAxes,
) -> list[alt.Chart]:
    """Tolerances, everyone together behind, then a line with intervals for each noise, then no noise.

    A line needs two levels of noise; everyone at a single one is a short level line, as without noise.
    """
    x = axes.x(panel.base)
    background: list[alt.Chart] = []
    foreground: list[alt.Chart] = []
    for one in panel.series:
        known = [{"at": at, "value": overall[name]} for name, at in one.stops.items()]
        behind = chart_of([row for row in known if row["value"] is not None])
        background.append(
            line_of(behind, INK, x, axes, opacity=0.45, strokeDash=[4, 3], strokeWidth=1.5)
            if len(known) > 1
            else _level_line(behind, x, axes)
        )
        rows = [plot_row(points[name], axes.limit, at=at) for name, at in one.stops.items() if name in points]
        foreground += [
            line_of(chart_of(rows), one.colour, x, axes, strokeWidth=2),
            *_bars(rows, one.colour, one.shape, x, axes),
        ]
    if panel.base is not None and overall[panel.base] is not None:
        level = chart_of([{"at": axes.base_at, "value": overall[panel.base]}])
        background.append(_level_line(level, x, axes))
    if panel.base is not None and panel.base in points:
        rows = [plot_row(points[panel.base], axes.limit, at=axes.base_at)]
        foreground += _bars(rows, INK, "circle", x, axes)
    return [*tolerance_layers(borne, panel, axes), *background, *foreground]


def _level_line(chart: alt.Chart, x: alt.X, axes: SnrAxes) -> alt.Chart:
    tick = chart.mark_tick(color=INK, opacity=0.6, thickness=1.5, size=24, orient="horizontal")
    level_line: alt.Chart = tick.encode(x=x, y=axes.y())
    return level_line


def _bars(
    rows: Sequence[Mapping[str, Any]], colour: str, shape: str, x: alt.X, axes: SnrAxes
) -> list[alt.Chart]:
    bars = chart_of(rows).mark_rule(strokeWidth=2, opacity=0.75, color=colour)
    return [
        bars.encode(x=x, y=axes.y("low"), y2=alt.Y2("shown_high:Q")),
        *point_layers(rows, colour, shape, x=x, y=axes.y()),
        *overflow_layers(rows, colour, "triangle-up", x=x, y=axes.y("shown_high")),
    ]


def _told(points: Mapping[str, Point], titles: Mapping[str, str]) -> str:
    return "; ".join(f"{titles[name]}: {wording.percent(point.value)}" for name, point in points.items())
