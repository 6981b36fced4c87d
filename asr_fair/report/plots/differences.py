"""Difference between two systems in each group, a plot for each dimension."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from asr_fair.fairness.results import SystemComparison
from asr_fair.report import wording
from asr_fair.report.cells import everyone_or
from asr_fair.report.model import Plot, PlotGroup
from asr_fair.report.plots.base import (
    INK,
    OVERFLOW_NOTE,
    Point,
    axis_limit,
    axis_ticks,
    chart_of,
    overflow_layers,
    plot_svg,
    point_layers,
)
from asr_fair.report.plots.intervals import ACCENT, ROW_HEIGHT_PX, WIDTH_PX, group_labels
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import Pair, is_judged


def difference_plots(shown: Shown, pair: Pair) -> PlotGroup:
    """Differences of WER under the first condition: everyone, and the groups of each dimension."""
    where = pair.conditions[0]
    everyone = where.everyone
    points = {
        dimension.title: [
            point
            for row in ([] if everyone is None else [everyone]) + where.of(dimension.name)
            if (point := _point(shown, row)) is not None
        ]
        for dimension in shown.results.dimensions
    }
    drawn = [point for own in points.values() for point in own]
    limit = axis_limit([_folded(point) for point in drawn])
    plots = [
        Plot(
            title,
            plot_svg(_layers, own, limit, width_px=WIDTH_PX, height_px=ROW_HEIGHT_PX * len(own)),
            _told(pair, own),
        )
        for title, own in points.items()
        if own
    ]
    caption = (
        f"Point: WER of {pair.system} less WER of {pair.other_system}; left of zero {pair.system} makes "
        "fewer errors. Bar: its interval. Hollow: indicative."
    )
    if any(max(abs(point.low), abs(point.high)) > limit for point in drawn):
        caption += OVERFLOW_NOTE
    return PlotGroup(f"Difference in each group: {where.condition.title}", caption, plots)


def _point(shown: Shown, row: SystemComparison) -> Point | None:
    found = row.difference
    if found.value is None:
        return None
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    return Point(everyone_or(row.group), found.value, low, high, is_judged(shown, row))


def _folded(point: Point) -> Point:
    """The point on the positive side: the axis reaches as far to the left as to the right."""
    reach = max(abs(point.low), abs(point.high))
    return Point(point.group, abs(point.value), 0.0, reach, point.is_full)


def _layers(points: Sequence[Point], limit: float) -> list[alt.Chart]:
    rows = [
        {
            "at": at,
            "value": point.value,
            "low": max(point.low, -limit),
            "high": min(point.high, limit),
            "is_full": point.is_full,
        }
        for at, point in enumerate(points)
    ]
    y = alt.Y("at:O", title=None, axis=alt.Axis(labels=False, ticks=False))
    ticks = axis_ticks(limit)[::2] or [0.0]
    values = sorted({-tick for tick in ticks} | set(ticks))
    axis = alt.Axis(values=values, labelExpr="format(100 * datum.value, '~f')", labelFlush=False)
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[-limit, limit], nice=False),
        title="Difference in points",
        axis=axis,
    )
    bars = chart_of(rows).mark_rule(strokeWidth=2.5, opacity=0.75, color=ACCENT)
    cut_low, cut_high = (
        [row | {"overflows": abs(end) > limit} for row, end in zip(rows, ends, strict=True)]
        for ends in ([point.low for point in points], [point.high for point in points])
    )
    zero = chart_of([{"zero": 0.0}]).mark_rule(strokeDash=[4, 3], color=INK, opacity=0.7)
    return [
        zero.encode(x=alt.X("zero:Q")),
        bars.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y),
        *point_layers(rows, ACCENT, "circle", x=x, y=y),
        *overflow_layers(cut_low, ACCENT, "triangle-left", x=alt.X("low:Q"), y=y),
        *overflow_layers(cut_high, ACCENT, "triangle-right", x=alt.X("high:Q"), y=y),
        *group_labels(points),
    ]


def _told(pair: Pair, points: Sequence[Point]) -> str:
    least = min(points, key=lambda point: point.value)
    most = max(points, key=lambda point: point.value)
    return (
        f"{len(points)} rows, {pair.system} less {pair.other_system}. Lowest: {least.group}, "
        f"{wording.points(least.value)}; highest: {most.group}, {wording.points(most.value)}. "
        "The table below holds the figures."
    )
