"""Audio of any length as Whisper's 30-second windows, and their results as one hypothesis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_fair.asr.pauses import Hear, cut_at_pause
from asr_fair.asr.voice import speech_probabilities
from asr_fair.records import SAMPLE_RATE_HZ, WINDOW_S, Hypothesis, Samples, Seconds

WINDOW_SAMPLES = int(WINDOW_S * SAMPLE_RATE_HZ)
LAST_WINDOW_SAMPLES = 5 * SAMPLE_RATE_HZ
"""What is left for the last window of a long recording, at least: decoders invent words for scraps."""


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


def cut_windows(samples: Samples, hear: Hear = speech_probabilities) -> list[Samples]:
    """Cut audio into windows of at most 30 s; every sample lies in exactly one of them.

    Audio over 30 s is cut at pauses (`asr_fair.asr.pauses` says which). Nothing is left out as silent:
    what a recogniser invents there is to be seen. The model of voices hears a window's end at a time, so
    that memory does not grow with the recording.

    Parameters
    ----------
    samples
        Audio at 16 kHz, shape (n_samples,).
    hear
        Gives the probability of speech in each frame of 32 ms.

    Returns
    -------
    list of arrays
        Views of `samples`; one, perhaps empty, for audio of up to 30 s.
    """
    windows = []
    while len(samples) > WINDOW_SAMPLES:
        cut = cut_at_pause(samples[: min(WINDOW_SAMPLES, len(samples) - LAST_WINDOW_SAMPLES)], hear)
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
