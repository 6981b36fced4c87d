"""Speech in a room."""

from __future__ import annotations

from scipy.signal import oaconvolve

from asr_fair.records import Samples


def reverberate(samples: Samples, response: Samples) -> Samples:
    """Speech, shape (n_samples,), through a response, shape (n_taps,) -> (n_samples + n_taps - 1,).

    A response begins with the direct sound, so that the speech begins where it began before, and its last
    word rings off in full.
    """
    heard: Samples = oaconvolve(samples, response).astype("float32", copy=False)
    return heard
