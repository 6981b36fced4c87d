"""WER against signal-to-noise ratio, by room and handset: a plot for each group, a line for each noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from asr_fair.fairness.results import DimensionInfo
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.cells import groups_with_rates
from asr_fair.report.model import LegendEntry, Plot, PlotGroup
from asr_fair.report.noise_panels import Panel, panels_of
from asr_fair.report.plot_base import (
    INK,
    OVERFLOW_NOTE,
    Point,
    axis_limit,
    axis_ticks,
    chart_of,
    overall_wer,
    overflow_layers,
    plot_row,
    point_layers,
    rate_points,
    to_svg,
)
from asr_fair.report.redact import Shown

WIDTH_PX = 275
HEIGHT_PX = 180
MIN_BASE_GAP_DB = 5.0
BASE_GAP_SHARE = 0.35  # of the span of SNRs, between the highest SNR and speech without noise
DODGE_SHARE = 0.03  # of the axis, between two noises at the same SNR
CAPTION = "Each plot is one group; bars are intervals, hollow marks are indicative."
LINE_NOTE = " Dashed: everyone under the same noise."
TICK_NOTE = " Short level line: everyone under the same condition."
CLEAN_NOTE = " Clean speech stands apart at the right, since it has no signal-to-noise ratio."
NO_NOISE_NOTE = (
    " The same room and handset without noise stands apart at the right, since it has no signal-to-noise "
    "ratio."
)


@dataclass(frozen=True, slots=True)
class _Axes:
    """What all curves share: SNRs in dB, the place of no noise right of them, the highest WER shown."""

    snrs_db: Sequence[float]
    limit: float

    @property
    def base_at(self) -> float:
        """Where speech without noise stands, in dB."""
        span_db = self.snrs_db[-1] - self.snrs_db[0]
        return self.snrs_db[-1] + max(MIN_BASE_GAP_DB, BASE_GAP_SHARE * span_db)

    @property
    def length_db(self) -> float:
        """From the lowest SNR to the place of no noise."""
        return self.base_at - self.snrs_db[0]

    def x(self, base: str | None) -> alt.X:
        """SNR in dB, with room for the marks at both ends, and the name of what stands at the right."""
        margin = 0.08 * self.length_db
        base_label = "clean" if base == CLEAN else "no noise"
        ticks = alt.Axis(
            values=[*self.snrs_db, *([] if base is None else [self.base_at])],
            labelExpr=f"datum.value == {self.base_at} ? '{base_label}' : format(datum.value, '~g')",
            grid=False,
        )
        domain = [self.snrs_db[0] - margin, self.base_at + margin]
        return alt.X("at:Q", scale=alt.Scale(domain=domain, nice=False), title="SNR, dB", axis=ticks)

    def y(self, field: str = "value") -> alt.Y:
        """WER from 0 to the limit; Vega-Lite drops the ticks unless all layers ask for the same ones."""
        ticks = alt.Axis(values=axis_ticks(self.limit), format="~%")
        scale = alt.Scale(domain=[0, self.limit], nice=False)
        return alt.Y(f"{field}:Q", scale=scale, title="WER", axis=ticks)


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
    axes = _Axes(snrs_db, axis_limit([point for row in points.values() for point in row.values()]))
    titles = {condition.name: condition.title for condition in conditions}
    subject = f"WER against signal-to-noise ratio: {dimension.title}, {system}"
    return [
        PlotGroup(
            f"{subject} ({panel.title})" if panel.title else subject,
            _caption(panel, points, overall, axes),
            [
                Plot(
                    group,
                    to_svg(_layers(own, overall, panel, axes), width_px=WIDTH_PX, height_px=HEIGHT_PX),
                    _told(own, titles),
                )
                for group, row in points.items()
                if (own := {name: row[name] for name in panel.conditions if name in row})
            ],
            [LegendEntry(one.symbol, one.colour, one.label) for one in panel.series],
        )
        for panel in panels_of(conditions, dodge_db=DODGE_SHARE * axes.length_db)
    ]


def _caption(
    panel: Panel,
    points: Mapping[str, Mapping[str, Point]],
    overall: Mapping[str, float | None],
    axes: _Axes,
) -> str:
    has_base = panel.base is not None and overall[panel.base] is not None
    highs = [row[name].high for row in points.values() for name in panel.conditions if name in row]
    notes = {
        LINE_NOTE: any(len(one.stops) > 1 for one in panel.series),
        TICK_NOTE: has_base or any(len(one.stops) == 1 for one in panel.series),
        CLEAN_NOTE: panel.base == CLEAN,
        NO_NOISE_NOTE: panel.base not in (None, CLEAN),
        OVERFLOW_NOTE: any(high > axes.limit for high in highs),
    }
    return CAPTION + "".join(note for note, applies in notes.items() if applies)


def _layers(
    points: Mapping[str, Point], overall: Mapping[str, float | None], panel: Panel, axes: _Axes
) -> list[alt.Chart]:
    """Everyone together in the background, then a line with intervals for each noise, then no noise.

    A line needs two levels of noise; everyone at a single one is a short level line, as without noise.
    """
    x = axes.x(panel.base)
    background: list[alt.Chart] = []
    foreground: list[alt.Chart] = []
    for one in panel.series:
        known = [{"at": at, "value": overall[name]} for name, at in one.stops.items()]
        behind = chart_of([row for row in known if row["value"] is not None])
        background.append(
            _line(behind, INK, x, axes, opacity=0.45, strokeDash=[4, 3], strokeWidth=1.5)
            if len(known) > 1
            else _level_line(behind, x, axes)
        )
        rows = [plot_row(points[name], axes.limit, at=at) for name, at in one.stops.items() if name in points]
        foreground += [
            _line(chart_of(rows), one.colour, x, axes, strokeWidth=2),
            *_bars(rows, one.colour, one.shape, x, axes),
        ]
    if panel.base is not None and overall[panel.base] is not None:
        level = chart_of([{"at": axes.base_at, "value": overall[panel.base]}])
        background.append(_level_line(level, x, axes))
    if panel.base is not None and panel.base in points:
        rows = [plot_row(points[panel.base], axes.limit, at=axes.base_at)]
        foreground += _bars(rows, INK, "circle", x, axes)
    return [*background, *foreground]


def _line(chart: alt.Chart, colour: str, x: alt.X, axes: _Axes, **style: Any) -> alt.Chart:
    line: alt.Chart = chart.mark_line(color=colour, **style).encode(x=x, y=axes.y())
    return line


def _level_line(chart: alt.Chart, x: alt.X, axes: _Axes) -> alt.Chart:
    tick = chart.mark_tick(color=INK, opacity=0.6, thickness=1.5, size=24, orient="horizontal")
    level_line: alt.Chart = tick.encode(x=x, y=axes.y())
    return level_line


def _bars(
    rows: Sequence[Mapping[str, Any]], colour: str, shape: str, x: alt.X, axes: _Axes
) -> list[alt.Chart]:
    bars = chart_of(rows).mark_rule(strokeWidth=2, opacity=0.75, color=colour)
    return [
        bars.encode(x=x, y=axes.y("low"), y2="shown_high:Q"),
        *point_layers(rows, colour, shape, x=x, y=axes.y()),
        *overflow_layers(rows, colour, "triangle-up", x=x, y=axes.y("shown_high")),
    ]


def _told(points: Mapping[str, Point], titles: Mapping[str, str]) -> str:
    return "; ".join(f"{titles[name]}: {wording.percent(point.value)}" for name, point in points.items())
