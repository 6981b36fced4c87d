"""Levels in dBFS, where 0 dB is an RMS of 1.0 (ITU's dBov): a full-scale sine has -3.01 dB."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import lfilter

from asr_fair.records import Decibels, Samples, Seconds

_TIME_CONSTANT_S: Seconds = 0.03
_HANGOVER_S: Seconds = 0.2
_MARGIN_DB: Decibels = 15.9
_PADDING_S: Seconds = 0.35

_STEPS_PER_OCTAVE = 8
_LOWEST_OCTAVE = -20
_THRESHOLDS = 2.0 ** (np.arange(_LOWEST_OCTAVE * _STEPS_PER_OCTAVE, 1) / _STEPS_PER_OCTAVE)
"""P.56 has 2^-15 to 2^-1, an octave (6.02 dB) apart. With those, a change of the recording's gain moved
the relative level of real speech by up to 0.28 dB (95th percentile, 100 utterances of speechocean762),
with these by 0.0015 dB. Quiet float recordings need lower ones."""


def rms_db(samples: NDArray[np.floating[Any]]) -> Decibels:
    """Root mean square of `samples`, any shape, in dBFS; -inf for silence or no samples."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return 10 * math.log10(power) if power > 0 else -math.inf


@dataclass(frozen=True, slots=True)
class ActiveSpeech:
    """What ITU-T P.56 says of a recording.

    Attributes
    ----------
    level_db
        Active level in dBFS; -inf where nothing reaches the lowest threshold.
    activity
        Share of the time that is active, 0 to 1.
    mask
        Where the envelope is, or was up to 0.2 s ago, within 15.9 dB of the active level;
        shape = (n_samples,).
    """

    level_db: Decibels
    activity: float
    mask: NDArray[np.bool_]


def active_speech(samples: Samples, sample_rate_hz: int) -> ActiveSpeech:
    """Active speech level by ITU-T P.56, method B: the level of speech with its pauses left out.

    Parameters
    ----------
    samples
        Mono audio, shape = (n_samples,).
    sample_rate_hz
        Sample rate in Hz.

    Notes
    -----
    The envelope (two one-pole filters of 0.03 s on the magnitude) is compared with rising thresholds.
    A threshold's active time is the time above it, each stretch prolonged by 0.2 s; its level is the
    total energy over its active time. The active speech level is that of the threshold which lies
    15.9 dB below its own level. A constant offset is taken off first. Silence of 0.35 s is appended, so
    that a recording cut right after its last word has the level of one that was not.
    """
    speech = np.asarray(samples, dtype=np.float64)
    if speech.size:
        speech = speech - speech.mean()
    energy = float(
        np.square(speech).sum()
    )  # not a BLAS product: its last bit depends on the number of threads
    held = _held_envelope(speech, sample_rate_hz)
    active_samples = _active_samples(held)
    reached = active_samples > 0
    if energy == 0.0 or not reached.any():
        return ActiveSpeech(-math.inf, 0.0, np.zeros(len(speech), dtype=bool))
    levels_db = 10 * np.log10(energy / active_samples[reached])
    margins_db = levels_db - 20 * np.log10(_THRESHOLDS[reached])
    level_db = _level_at_margin(levels_db, margins_db)
    activity = energy / len(speech) / 10 ** (level_db / 10)
    mask = held[: len(speech)] >= 10 ** ((level_db - _MARGIN_DB) / 20)
    return ActiveSpeech(level_db, min(1.0, activity), mask)


def _level_at_margin(levels_db: NDArray[np.float64], margins_db: NDArray[np.float64]) -> Decibels:
    """Level at the lowest threshold whose margin is 15.9 dB, interpolated; thresholds rise."""
    within = np.flatnonzero(margins_db <= _MARGIN_DB)
    if not within.size:  # clicks, far shorter than the envelope: the highest threshold reached is nearest
        return float(levels_db[-1])
    above = int(within[0])
    if above == 0:
        return float(levels_db[0])
    pair = slice(above - 1, above + 1)
    return float(np.interp(_MARGIN_DB, margins_db[pair][::-1], levels_db[pair][::-1]))


def _active_samples(held: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of samples at which the held envelope reaches each threshold."""
    lowest = _THRESHOLDS[0]
    octaves_above_lowest = np.log2(held[held >= lowest] / lowest)
    highest_reached = np.minimum((octaves_above_lowest * _STEPS_PER_OCTAVE).astype(int), len(_THRESHOLDS) - 1)
    at_highest = np.bincount(highest_reached, minlength=len(_THRESHOLDS))
    return at_highest[::-1].cumsum()[::-1]


def _held_envelope(speech: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Envelope of speech and 0.35 s of silence after it, each value held for 0.2 s."""
    pole = math.exp(-1 / (sample_rate_hz * _TIME_CONSTANT_S))
    magnitude = np.abs(np.pad(speech, (0, math.ceil(_PADDING_S * sample_rate_hz))))
    envelope = lfilter([(1 - pole) ** 2], [1, -2 * pole, pole**2], magnitude)
    width = round(_HANGOVER_S * sample_rate_hz)
    held: NDArray[np.float64] = maximum_filter1d(envelope, width, mode="constant", origin=(width - 1) // 2)
    return held
