"""What all plots share: points from shown figures, one axis limit, marks, and static SVG.

Static SVG instead of an inlined Vega runtime: a plot costs some 5 KB and the page needs no script at all, so
it prints, opens under the strictest content policy and reads the same in ten years. The exact figures stand
in the table below each plot, so nothing is lost without tooltips.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import altair as alt
import vl_convert

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo, Figure
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.cells import WER, groups_with_rates, headline_key
from asr_fair.report.printable import visible
from asr_fair.report.redact import CellKey, Shown

MIN_AXIS_LIMIT = 0.01
TICK_STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
MAX_TICKS = 6
INK = "currentColor"
OVERFLOW_NOTE = " A small arrowhead marks an interval that goes beyond the axis."
STYLE = {
    # The page describes each plot in a sentence; labels on every mark would only be noise to a screen reader.
    "aria": False,
    "font": "sans-serif",
    "background": "transparent",
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        **{f"{part}Color": INK for part in ("label", "title", "tick", "domain", "grid")},
        "labelOverlap": False,
        "gridOpacity": 0.12,
        "tickOpacity": 0.4,
        "domainOpacity": 0.4,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
}

TAG = re.compile(r"<[^>]*>")
EMPTY = re.compile(r'<path class="(?:background|foreground)" aria-hidden="true" d="(?:M0,0h0v0h0Z)?"[^>]*/>')
IDLE = re.compile(
    r' (?:pointer-events="none"|opacity="1"|class="[^"]*"|aria-[a-z]+="[^"]*"|role="[^"]*"'
    r'|font-family="sans-serif"|stroke-width="1"|version="1.1"|xmlns:xlink="[^"]*")'
)
LONG_NUMBER = re.compile(r"(\d\.\d\d)\d+")


@dataclass(frozen=True, slots=True)
class Point:
    """A rate with its interval; `is_full` says whether there are speakers enough."""

    group: str
    value: float
    low: float
    high: float
    is_full: bool


def chart_of(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart over rows of plain values."""
    drawn = [{name: _drawable(value) for name, value in row.items()} for row in rows]
    return alt.Chart(alt.InlineData(values=drawn))


def _drawable(value: Any) -> Any:
    """A value, or lines of a label, without signs that no SVG may hold: vl-convert aborts on them."""
    if isinstance(value, list):
        return [_drawable(line) for line in value]
    return visible(value) if isinstance(value, str) else value


def rate_points(shown: Shown, dimension: DimensionInfo, condition: str, system: str) -> list[Point]:
    """WER of each group whose rates may be shown, in the order of the tables."""
    points = []
    for group in groups_with_rates(shown, dimension):
        figure = shown.figure(headline_key(shown, dimension, group, condition, system), WER)
        if figure is not None and figure.value is not None:
            is_full = shown.visibility[dimension.name][group] == Visibility.FULL
            points.append(_point(group, figure, figure.value, is_full=is_full))
    return points


def overall_wer(shown: Shown, condition: str, system: str) -> float | None:
    """WER of everyone."""
    figure = shown.figure(CellKey(OVERALL, EVERYONE, condition, system, shown.results.normalisers[0]), WER)
    return None if figure is None or figure.value is None else figure.value


def axis_limit(points: Sequence[Point]) -> float:
    """End of a WER axis: every point fits, and no thin group's interval squeezes the others."""
    if not points:
        return MIN_AXIS_LIMIT
    highest = max(point.value for point in points)
    well_known = max((point.high for point in points if point.is_full), default=highest)
    wanted = min(max(point.high for point in points), max(1.5 * highest, well_known))
    return max(1.05 * wanted, MIN_AXIS_LIMIT)


def axis_ticks(limit: float) -> list[float]:
    """Round values from 0 to `limit`, few enough that their labels stay apart."""
    step = next((step for step in TICK_STEPS if limit / step < MAX_TICKS), TICK_STEPS[-1])
    return [round(step * index, 3) for index in range(int(limit / step) + 1)]


def point_layers(
    rows: Sequence[Mapping[str, Any]], colour: str, shape: str, **encoding: alt.X | alt.Y
) -> list[alt.Chart]:
    """Filled points for well-known rates, hollow ones for indicative rates."""
    full = [row for row in rows if row["is_full"]]
    hollow = [row for row in rows if not row["is_full"]]
    return [
        chart_of(chosen)
        .mark_point(shape=shape, filled=filled, size=70, color=colour, strokeWidth=2, opacity=1)
        .encode(**encoding)
        for chosen, filled in ((full, True), (hollow, False))
        if chosen
    ]


def overflow_layers(
    rows: Sequence[Mapping[str, Any]], colour: str, shape: str, **encoding: alt.X | alt.Y
) -> list[alt.Chart]:
    """Arrowheads where an interval goes beyond the axis."""
    cut = [row for row in rows if row["overflows"]]
    mark = chart_of(cut).mark_point(shape=shape, filled=True, size=50, color=colour, opacity=1)
    return [mark.encode(**encoding)] if cut else []


def plot_row(point: Point, limit: float, *, at: float | None = None) -> dict[str, Any]:
    """A point as a row of chart data; `at` is its place on a numeric axis, its bar ends at `limit`."""
    # Bars are cut here and not by Vega: clip paths carry ids that would clash between plots of one page.
    return {
        "at": at,
        "value": point.value,
        "low": min(point.low, limit),
        "shown_high": min(point.high, limit),
        "overflows": point.high > limit,
        "is_full": point.is_full,
    }


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A plot to be drawn; two of which the same is told are the same."""

    told: str
    width_px: int
    height_px: int
    layers: Callable[[], Sequence[alt.Chart]] = field(compare=False)


def plot_svg(draw: Callable[..., Sequence[alt.Chart]], *data: object, width_px: int, height_px: int) -> str:
    """The layers that `draw` makes of `data` as one static SVG.

    In the page's own ink, so that it holds in light, dark and print. Plots are nearly all the work of a
    report: one that is rendered again takes those it had. Points, panels and axes print all that they hold,
    so what is printed alike looks alike.
    """
    told = repr((draw.__module__, draw.__qualname__, data))
    return _svg_of(_Drawing(told, width_px, height_px, partial(draw, *data)))


@lru_cache(maxsize=1024)
def _svg_of(drawing: _Drawing) -> str:
    size = {"width": drawing.width_px, "height": drawing.height_px}
    spec = alt.layer(*drawing.layers(), **size).to_dict(validate=False)
    return _slim(vl_convert.vegalite_to_svg(spec, config=STYLE))


def _slim(svg: str) -> str:
    """The same picture without what only a script would use, and hundredths of a pixel: half the size.

    Within tags alone: what names a group stands between them.
    """
    return TAG.sub(lambda tag: LONG_NUMBER.sub(r"\1", IDLE.sub("", tag[0])), EMPTY.sub("", svg))


def _point(group: str, figure: Figure, value: float, *, is_full: bool) -> Point:
    low = value if figure.low is None else figure.low
    high = value if figure.high is None else figure.high
    return Point(group, value, low, high, is_full)
