"""The axes that all curves over the signal-to-noise ratio share, and a line on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from asr_fair.records import CLEAN
from asr_fair.report.plots.base import axis_ticks

MIN_BASE_GAP_DB = 5.0
BASE_GAP_SHARE = 0.35  # of the span of SNRs, between the highest SNR and speech without noise


@dataclass(frozen=True, slots=True)
class SnrAxes:
    """What all curves share: SNRs in dB, the place of no noise right of them, the highest WER shown.

    `tolerable`: the WER that tolerances were read off at.
    """

    snrs_db: Sequence[float]
    limit: float
    tolerable: float | None

    @property
    def base_at(self) -> float:
        """Where speech without noise stands, in dB."""
        span_db = self.snrs_db[-1] - self.snrs_db[0]
        return self.snrs_db[-1] + max(MIN_BASE_GAP_DB, BASE_GAP_SHARE * span_db)

    @property
    def shows_tolerable(self) -> bool:
        """Whether the tolerable WER lies within the plot."""
        return self.tolerable is not None and self.tolerable <= self.limit

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


def line_of(chart: alt.Chart, colour: str, x: alt.X, axes: SnrAxes, **style: Any) -> alt.Chart:
    """A line through the points of a chart, from left to right."""
    line: alt.Chart = chart.mark_line(color=colour, **style).encode(x=x, y=axes.y())
    return line
