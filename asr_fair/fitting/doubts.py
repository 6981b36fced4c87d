"""Signs that a recording holds what a profile cannot describe."""

from __future__ import annotations

import numpy as np

from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

LONGEST_S: Seconds = 20.0
LOWEST_VOICE_HZ, HIGHEST_VOICE_HZ = 75.0, 400.0
SHORTEST_VOICED_FRAMES = 4
LEAST_GLIDE_SEMITONES = 0.7
LARGEST_STEP_SEMITONES = 2.0
MOST_CLIPPED = 0.001
_FLAT_RUN = 3
_LEAST_FALL = 8
_FRAME, _HOP = 1024, 512
_QUIET_DB: Decibels = -30.0


def clipping_doubt(samples: Samples) -> str | None:
    """What to mind where a recorder clipped; to be asked before resampling, which rounds the flat tops."""
    if (clipped := clipped_share(samples)) <= MOST_CLIPPED:
        return None
    return f"{clipped:.1%} of the samples are clipped: some harmonics are the recorder's, not the place's"


def clipped_share(samples: Samples) -> float:
    """Share of the samples that lie in flat tops: three or more at the highest value, or at the lowest."""
    return (_flat_tops(samples) + _flat_tops(-samples)) / len(samples)


def _flat_tops(samples: Samples) -> int:
    """Samples in runs at the highest value that end abruptly.

    The top of a slow wave is flat, too, by the recording's resolution, but falls off by a few of its steps
    only within half of the run's length; it would be three.
    """
    highest = samples.max()
    at_top = samples == highest
    if at_top.all():
        return 0
    step = highest - samples[~at_top].max()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], at_top, [False]]).astype(int)))
    begins, ends = edges[::2], edges[1::2]
    lengths = ends - begins
    beyond = (lengths + 1) // 2
    before = samples[np.maximum(begins - beyond, 0)]
    after = samples[np.minimum(ends - 1 + beyond, len(samples) - 1)]
    flat = (lengths >= _FLAT_RUN) & (highest - np.minimum(before, after) > _LEAST_FALL * step)
    return int(lengths[flat].sum())


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
