"""Sounds to send through handsets."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from asr_fair.records import SAMPLE_RATE_HZ, Samples


def tone(frequency_hz: float, duration_s: float = 1.0, peak: float = 0.25) -> Samples:
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (peak * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def vowel(duration_s: float, f0_hz: float = 125.0) -> Samples:
    """Glottal pulses through three resonances: periodic throughout."""
    pulses = np.zeros(round(duration_s * SAMPLE_RATE_HZ))
    pulses[:: round(SAMPLE_RATE_HZ / f0_hz)] = 1.0
    return _scaled(_resonances(pulses, (700, 1200, 2600)), 0.3)


def speech_like(duration_s: float = 3.0, seed: int = 0) -> Samples:
    """Syllables of a gliding voice, each begun by a burst of noise; up to the last sample."""
    rng = np.random.default_rng(seed)
    n_samples = round(duration_s * SAMPLE_RATE_HZ)
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    f0_hz = 140 + 40 * np.sin(2 * np.pi * 0.7 * time_s) + 15 * np.sin(2 * np.pi * 2.3 * time_s)
    phase = np.cumsum(f0_hz) / SAMPLE_RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0)
    in_syllable_s = (time_s + 0.13) % 0.25
    voiced = _resonances(pulses * np.clip((0.22 - in_syllable_s) / 0.1, 0, 1), (600, 1500, 2500, 3600))
    hiss = np.diff(rng.standard_normal(n_samples), prepend=0.0) * (in_syllable_s < 0.04)
    return _scaled(_scaled(voiced, 1.0) + 0.15 * hiss + 1e-3 * rng.standard_normal(n_samples), 0.3)


def _resonances(sound: np.ndarray, centres_hz: tuple[float, ...], bandwidth_hz: float = 100) -> np.ndarray:
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
    for centre_hz in centres_hz:
        angle = 2 * np.pi * centre_hz / SAMPLE_RATE_HZ
        sound = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], sound)
    return sound


def _scaled(sound: np.ndarray, peak: float) -> Samples:
    return (peak * sound / np.abs(sound).max()).astype(np.float32)
