"""At which steady rates the level of a sound swells, in which octave bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import stft
from asr_fair.recipes.sources import OCTAVES_HZ, band_edges_hz
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

SLOWEST_HZ, FASTEST_HZ = 0.1, 22.0
"""From a siren's wail to the blades of a helicopter; what is faster is heard as a tone."""

FEWEST_PERIODS = 3.0
LEAST_DEPTH = 0.3
"""As much as this, relative to the mean power: from crest to trough 2.7 dB."""
LEAST_F = 10.0
"""Variance between the phases of a period over that within a phase, as of the F distribution: 1 for noise."""

LOWEST_BAND_HZ = 125.0
"""In a lower octave the level of any noise wanders as fast as it could swell."""
FAINTEST_BAND_DB: Decibels = -25.0
"""A fainter band holds what leaks out of a loud one, as the clicks of an alarm's pulses."""

KEPT_SHARE = 0.5
"""A sound has another one's swell where it has this share of its depth."""

_WINDOW_SAMPLES, _HOP_SAMPLES = 512, 128
_FRAME_S: Seconds = _HOP_SAMPLES / SAMPLE_RATE_HZ
_PEAKS = 6
_PADDING = 4
_SAME_RATE = 0.03
_LARGEST_MULTIPLE = 12

BandLevels: TypeAlias = Mapping[float, NDArray[np.float64]]
"""Power over time of each octave band by its nominal centre in Hz."""


@dataclass(frozen=True)
class Swell:
    """A band whose level goes up and down `rate_hz` times a second.

    `depth` is the amplitude of that swing of power relative to its mean: 0 for a steady level, 1 for one that
    falls to nothing in the form of a sine, towards 2 for short pulses. `power` is that amplitude itself.
    """

    centre_hz: float
    rate_hz: float
    depth: float
    power: float


def missing_swells(recording: Samples, rendered: Samples) -> list[Swell]:
    """How a recording's level swells and another sound's does not: one band a rate, strongest first.

    Parameters
    ----------
    recording, rendered
        At `SAMPLE_RATE_HZ`, a second or longer; shape = (n_samples,), lengths may differ.
    """
    theirs = _band_levels(rendered)
    missing = [
        swell
        for centre_hz, level in _band_levels(recording).items()
        for swell in _swells(centre_hz, level)
        if centre_hz not in theirs or _depth(theirs[centre_hz], swell.rate_hz) < KEPT_SHARE * swell.depth
    ]
    return sorted(_one_for_each_rate(missing), key=lambda each: -each.power)


def steadiest_rate_hz(level: NDArray[np.float64], frame_s: Seconds) -> float | None:
    """The rate at which a level swells deepest; None where it does at none."""
    return next((rate_hz for rate_hz, _ in _rates(level, frame_s)), None)


def _band_levels(samples: Samples) -> BandLevels:
    """The bands that are not faint beside the loudest one."""
    power = np.abs(stft(samples, _WINDOW_SAMPLES, _HOP_SAMPLES)) ** 2
    hz = np.arange(len(power)) * SAMPLE_RATE_HZ / _WINDOW_SAMPLES
    bands = {}
    for centre_hz in OCTAVES_HZ:
        low_hz, high_hz = band_edges_hz(centre_hz, 1)
        if centre_hz >= LOWEST_BAND_HZ:
            bands[centre_hz] = power[(hz >= low_hz) & (hz < high_hz)].sum(axis=0)
    means = {centre_hz: float(band.mean()) for centre_hz, band in bands.items()}
    faintest = max(means.values()) * 10 ** (FAINTEST_BAND_DB / 10)
    return {centre_hz: band for centre_hz, band in bands.items() if means[centre_hz] > faintest}


def _swells(centre_hz: float, level: NDArray[np.float64]) -> Iterator[Swell]:
    for rate_hz, depth in _rates(level, _FRAME_S):
        yield Swell(centre_hz, rate_hz, depth, depth * float(level.mean()))


def _rates(level: NDArray[np.float64], frame_s: Seconds) -> Iterator[tuple[float, float]]:
    """Rates in Hz at which a level swells, with their depths, deepest first."""
    from scipy.signal import find_peaks

    rates_hz, depths = _modulation(level, frame_s)
    slowest_hz = max(SLOWEST_HZ, FEWEST_PERIODS / (len(level) * frame_s))
    depths[(rates_hz < slowest_hz) | (rates_hz > FASTEST_HZ)] = 0.0
    peaks, _ = find_peaks(depths, height=LEAST_DEPTH)
    for peak in sorted(peaks.tolist(), key=lambda each: -depths[each])[:_PEAKS]:
        around = depths[peak - 1 : peak + 2]
        bend = around[0] - 2 * around[1] + around[2]
        rate_hz = float(rates_hz[peak] + (around[0] - around[2]) / 2 / bend * rates_hz[1])
        if _f_of_phases(level, rate_hz * frame_s) >= LEAST_F:
            yield rate_hz, float(depths[peak])


def _modulation(
    level: NDArray[np.float64], frame_s: Seconds
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates in Hz and the depth of each; a swing of power by 30 % of its mean has the depth 0.3."""
    window = np.hanning(len(level))
    size = _PADDING * len(level)
    spectrum = np.fft.rfft((level / level.mean() - 1) * window, size)
    depths: NDArray[np.float64] = 2 * np.abs(spectrum) / window.sum()
    return np.arange(len(depths)) / (size * frame_s), depths


def _depth(level: NDArray[np.float64], rate_hz: float) -> float:
    rates_hz, depths = _modulation(level, _FRAME_S)
    near_hz = max(_SAME_RATE * rate_hz, 1 / (len(level) * _FRAME_S))
    return float(depths[np.abs(rates_hz - rate_hz) <= near_hz].max(initial=0.0))


def _f_of_phases(level: NDArray[np.float64], rate: float) -> float:
    """How much more a level differs between phases of a period than, from period to period, within one.

    Parameters
    ----------
    level
        Shape = (n_frames,).
    rate
        Periods a frame.
    """
    n_periods = int(len(level) * rate)
    n_phases = max(3, min(24, int(1 / rate)))
    # One row a period: the mean of what falls into each phase, by integrating a straight line through it all.
    sums = np.concatenate([[0.0], np.cumsum(level)])
    edges = np.arange(n_periods * n_phases + 1) / (n_phases * rate)
    rows = np.diff(np.interp(edges, np.arange(len(sums)), sums)).reshape(n_periods, n_phases)
    rows = rows - rows.mean(axis=1, keepdims=True)
    between = n_periods * float((rows.mean(axis=0) ** 2).sum()) / (n_phases - 1)
    within = float(((rows - rows.mean(axis=0)) ** 2).sum()) / ((n_periods - 1) * (n_phases - 1))
    return between / within if within > 0 else np.inf


def _one_for_each_rate(swells: Sequence[Swell]) -> Iterator[Swell]:
    """The strongest swell of each rate, without whole multiples of a rate that is there, too."""
    slowest: list[float] = []
    for swell in sorted(swells, key=lambda each: each.rate_hz):
        multiples = [swell.rate_hz / rate_hz for rate_hz in slowest]
        if not any(
            1 <= round(each) <= _LARGEST_MULTIPLE and abs(each / round(each) - 1) <= _SAME_RATE
            for each in multiples
        ):
            slowest.append(swell.rate_hz)
    for rate_hz in slowest:
        alike = [each for each in swells if abs(each.rate_hz / rate_hz - 1) <= _SAME_RATE]
        yield max(alike, key=lambda each: each.power)
