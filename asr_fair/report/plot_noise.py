"""WER against signal-to-noise ratio: one plot for each group, a line for each noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from asr_fair.fairness.results import ConditionInfo, DimensionInfo
from asr_fair.records import CLEAN
from asr_fair.report import wording
from asr_fair.report.cells import groups_with_rates
from asr_fair.report.model import LegendEntry, Plot, PlotGroup
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
MIN_CLEAN_GAP_DB = 5.0
CLEAN_GAP_SHARE = 0.35  # of the span of SNRs, between the highest SNR and clean speech
DODGE_SHARE = 0.03  # of the axis, between two noises at the same SNR
CAPTION = "Each plot is one group; bars are intervals, hollow marks are indicative."
LINE_NOTE = " Dashed: everyone under the same noise."
TICK_NOTE = " Short level line: everyone under the same condition."
CLEAN_NOTE = " Clean speech stands apart at the right, since it has no signal-to-noise ratio."
# Okabe & Ito's colours that hold on white and on black; each comes with a shape of its own.
PROFILE_MARKS = (
    ("#0072B2", "circle", "●"),
    ("#D55E00", "square", "■"),
    ("#009E73", "triangle-up", "▲"),
    ("#CC79A7", "diamond", "◆"),
)


@dataclass(frozen=True, slots=True)
class _Series:
    """One noise: its mark, and where each of its conditions stands on the axis of SNRs, in dB."""

    profile: str
    colour: str
    shape: str
    symbol: str
    stops: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Axes:
    """What all curves share: SNRs in dB, the place of clean speech right of them, the highest WER shown."""

    snrs_db: Sequence[float]
    clean_at: float
    limit: float

    @property
    def x(self) -> alt.X:
        """SNR in dB, with room for the marks at both ends."""
        margin = 0.08 * (self.clean_at - self.snrs_db[0])
        ticks = alt.Axis(
            values=[*self.snrs_db, self.clean_at],
            labelExpr=f"datum.value == {self.clean_at} ? 'clean' : format(datum.value, '~g')",
            grid=False,
        )
        domain = [self.snrs_db[0] - margin, self.clean_at + margin]
        return alt.X("at:Q", scale=alt.Scale(domain=domain, nice=False), title="SNR, dB", axis=ticks)

    def y(self, field: str = "value") -> alt.Y:
        """WER from 0 to the limit; Vega-Lite drops the ticks unless all layers ask for the same ones."""
        ticks = alt.Axis(values=axis_ticks(self.limit), format="~%")
        scale = alt.Scale(domain=[0, self.limit], nice=False)
        return alt.Y(f"{field}:Q", scale=scale, title="WER", axis=ticks)


def noise_curves(shown: Shown, dimension: DimensionInfo, system: str) -> PlotGroup | None:
    """WER against SNR, a plot for each group, a line for each noise; None without SNRs or groups."""
    conditions = shown.results.conditions
    snrs_db = sorted({snr_db for _, _, snr_db in _noisy(conditions)})
    if not snrs_db or not groups_with_rates(shown, dimension):
        return None
    points: dict[str, dict[str, Point]] = {}
    for condition in conditions:
        for point in rate_points(shown, dimension, condition.name, system):
            points.setdefault(point.group, {})[condition.name] = point
    overall = {condition.name: overall_wer(shown, condition.name, system) for condition in conditions}
    every_point = [point for row in points.values() for point in row.values()]
    span_db = snrs_db[-1] - snrs_db[0]
    clean_at = snrs_db[-1] + max(MIN_CLEAN_GAP_DB, CLEAN_GAP_SHARE * span_db)
    axes = _Axes(snrs_db, clean_at, axis_limit(every_point))
    series = _series(conditions, dodge_db=DODGE_SHARE * (clean_at - snrs_db[0]))
    titles = {condition.name: condition.title for condition in conditions}
    plots = [
        Plot(
            group,
            to_svg(_layers(row, overall, series, axes), width_px=WIDTH_PX, height_px=HEIGHT_PX),
            _told(row, titles),
        )
        for group, row in points.items()
    ]
    notes = {
        LINE_NOTE: any(len(one.stops) > 1 for one in series),
        TICK_NOTE: CLEAN in overall or any(len(one.stops) == 1 for one in series),
        CLEAN_NOTE: CLEAN in overall,
        OVERFLOW_NOTE: any(point.high > axes.limit for point in every_point),
    }
    caption = CAPTION + "".join(note for note, applies in notes.items() if applies)
    legend = [LegendEntry(one.symbol, one.colour, one.profile) for one in series]
    title = f"WER against signal-to-noise ratio: {dimension.title}, {system}"
    return PlotGroup(title, caption, plots, legend)


def _noisy(conditions: Sequence[ConditionInfo]) -> Iterator[tuple[str, str, float]]:
    """Name, noise profile and SNR in dB of every condition that has them."""
    for condition in conditions:
        if condition.profile is not None and condition.snr_db is not None:
            yield condition.name, condition.profile, condition.snr_db


def _series(conditions: Sequence[ConditionInfo], *, dodge_db: float) -> list[_Series]:
    """One series for each noise, moved aside by `dodge_db` so that bars at the same SNR stay apart."""
    stops: dict[str, dict[str, float]] = {}
    for name, profile, snr_db in sorted(_noisy(conditions), key=lambda noisy: noisy[2]):
        stops.setdefault(profile, {})[name] = snr_db
    return [
        _Series(
            profile,
            *PROFILE_MARKS[index % len(PROFILE_MARKS)],
            {name: snr_db + (index - (len(stops) - 1) / 2) * dodge_db for name, snr_db in own.items()},
        )
        for index, (profile, own) in enumerate(sorted(stops.items()))
    ]


def _layers(
    points: Mapping[str, Point],
    overall: Mapping[str, float | None],
    series: Sequence[_Series],
    axes: _Axes,
) -> list[alt.Chart]:
    """Everyone together in the background, then a line with intervals for each noise, then clean speech.

    A line needs two levels of noise; everyone at a single one is a short level line, as in clean speech.
    """
    background: list[alt.Chart] = []
    foreground: list[alt.Chart] = []
    for one in series:
        known = [{"at": at, "value": overall[name]} for name, at in one.stops.items()]
        behind = chart_of([row for row in known if row["value"] is not None])
        background.append(
            _line(behind, INK, axes, opacity=0.45, strokeDash=[4, 3], strokeWidth=1.5)
            if len(known) > 1
            else _level_line(behind, axes)
        )
        rows = [plot_row(points[name], axes.limit, at=at) for name, at in one.stops.items() if name in points]
        foreground += [
            _line(chart_of(rows), one.colour, axes, strokeWidth=2),
            *_bars(rows, one.colour, one.shape, axes),
        ]
    if overall.get(CLEAN) is not None:
        background.append(_level_line(chart_of([{"at": axes.clean_at, "value": overall[CLEAN]}]), axes))
    if CLEAN in points:
        foreground += _bars([plot_row(points[CLEAN], axes.limit, at=axes.clean_at)], INK, "circle", axes)
    return [*background, *foreground]


def _line(chart: alt.Chart, colour: str, axes: _Axes, **style: Any) -> alt.Chart:
    line: alt.Chart = chart.mark_line(color=colour, **style).encode(x=axes.x, y=axes.y())
    return line


def _level_line(chart: alt.Chart, axes: _Axes) -> alt.Chart:
    tick = chart.mark_tick(color=INK, opacity=0.6, thickness=1.5, size=24, orient="horizontal")
    level_line: alt.Chart = tick.encode(x=axes.x, y=axes.y())
    return level_line


def _bars(rows: Sequence[Mapping[str, Any]], colour: str, shape: str, axes: _Axes) -> list[alt.Chart]:
    bars = chart_of(rows).mark_rule(strokeWidth=2, opacity=0.75, color=colour)
    return [
        bars.encode(x=axes.x, y=axes.y("low"), y2="shown_high:Q"),
        *point_layers(rows, colour, shape, x=axes.x, y=axes.y()),
        *overflow_layers(rows, colour, "triangle-up", x=axes.x, y=axes.y("shown_high")),
    ]


def _told(points: Mapping[str, Point], titles: Mapping[str, str]) -> str:
    return "; ".join(f"{titles[name]}: {wording.percent(point.value)}" for name, point in points.items())
