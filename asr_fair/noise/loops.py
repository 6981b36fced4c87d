"""Sound that can run on for ever: ends that meet beginnings by an equal-power cross-fade."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from asr_fair.records import SAMPLE_RATE_HZ, Samples, Seconds


def loop_of(samples: Samples, crossfade_s: Seconds) -> Samples:
    """A sound, shape (n_samples,), as a loop: its end is faded into its beginning, so that no seam clicks.

    It is shorter by the cross-fade, which takes half of the sound at most. Past the cross-fade, sample i of
    the loop is sample i of the sound.
    """
    overlap = min(round(crossfade_s * SAMPLE_RATE_HZ), len(samples) // 2)
    end = len(samples) - overlap
    return np.concatenate([_blend(samples[end:], samples[:overlap]), samples[overlap:end]])


def joined(pieces: Iterable[Samples], crossfade_s: Seconds) -> Samples:
    """Sounds one after the other, each faded into the next over half of the shorter one at most."""
    sound = np.zeros(0, dtype=np.float32)
    for piece in pieces:
        overlap = min(round(crossfade_s * SAMPLE_RATE_HZ), len(sound) // 2, len(piece) // 2)
        end = len(sound) - overlap
        sound = np.concatenate([sound[:end], _blend(sound[end:], piece[:overlap]), piece[overlap:]])
    return sound


def excerpt(loop: Samples, begin: int, n_samples: int) -> Samples:
    """A copy of `n_samples` of a loop, from sample `begin` of it on, as often round as it takes."""
    first = loop[begin : begin + n_samples]
    rest = n_samples - len(first)
    return np.concatenate([first, np.resize(loop[:rest], rest)])


def _blend(ending: Samples, beginning: Samples) -> Samples:
    """Both of shape (n_samples,), one fading out and one in; the power of unlike sounds stays constant."""
    angle = (np.arange(len(ending), dtype=np.float32) + np.float32(0.5)) * np.float32(np.pi / 2)
    angle /= np.float32(max(1, len(ending)))
    blended: Samples = ending * np.cos(angle) + beginning * np.sin(angle)
    return blended
