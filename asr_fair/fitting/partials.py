"""Tones of a recording, one by one: their frequencies, and their amplitudes over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import FRAME_S, HOP_SAMPLES, Envelope, n_frames, stft
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

WINDOW_SAMPLES = 2048
"""128 ms: harmonics of mains hum (50 Hz apart) stay apart."""
LOW_WINDOW_SAMPLES = 8192
LOW_HZ = 200.0
"""Below it a third of an octave of noise is as narrow as a tone in the shorter window: the longer decides."""

LOWEST_HZ = 30.0
ABOVE_NEIGHBOURS_DB: Decibels = 9.0
PROMINENCE_DB: Decibels = 6.0
SHORT_S: Seconds = 3.0
SHORT_DB: Decibels = 4.0
"""Higher by this in a short recording, in which noise averages out less."""
NEIGHBOURHOOD_HZ = 320.0
WEAKEST_DB: Decibels = -32.0
"""A tone that is weaker than this, relative to the strongest one, is left out."""

LARGEST_SPREAD_BINS = 0.3
"""Standard deviation of the momentary frequency, weighted by power. In noise it is the root mean square
bandwidth of the Hann window, 1/sqrt(3) = 0.58 bins; beside a tone with a signal-to-noise ratio s in its bin,
about 0.58/sqrt(s)."""

SHORTEST_FILTER_S, LONGEST_FILTER_S = 0.016, 0.16
_END_FRAMES = round(0.02 / FRAME_S)


@dataclass(frozen=True)
class Partial:
    """One tone: its frequency, and its amplitude over time (full scale is 1)."""

    frequency_hz: float
    amplitude: Envelope
    smoothing_s: Seconds
    """Length of the Hann window through which the amplitude was measured."""

    @cached_property
    def loudness(self) -> float:
        """Amplitude while the tone sounds, however rarely that is."""
        return sounding_amplitude(self.amplitude)


def plateau(amplitude: Envelope) -> float:
    """Amplitude at the top of the pulses: the median of what comes near to the amplitude while it sounds."""
    loudness = sounding_amplitude(amplitude)
    return float(np.median(amplitude[amplitude >= 0.8 * loudness])) if loudness else 0.0


def sounding_amplitude(amplitude: Envelope) -> float:
    """Root of the mean power, weighted by the power itself: silence between pulses has no weight."""
    power = amplitude**2
    total = float(power.sum())
    return math.sqrt(float((power**2).sum()) / total) if total > 0 else 0.0


def find_partials(samples: Samples) -> tuple[Partial, ...]:
    """The steady and the pulsing tones of a recording, from low to high.

    A tone is a peak of the mean power spectrum whose momentary frequency keeps still while it sounds. That
    is what sets it apart from a peak of noise, and from a voice or a siren, whose pitch moves.
    """
    frequencies_hz = find_frequencies(samples)
    found = [track(samples, hz, filter_s(hz, frequencies_hz)) for hz in frequencies_hz]
    weakest = max((each.loudness for each in found), default=0.0) * 10 ** (WEAKEST_DB / 20)
    return tuple(each for each in found if each.loudness >= weakest)


def find_frequencies(samples: Samples) -> list[float]:
    """Frequencies of the tones in Hz, rising."""
    found = _stable_peaks_hz(samples, WINDOW_SAMPLES)
    if len(samples) < 2 * LOW_WINDOW_SAMPLES or not found or found[0] >= LOW_HZ:
        return found
    finer = _stable_peaks_hz(samples, LOW_WINDOW_SAMPLES)
    near = SAMPLE_RATE_HZ / WINDOW_SAMPLES
    low = {min(finer, key=lambda each: abs(hz - each)): hz for hz in found if hz < LOW_HZ} if finer else {}
    confirmed = [fine for fine, hz in low.items() if abs(fine - hz) <= near]
    return sorted(confirmed) + [hz for hz in found if hz >= LOW_HZ]


def _stable_peaks_hz(samples: Samples, n_fft: int) -> list[float]:
    from scipy.ndimage import percentile_filter
    from scipy.signal import find_peaks

    hop_samples = n_fft // 8
    spectra = stft(samples, n_fft, hop_samples)
    bin_hz = SAMPLE_RATE_HZ / n_fft
    power = np.mean(np.abs(spectra) ** 2, axis=1)
    level_db = 10 * np.log10(power + 1e-15)
    neighbours_db = percentile_filter(level_db, 30, size=round(NEIGHBOURHOOD_HZ / bin_hz))
    short_db = SHORT_DB if len(samples) < SHORT_S * SAMPLE_RATE_HZ else 0.0
    peaks, _ = find_peaks(
        level_db,
        height=neighbours_db + ABOVE_NEIGHBOURS_DB + short_db,
        prominence=PROMINENCE_DB + short_db,
        wlen=round(200 / bin_hz),
    )
    frequencies = []
    for peak in peaks.tolist():
        offset_bins, spread_bins = momentary_frequency(spectra[peak], peak, hop_samples / n_fft)
        if spread_bins <= LARGEST_SPREAD_BINS and abs(offset_bins) <= 1:
            frequencies.append((peak + offset_bins) * bin_hz)
    return sorted(hz for hz in frequencies if hz >= LOWEST_HZ)


def momentary_frequency(spectrum: NDArray[Any], number: int, hop_share: float) -> tuple[float, float]:
    """Mean and standard deviation over time of the frequency in one bin, both in bins from its centre.

    By the advance of phase from frame to frame, weighted by power.

    Parameters
    ----------
    spectrum
        Complex values of the bin, shape = (n_frames,).
    number
        Which bin it is.
    hop_share
        Hop from frame to frame as a share of the frame.
    """
    advance = spectrum[1:] * np.conj(spectrum[:-1]) * np.exp(-2j * np.pi * number * hop_share)
    weight = np.abs(advance)
    total = float(weight.sum())
    if total == 0:
        return 0.0, math.inf
    mean = advance.sum()
    away = np.angle(advance * np.conj(mean)) / (2 * np.pi * hop_share)
    spread = math.sqrt(float((weight * away**2).sum()) / total)
    return float(np.angle(mean)) / (2 * np.pi * hop_share), spread


def track(samples: Samples, frequency_hz: float, smoothing_s: Seconds) -> Partial:
    """Amplitude of one tone over time: shifted to 0 Hz and smoothed by a Hann window."""
    from scipy.signal import upfirdn

    half = round(smoothing_s * SAMPLE_RATE_HZ / 2)
    taps = np.hanning(2 * half + 3)[1:-1]
    phase = 2 * np.pi * frequency_hz / SAMPLE_RATE_HZ * np.arange(len(samples))
    shifted = np.pad(samples * np.exp(-1j * phase), (0, half + HOP_SAMPLES))
    # A smoothing window that reaches beyond the recording is divided by the part of it inside.
    inside = np.pad(np.ones(len(samples)), (0, half + HOP_SAMPLES))
    lead = half // HOP_SAMPLES + 1
    pad = lead * HOP_SAMPLES - half
    smooth, weight = (
        upfirdn(taps, np.pad(each, (pad, 0)), down=HOP_SAMPLES)[lead : lead + n_frames(samples)]
        for each in (shifted, inside)
    )
    return Partial(
        frequency_hz, _held_at_ends(2 * np.abs(smooth) / np.abs(weight)), 2 * half / SAMPLE_RATE_HZ
    )


def _held_at_ends(amplitude: Envelope) -> Envelope:
    """Without the first and last 20 ms: where a sound is cut off there is a click, and little to average."""
    kept = amplitude[_END_FRAMES:-_END_FRAMES]
    return np.pad(kept, (_END_FRAMES, len(amplitude) - len(kept) - _END_FRAMES), mode="edge")


def filter_s(frequency_hz: float, tones_hz: Sequence[float]) -> Seconds:
    """Length of the window whose first zeros lie on the nearest other tone, or the own mirror image."""
    distances_hz = [abs(frequency_hz - other) for other in tones_hz if other != frequency_hz]
    distance_hz = min([*distances_hz, 2 * frequency_hz])
    return min(max(2 / distance_hz, SHORTEST_FILTER_S), LONGEST_FILTER_S)
