"""Resampling with torchaudio, as a pure function of samples and the two rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import Samples

_ZERO_CROSSINGS, _ROLLOFF, _BETA = 64, 0.9475937167399596, 14.769656459379492
"""Kaiser-windowed sinc: what torchaudio's documentation gives as the equivalent of librosa's kaiser_best."""

_LARGEST_RATIO = 1_000
"""Terms of the reduced ratio up to which torchaudio's kernel stays small (44.1 to 16 kHz is 441:160)."""


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Samples at another rate; the same array where the rates are equal.

    Parameters
    ----------
    samples
        Mono audio, shape = (n_samples,), float32.
    from_hz, to_hz
        Sample rates in Hz.

    Returns
    -------
    Samples
        Shape = (ceil(n_samples * to_hz / from_hz),), float32.

    Notes
    -----
    A Kaiser-windowed sinc of 64 zero crossings a side: what lies beyond the new band is 140 dB down, where
    torchaudio's default leaves -10 dB close to the band's edge.
    """
    if from_hz == to_hz:
        return samples
    common = math.gcd(from_hz, to_hz)
    if max(from_hz, to_hz) // common > _LARGEST_RATIO:
        return _resample_odd_ratio(samples, from_hz // common, to_hz // common)
    import torch

    with torch.inference_mode(), _one_thread():
        resampled = _resampler(from_hz, to_hz)(torch.from_numpy(np.ascontiguousarray(samples)))
    array: Samples = resampled.numpy()
    return array


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums are split among threads: with another number of them, samples differ in their last bits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=32)
def _resampler(from_hz: int, to_hz: int) -> Any:
    from torchaudio.transforms import Resample

    return Resample(
        from_hz,
        to_hz,
        resampling_method="sinc_interp_kaiser",
        lowpass_filter_width=_ZERO_CROSSINGS,
        rolloff=_ROLLOFF,
        beta=_BETA,
    )


def _resample_odd_ratio(samples: Samples, down: int, up: int) -> Samples:
    """For rates such as 44,101 Hz: torchaudio's kernel has up x down taps and would take gigabytes."""
    from scipy.signal import resample_poly

    resampled: Samples = resample_poly(samples, up, down, window=_low_pass(max(up, down)))
    return resampled.astype(np.float32)


@lru_cache(maxsize=4)
def _low_pass(ratio: int) -> NDArray[np.float64]:
    """The same Kaiser-windowed sinc at the rate that is a multiple of both."""
    from scipy.signal import firwin

    taps: NDArray[np.float64] = firwin(
        2 * _ZERO_CROSSINGS * ratio + 1, _ROLLOFF / ratio, window=("kaiser", _BETA)
    )
    return taps
