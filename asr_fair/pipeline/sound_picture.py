"""Sounds as a picture: the waveform and the spectrogram of each, on the same scales."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import altair as alt
import numpy as np
import vl_convert
from numpy.typing import NDArray
from scipy.signal.windows import hann

from asr_fair.files import replacing
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

FRAME_SAMPLES = 512
"""32 ms: harmonics of a voice stay apart, and so do pulses of 20 a second."""
HOP_SAMPLES = 128

ROW_HZ = 100.0
N_ROWS = round(SAMPLE_RATE_HZ / 2 / ROW_HZ)
N_COLUMNS = 280
N_STROKES = 720
"""Columns of a spectrogram, and vertical strokes of a waveform, in the longest sound."""

RANGE_DB: Decibels = 70.0
"""The colours' range, down from the loudest cell of all sounds; what lies below has the darkest one."""

WIDTH_PX, WAVE_PX, SPECTROGRAM_PX = 720, 70, 160
PIXELS_PER_UNIT = 2.0
INK, WAVE_COLOUR = "#222222", "#2c5d8f"
COLOURS: Literal["magma"] = "magma"
DARKEST = "#000004"
"""Perceptually even, from `DARKEST` on."""
STYLE: dict[str, Any] = {
    "font": "sans-serif",
    "background": "white",
    "padding": 12,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "grid": False,
    },
    "title": {"fontSize": 14, "fontWeight": "bold", "anchor": "start", "color": INK, "offset": 6},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titleLimit": 300},
}


def spectrogram_db(samples: Samples, column_s: Seconds) -> NDArray[np.float64]:
    """Highest level in each cell of time and frequency.

    The maximum over a cell, and not its mean, keeps a tone or a click as bright as it is, however long the
    sound.

    Parameters
    ----------
    samples
        Shape = (n_samples,), at `SAMPLE_RATE_HZ`.
    column_s
        Width of a cell in seconds; its height is `ROW_HZ`.

    Returns
    -------
    array, shape = (n_columns, N_ROWS)
        Level of the strongest bin in dB, where a full-scale sine has 0 dB; -inf for silence.
    """
    window = hann(FRAME_SAMPLES, sym=False)
    frequencies_hz = np.fft.rfftfreq(FRAME_SAMPLES, 1 / SAMPLE_RATE_HZ)
    row_of_bin = np.minimum((frequencies_hz / ROW_HZ).astype(int), N_ROWS - 1)
    first_bins = np.flatnonzero(np.diff(row_of_bin, prepend=-1))
    column_samples = column_s * SAMPLE_RATE_HZ
    n_columns = _n_parts(len(samples), column_samples)
    # Mirrored at its ends: a sound that is cut off there would look like a click.
    padded = np.pad(samples, FRAME_SAMPLES, mode="symmetric")
    cells = np.empty((n_columns, N_ROWS))
    for column in range(n_columns):
        # Frames whose middles lie in the column: one at least, and then one each hop.
        middles = np.arange(round(column * column_samples), round((column + 1) * column_samples), HOP_SAMPLES)
        begins = middles + FRAME_SAMPLES // 2
        last = len(padded) - FRAME_SAMPLES
        frames = padded[np.minimum(begins, last)[:, None] + np.arange(FRAME_SAMPLES)]
        peaks = np.abs(np.fft.rfft(frames * window, axis=1)).max(axis=0)
        cells[column] = np.maximum.reduceat(peaks, first_bins)
    with np.errstate(divide="ignore"):
        levels_db: NDArray[np.float64] = 20 * np.log10(cells / (window.sum() / 2))
    return levels_db


def envelope(samples: Samples, stroke_s: Seconds) -> NDArray[np.float64]:
    """Lowest and highest sample in each stretch of `stroke_s` seconds, shape = (n_strokes, 2)."""
    stroke_samples = stroke_s * SAMPLE_RATE_HZ
    begins = (np.arange(_n_parts(len(samples), stroke_samples)) * stroke_samples).astype(int)
    return np.stack(
        [np.minimum.reduceat(samples, begins), np.maximum.reduceat(samples, begins)], axis=1
    ).astype(np.float64)


def _n_parts(n_samples: int, part_samples: float) -> int:
    """How many parts cover all samples; a remainder that is only a rounding error is none."""
    return max(1, math.ceil(n_samples / part_samples - 1e-6))


@dataclass(frozen=True, slots=True)
class _Scales:
    """What all sounds of a picture share, so that they can be compared by eye."""

    length_s: Seconds
    column_s: Seconds
    peak: float
    top_db: Decibels

    @property
    def floor_db(self) -> Decibels:
        return self.top_db - RANGE_DB

    @property
    def stroke_s(self) -> Seconds:
        return max(self.length_s / N_STROKES, 1 / SAMPLE_RATE_HZ)


