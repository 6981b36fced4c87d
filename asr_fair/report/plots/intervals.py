"""WER and interval of each group, one plot for each condition."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import altair as alt

from asr_fair.fairness.results import DimensionInfo
from asr_fair.report import wording
from asr_fair.report.model import Plot, PlotGroup
from asr_fair.report.plots.base import (
    INK,
    OVERFLOW_NOTE,
    Point,
    axis_limit,
    axis_ticks,
    chart_of,
    overall_wer,
    overflow_layers,
    plot_row,
    plot_svg,
    point_layers,
    rate_points,
)
from asr_fair.report.redact import Shown
from asr_fair.report.settings import Setting

WIDTH_PX = 215
ROW_HEIGHT_PX = 30
LABEL_CHARACTERS = 20
ACCENT = "#0072B2"


def interval_plots(shown: Shown, dimension: DimensionInfo, system: str, setting: Setting) -> PlotGroup:
    """WER and interval of each group, a plot for each condition of a setting; all settings share one axis."""
    points = {
        condition.name: rate_points(shown, dimension, condition.name, system)
        for condition in shown.results.conditions
    }
    limit = axis_limit([point for group in points.values() for point in group])
    plots = [
        Plot(
            condition.title,
            plot_svg(
                _layers,
                points[condition.name],
                overall_wer(shown, condition.name, system),
                limit,
                width_px=WIDTH_PX,
                height_px=ROW_HEIGHT_PX * len(points[condition.name]),
            ),
            _told(points[condition.name]),
        )
        for condition in setting.conditions
        if points[condition.name]
    ]
    caption = "Point: WER. Bar: its interval. Hollow: indicative. Dashed line: everyone together."
    if any(point.high > limit for condition in setting.conditions for point in points[condition.name]):
        caption += OVERFLOW_NOTE
    return PlotGroup("WER and interval of each group", caption, plots)


def _layers(points: Sequence[Point], overall: float | None, limit: float) -> list[alt.Chart]:
    rows = [plot_row(point, limit, at=at) for at, point in enumerate(points)]
    y = alt.Y("at:O", title=None, axis=alt.Axis(labels=False, ticks=False))
    x_axis = alt.Axis(values=axis_ticks(limit), format="~%", labelFlush=False)
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, limit], nice=False), title="WER", axis=x_axis)
    bars = chart_of(rows).mark_rule(strokeWidth=2.5, opacity=0.75, color=ACCENT)
    layers = [
        bars.encode(x=alt.X("low:Q"), x2=alt.X2("shown_high:Q"), y=y),
        *point_layers(rows, ACCENT, "circle", x=x, y=y),
        *overflow_layers(rows, ACCENT, "triangle-right", x=alt.X("shown_high:Q"), y=y),
        *group_labels(points),
    ]
    if overall is not None and overall <= limit:
        line = chart_of([{"overall": overall}]).mark_rule(strokeDash=[4, 3], color=INK, opacity=0.7)
        layers.insert(0, line.encode(x=alt.X("overall:Q")))
    return layers


def group_labels(points: Sequence[Point]) -> list[alt.Chart]:
    """Group names left of the axis; an axis of its own would not centre a name of two lines on its row."""
    by_lines: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    for at, point in enumerate(points):
        lines = textwrap.wrap(point.group, LABEL_CHARACTERS, max_lines=2, placeholder=" …")
        by_lines[max(len(lines), 1)].append({"at": at, "label": lines})
    return [
        chart_of(rows)
        .mark_text(align="right", baseline="middle", dx=-8, dy=-7 * (n - 1), fontSize=12, color=INK)
        .encode(x=alt.value(0), y=alt.Y("at:O"), text=alt.Text("label:N"))
        for n, rows in by_lines.items()
        if rows
    ]


def _told(points: Sequence[Point]) -> str:
    highest = max(points, key=lambda point: point.value)
    lowest = min(points, key=lambda point: point.value)
    return (
        f"{len(points)} groups. Highest WER: {highest.group}, {wording.percent(highest.value)}; "
        f"lowest: {lowest.group}, {wording.percent(lowest.value)}. The table below holds the figures."
    )
