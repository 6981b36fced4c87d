"""Signs that a recording holds what a profile cannot describe."""

from __future__ import annotations

import numpy as np

from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

LONGEST_S: Seconds = 20.0
LOWEST_VOICE_HZ, HIGHEST_VOICE_HZ = 75.0, 400.0
SHORTEST_VOICED_FRAMES = 4
LEAST_GLIDE_SEMITONES = 0.7
LARGEST_STEP_SEMITONES = 2.0
_FLAT_RUN = 3
_FRAME, _HOP = 1024, 512
_QUIET_DB: Decibels = -30.0


def clipped_share(samples: Samples) -> float:
    """Share of the samples that lie at the recording's extremes, in runs of three or more."""
    extreme = np.abs(samples) >= 0.999 * np.abs(samples).max()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], extreme, [False]]).astype(int)))
    lengths = edges[1::2] - edges[::2]
    return float(lengths[lengths >= _FLAT_RUN].sum()) / len(samples)


def voiced_share(samples: Samples) -> float:
    """Share of the time with a pitch that glides as a voice's does, in the middle 20 s at most.

    An alarm, a hum and a scanner keep their pitch, or jump; noise has none.
    """
    import librosa
    from scipy.ndimage import maximum_filter1d

    length = round(LONGEST_S * SAMPLE_RATE_HZ)
    begin = max(0, (len(samples) - length) // 2)
    excerpt = samples[begin : begin + length]
    pitch_hz, voiced, _ = librosa.pyin(
        excerpt,
        fmin=LOWEST_VOICE_HZ,
        fmax=HIGHEST_VOICE_HZ,
        sr=SAMPLE_RATE_HZ,
        frame_length=_FRAME,
        hop_length=_HOP,
        resolution=0.1,
    )
    peaks = maximum_filter1d(np.pad(np.abs(excerpt), (0, _HOP)), 2 * _HOP)[::_HOP]
    voiced = voiced & (peaks[: len(voiced)] > peaks.max() * 10 ** (_QUIET_DB / 20))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], voiced, [False]]).astype(int)))
    gliding = 0
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        semitones = 12 * np.log2(pitch_hz[first:end])
        smooth = np.abs(np.diff(semitones)) < LARGEST_STEP_SEMITONES
        if (
            end - first >= SHORTEST_VOICED_FRAMES
            and smooth.all()
            and np.ptp(semitones) > LEAST_GLIDE_SEMITONES
        ):
            gliding += end - first
    return gliding / len(voiced)
