"""Levels in thirds of an octave, with tones left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import stft
from asr_fair.recipes.sources import THIRD_OCTAVES_HZ, band_edges_hz
from asr_fair.records import SAMPLE_RATE_HZ, Samples

BandPowers: TypeAlias = Mapping[float, float]
"""Mean square in each third of an octave, by its nominal centre in Hz; full scale is 1."""

_WINDOWS = {8192: 6.0, 2048: 4.0, 512: 3.0, 256: 2.5}
"""Window in samples -> bins on either side of a tone that belong to it."""

_FEWEST_FRAMES = 6
_ENERGY_SHARE = 2 / 3
"""Of a Hann window: (sum of the window)^2 / (length * sum of its squares)."""
_FREE_SHARE = 0.2
"""A band of which tones leave less than this gets its level from its neighbours."""


def band_powers(
    samples: Samples, tones_hz: Sequence[float] = (), usable: NDArray[np.bool_] | None = None
) -> BandPowers:
    """Power in each third of an octave.

    Each band is measured through the longest window for which there are usable frames: short windows fit
    between the pulses of a tone, long ones tell low bands apart. Where tones fill a band, its density is
    interpolated between its neighbours.

    Parameters
    ----------
    samples
        At `SAMPLE_RATE_HZ`, shape = (n_samples,).
    tones_hz
        Frequencies that do not count.
    usable
        Where to measure, shape = (n_samples,); everywhere if None. Bands too low for the gaps that it leaves
        are measured everywhere.
    """
    spectra = [each for n_fft in _WINDOWS if (each := _spectrum(samples, n_fft, usable)) is not None]
    everywhere = _spectrum(samples, max(n for n in _WINDOWS if n <= len(samples)), None)
    densities = []
    for centre_hz in THIRD_OCTAVES_HZ:
        low_hz, high_hz = _edges_hz(centre_hz)
        fine = [each for each in spectra if high_hz - low_hz >= 2 * _bin_hz(each)]
        densities.append(_density(fine[0] if fine else everywhere, low_hz, high_hz, tones_hz))
    known = np.array([each is not None for each in densities])
    if not known.any():
        return dict.fromkeys(THIRD_OCTAVES_HZ, 0.0)
    logs = np.log([max(each, 1e-30) for each in densities if each is not None])
    filled = np.exp(np.interp(np.arange(len(known)), np.flatnonzero(known), logs))
    return {
        centre_hz: float(density) * (_edges_hz(centre_hz)[1] - _edges_hz(centre_hz)[0])
        for centre_hz, density in zip(THIRD_OCTAVES_HZ, filled, strict=True)
    }


def levels_db(powers: BandPowers, reference: float) -> dict[float, float]:
    """Level of each band relative to a power, not below -120 dB."""
    return {
        centre_hz: round(max(-120.0, 10 * math.log10(max(power, 1e-30) / reference)), 1)
        for centre_hz, power in powers.items()
    }


def _edges_hz(centre_hz: float) -> tuple[float, float]:
    low_hz, high_hz = band_edges_hz(centre_hz, 3)
    return low_hz, min(high_hz, SAMPLE_RATE_HZ / 2)


def _spectrum(samples: Samples, n_fft: int, usable: NDArray[np.bool_] | None) -> NDArray[np.float64] | None:
    """Mean power in each bin over the frames that lie in the usable part; None for too few of them."""
    if n_fft > len(samples):
        return None
    hop = n_fft // 4
    power = np.abs(stft(samples, n_fft, hop)) ** 2
    if usable is not None:
        used = np.concatenate([[0], np.cumsum(usable)])
        begins = np.arange(power.shape[1]) * hop
        whole = used[begins + n_fft] - used[begins] == n_fft
        if np.count_nonzero(whole) < _FEWEST_FRAMES:
            return None
        power = power[:, whole]
    one_sided: NDArray[np.float64] = 2 * _ENERGY_SHARE * power.mean(axis=1)
    return one_sided


def _bin_hz(spectrum: NDArray[np.float64]) -> float:
    return SAMPLE_RATE_HZ / 2 / (len(spectrum) - 1)


def _density(
    spectrum: NDArray[np.float64] | None, low_hz: float, high_hz: float, tones_hz: Sequence[float]
) -> float | None:
    """Mean power per Hz between two frequencies, without tones; None where they fill all."""
    if spectrum is None:
        return None
    bin_hz = _bin_hz(spectrum)
    reach_hz = _WINDOWS[2 * (len(spectrum) - 1)] * bin_hz
    centres_hz = np.arange(len(spectrum)) * bin_hz
    overlap_hz = np.minimum(centres_hz + bin_hz / 2, high_hz) - np.maximum(centres_hz - bin_hz / 2, low_hz)
    weight = np.maximum(overlap_hz, 0.0)
    for tone_hz in tones_hz:
        weight[np.abs(centres_hz - tone_hz) <= reach_hz] = 0.0
    if weight.sum() < _FREE_SHARE * (high_hz - low_hz):
        return None
    return float((weight * spectrum).sum() / weight.sum()) / bin_hz
