"""When a sound that comes and goes begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import FRAME_S, Envelope
from asr_fair.records import Seconds

SHORTEST_S: Seconds = 0.012
"""A shorter pulse is taken for a flicker of noise; a shorter pause too."""

DEEPEST_DIP, LOWEST_PEAK = 0.5, 1.4

HANN_RAMP_SHARE = 0.55
"""A step, smoothed by a Hann window, rises from 20 to 80 % within 0.33 of the window's length, as a straight
ramp of 0.55 of it does."""


@dataclass(frozen=True)
class Pulses:
    """Pulses in order: where each begins and ends in seconds, with its rise and fall; arrays of one length.

    `whole` is False for a pulse that the recording's beginning or end cuts.
    """

    onsets_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    whole: NDArray[np.bool_]
    rise_s: Seconds
    fall_s: Seconds

    def __len__(self) -> int:
        return len(self.onsets_s)

    @property
    def pulse_s(self) -> Seconds:
        """Length of a typical pulse."""
        lengths_s = self.ends_s - self.onsets_s
        return float(np.median(lengths_s[self.whole] if self.whole.any() else lengths_s))


def find_pulses(amplitude: Envelope, threshold: float, smoothing_s: Seconds) -> Pulses:
    """Where an amplitude lies above a threshold, prolonged by half of its rise and fall.

    Parameters
    ----------
    amplitude
        Shape = (n_frames,), one value each `FRAME_S`.
    threshold
        Half of the amplitude of a pulse: smoothing by a symmetric window does not move that crossing.
    smoothing_s
        Length of the Hann window through which the amplitude was measured.
    """
    above = _without_flicker(amplitude, threshold)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(int)))
    begins, ends = edges[::2], edges[1::2]
    onsets_s = np.array([_crossing_s(amplitude, threshold, begin) for begin in begins.tolist()])
    ends_s = np.array([_crossing_s(amplitude, threshold, end) for end in ends.tolist()])
    whole = (begins > 0) & (ends < len(amplitude))
    rise_s = _ramp_s(amplitude, onsets_s[begins > 0], 2 * threshold, smoothing_s, ends_s - onsets_s)
    fall_s = _ramp_s(
        amplitude[::-1],
        (len(amplitude) - 1) * FRAME_S - ends_s[ends < len(amplitude)],
        2 * threshold,
        smoothing_s,
        ends_s - onsets_s,
    )
    onsets_s = np.where(begins > 0, onsets_s - rise_s / 2, 0.0)
    ends_s = np.where(ends < len(amplitude), ends_s + fall_s / 2, len(amplitude) * FRAME_S)
    if len(whole) and begins[0] == 0 and whole.any():  # it began before the recording, if it was as long
        onsets_s[0] = min(0.0, ends_s[0] - float(np.median((ends_s - onsets_s)[whole])))
    return Pulses(onsets_s, ends_s, whole, rise_s, fall_s)


def _without_flicker(amplitude: Envelope, threshold: float) -> NDArray[np.bool_]:
    """Where pulses are: a dip to half of the threshold parts none, and a peak barely above it is none."""
    from scipy.ndimage import binary_closing, binary_opening, label, maximum, minimum

    above = amplitude > threshold
    dips, n_dips = label(~above)
    depths = minimum(amplitude, dips, np.arange(1, n_dips + 1))
    above |= np.isin(dips, 1 + np.flatnonzero(np.asarray(depths) > DEEPEST_DIP * threshold))
    frames = np.ones(round(SHORTEST_S / FRAME_S), dtype=bool)
    padded = np.pad(above, len(frames), mode="edge")
    cleaned: NDArray[np.bool_] = binary_opening(binary_closing(padded, frames), frames)
    cleaned = cleaned[len(frames) : -len(frames)]
    peaks, n_peaks = label(cleaned)
    heights = maximum(amplitude, peaks, np.arange(1, n_peaks + 1))
    kept: NDArray[np.bool_] = np.isin(
        peaks, 1 + np.flatnonzero(np.asarray(heights) >= LOWEST_PEAK * threshold)
    )
    return kept


def _crossing_s(amplitude: Envelope, threshold: float, frame: int) -> Seconds:
    """Moment of the crossing between the frame before `frame` and `frame`, by a straight line."""
    if frame in (0, len(amplitude)):
        return frame * FRAME_S
    before, after = amplitude[frame - 1], amplitude[frame]
    share = (threshold - before) / (after - before) if after != before else 0.5
    return float(frame - 1 + np.clip(share, 0, 1)) * FRAME_S


def _ramp_s(
    amplitude: Envelope,
    crossings_s: NDArray[np.float64],
    top: float,
    smoothing_s: Seconds,
    lengths_s: NDArray[np.float64],
) -> Seconds:
    """Length of a straight rise from 0, from 20 to 80 % of it in the mean of all pulses."""
    if not len(crossings_s):
        return 0.0
    longest_s = float(np.median(lengths_s))
    around_s = np.linspace(-longest_s / 2, longest_s / 2, 401)
    times_s = np.arange(len(amplitude)) * FRAME_S
    mean = np.mean([np.interp(each + around_s, times_s, amplitude) for each in crossings_s], axis=0)
    middle = len(mean) // 2
    low = np.flatnonzero(mean[:middle] <= 0.2 * top)
    high = np.flatnonzero(mean[middle:] >= 0.8 * top)
    if not low.size or not high.size:
        return 0.0
    ramp_s = float(around_s[middle + high[0]] - around_s[low[-1]]) / 0.6
    ramp_s = max(0.0, ramp_s**2 - (HANN_RAMP_SHARE * smoothing_s) ** 2) ** 0.5
    return float(min(ramp_s, longest_s / 2))