def write_picture(path: Path, sounds: Mapping[str, Samples]) -> None:
    """Write a PNG with waveform and spectrogram of each titled sound, one below the other.

    Time, amplitude and colour have the same scale for all. The PNG is there whole or not at all.

    Parameters
    ----------
    sounds
        Title -> samples at `SAMPLE_RATE_HZ`, each of shape (n_samples,); one of them at least is not silent.
    """
    length_s = max(len(samples) for samples in sounds.values()) / SAMPLE_RATE_HZ
    column_s = max(length_s / N_COLUMNS, HOP_SAMPLES / SAMPLE_RATE_HZ)
    levels = {title: spectrogram_db(samples, column_s) for title, samples in sounds.items()}
    scales = _Scales(
        length_s,
        column_s,
        peak=max(float(np.abs(samples).max()) for samples in sounds.values()),
        top_db=math.ceil(max(float(cells.max()) for cells in levels.values())),
    )
    last = list(sounds)[-1]
    charts = [
        chart
        for title in sounds
        for chart in (_waveform(title, scales), _spectrogram(title, scales, titled=title == last))
    ]
    spec = alt.vconcat(*charts, spacing=8).to_dict(validate=False)
    # Given here and not to the charts: Altair would take seconds to validate every row.
    spec["datasets"] = {
        **{_wave_rows_of(title): _strokes(samples, scales) for title, samples in sounds.items()},
        **{_cell_rows_of(title): _cells(levels[title], scales) for title in sounds},
    }
    png = vl_convert.vegalite_to_png(spec, config=STYLE, scale=PIXELS_PER_UNIT)
    with replacing(path) as temporary:
        temporary.write_bytes(png)


def _wave_rows_of(title: str) -> str:
    return f"waveform: {title}"


def _cell_rows_of(title: str) -> str:
    return f"spectrogram: {title}"


def _strokes(samples: Samples, scales: _Scales) -> list[dict[str, float]]:
    return [
        {"at": index * scales.stroke_s, "low": low, "high": high}
        for index, (low, high) in enumerate(envelope(samples, scales.stroke_s).tolist())
    ]


def _cells(levels_db: NDArray[np.float64], scales: _Scales) -> list[dict[str, float]]:
    shown = np.clip(levels_db, scales.floor_db, scales.top_db).round(1)
    # Cells overlap a little to the right and upwards: else the gaps between them shine through. The darkest
    # ones are the background.
    return [
        {
            "begin": column * scales.column_s,
            "end": min((column + 1.15) * scales.column_s, scales.length_s),
            "low": row * ROW_HZ,
            "high": min((row + 1.15) * ROW_HZ, N_ROWS * ROW_HZ),
            "level": level,
        }
        for column, levels in enumerate(shown.tolist())
        for row, level in enumerate(levels)
        if level > scales.floor_db
    ]


def _waveform(title: str, scales: _Scales) -> alt.Chart:
    limit = _round_up(scales.peak)
    amplitude = alt.Scale(domain=[-limit, limit], nice=False)
    axis = alt.Axis(values=[-limit, 0, limit], format="~g", minExtent=40, domain=False)
    chart: alt.Chart = (
        alt.Chart(alt.NamedData(_wave_rows_of(title)))
        .mark_rule(color=WAVE_COLOUR, strokeWidth=WIDTH_PX / N_STROKES, strokeCap="square")
        .encode(
            x=alt.X("at:Q", scale=_time_scale(scales), axis=None),
            y=alt.Y("low:Q", scale=amplitude, axis=axis, title="amplitude"),
            y2="high:Q",
        )
        .properties(title=title, width=WIDTH_PX, height=WAVE_PX)
    )
    return chart


def _spectrogram(title: str, scales: _Scales, *, titled: bool) -> alt.Chart:
    """Rectangles of a sound; only the lowest of several needs to say what its time axis is."""
    frequency = alt.Scale(domain=[0, N_ROWS * ROW_HZ], nice=False)
    khz = alt.Axis(values=[0, 2000, 4000, 6000, 8000], labelExpr="datum.value / 1000", minExtent=40)
    time = alt.Axis(title="time (s)" if titled else None, labelFlush=False, tickCount=10)
    colour = alt.Scale(domain=[scales.floor_db, scales.top_db], scheme=COLOURS)
    legend = alt.Legend(title="dB (full-scale sine: 0)", gradientLength=SPECTROGRAM_PX - 30, tickCount=5)
    chart: alt.Chart = (
        alt.Chart(alt.NamedData(_cell_rows_of(title)))
        .mark_rect(strokeWidth=0)
        .encode(
            x=alt.X("begin:Q", scale=_time_scale(scales), axis=time),
            x2="end:Q",
            y=alt.Y("low:Q", scale=frequency, axis=khz, title="frequency (kHz)"),
            y2="high:Q",
            color=alt.Color("level:Q", scale=colour, legend=legend),
        )
        .properties(width=WIDTH_PX, height=SPECTROGRAM_PX, view=alt.ViewBackground(fill=DARKEST))
    )
    return chart


def _time_scale(scales: _Scales) -> alt.Scale:
    return alt.Scale(domain=[0, scales.length_s], nice=False)


def _round_up(value: float) -> float:
    """The next number with two digits that are not zero, so that labels stay short."""
    digits = 1 - math.floor(math.log10(value))
    return float(math.ceil(value * 10.0**digits) / 10.0**digits)
