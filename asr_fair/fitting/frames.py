"""The one grid of time on which envelopes are measured, and how a recording is cut into frames."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import SAMPLE_RATE_HZ, Samples, Seconds

HOP_SAMPLES = 64
FRAME_S: Seconds = HOP_SAMPLES / SAMPLE_RATE_HZ
"""4 ms from one value of an envelope to the next; value `i` belongs to the moment `i * FRAME_S`."""

Envelope: TypeAlias = NDArray[np.float64]
"""Amplitude or power over time, shape = (n_frames,), one value each `FRAME_S`."""


def stft(samples: Samples, n_fft: int, hop_samples: int) -> NDArray[Any]:
    """Short-time Fourier transform of whole frames only: complex, shape = (1 + n_fft // 2, n_frames).

    Divided by the sum of the window: a sine of amplitude 1 has the magnitude 0.5 in its bin.
    """
    import librosa

    window = np.hanning(n_fft + 1)[:-1]
    transformed = librosa.stft(
        samples, n_fft=n_fft, hop_length=hop_samples, window=window, center=False, dtype=np.complex128
    )
    normalised: NDArray[Any] = transformed / window.sum()
    return normalised


def centred_power(samples: Samples, n_fft: int) -> NDArray[np.float64]:
    """Power in each bin around each moment of the grid, shape = (1 + n_fft // 2, n_frames).

    The ends are mirrored: a sound that is cut off there would look like a click.
    """
    padded = np.pad(samples, n_fft // 2, mode="symmetric")
    power: NDArray[np.float64] = np.abs(stft(padded, n_fft, HOP_SAMPLES)) ** 2
    return power[:, : n_frames(samples)]


def n_frames(samples: Samples) -> int:
    """Values that an envelope of these samples has."""
    return 1 + (len(samples) - 1) // HOP_SAMPLES
