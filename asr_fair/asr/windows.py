"""Audio of any length as Whisper's 30-second windows, and their results as one hypothesis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import SAMPLE_RATE_HZ, WINDOW_S, Hypothesis, Samples, Seconds

WINDOW_SAMPLES = int(WINDOW_S * SAMPLE_RATE_HZ)
CUT_SEARCH_S = 5.0
"""A long recording is cut at the quietest point of a window's last five seconds."""
_QUIET_STRETCH_SAMPLES = SAMPLE_RATE_HZ // 5
_HOP_SAMPLES = SAMPLE_RATE_HZ // 100


@dataclass(frozen=True, slots=True)
class DecodedWindow:
    """What the decoder said about one window; the sum is over `n_tokens` tokens, the end included."""

    text: str
    language: str
    no_speech_probability: float
    sum_log_probability: float
    n_tokens: int


def n_windows(duration_s: Seconds) -> int:
    """Windows in a recording, for planning batches; a long one may be cut into slightly more.

    >>> n_windows(0.5), n_windows(30), n_windows(30.1)
    (1, 1, 2)
    """
    return max(1, math.ceil(duration_s / WINDOW_S))


def cut_windows(samples: Samples) -> list[Samples]:
    """Cut audio into windows of at most 30 s; every sample lies in exactly one of them.

    Audio over 30 s is cut in the middle of the quietest 0.2 s that begin and end within the last
    five seconds of each window, so that a word is rarely split.

    Parameters
    ----------
    samples
        Audio at 16 kHz, shape (n_samples,).

    Returns
    -------
    list of arrays
        Views of `samples`; one, perhaps empty, for audio of up to 30 s.
    """
    windows = []
    while len(samples) > WINDOW_SAMPLES:
        cut = _quietest_cut(samples[:WINDOW_SAMPLES])
        windows.append(samples[:cut])
        samples = samples[cut:]
    return [*windows, samples]


def join_texts(texts: Sequence[str]) -> str:
    """The texts of a recording's windows as one, with single spaces between them."""
    return " ".join(stripped for text in texts if (stripped := text.strip()))


def join_windows(windows: Sequence[DecodedWindow]) -> Hypothesis:
    """One hypothesis from a recording's windows, in their order.

    The language is the first window's; the mean log-probability is over all tokens; the no-speech
    probability is the lowest one, so it is high only when every window looks silent to the decoder.
    """
    n_tokens = sum(window.n_tokens for window in windows)
    return Hypothesis(
        text=join_texts([window.text for window in windows]),
        language=windows[0].language,
        no_speech_probability=min(window.no_speech_probability for window in windows),
        mean_log_probability=sum(window.sum_log_probability for window in windows) / n_tokens,
    )


def stack_windows(windows: Sequence[Samples]) -> NDArray[np.float32]:
    """Windows padded at the end with zeros to 30 s, shape (n_windows, 480000)."""
    stacked = np.zeros((len(windows), WINDOW_SAMPLES), dtype=np.float32)
    for row, window in zip(stacked, windows, strict=True):
        row[: len(window)] = window
    return stacked


def _quietest_cut(window: Samples) -> int:
    start = len(window) - int(CUT_SEARCH_S * SAMPLE_RATE_HZ)
    energy = np.concatenate(([0.0], np.cumsum(np.square(window[start:], dtype=np.float64))))
    begins = np.arange(0, len(energy) - _QUIET_STRETCH_SAMPLES, _HOP_SAMPLES)
    in_stretch = energy[begins + _QUIET_STRETCH_SAMPLES] - energy[begins]
    # The last of equally quiet stretches: digital silence then costs no extra windows.
    quietest = len(begins) - 1 - int(np.argmin(in_stretch[::-1]))
    return start + int(begins[quietest]) + _QUIET_STRETCH_SAMPLES // 2
