"""Sounds whose every figure is known, made here and not by asr_fair.noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Sound = NDArray[np.float64]


def time_s(duration_s: float) -> Sound:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def harmonic_tone(hz: float, levels_db: Sequence[float], duration_s: float, seed: int = 0) -> Sound:
    """Harmonics in random phases; the fundamental has the RMS 1 at 0 dB."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(levels_db))
    t = time_s(duration_s)
    tones = (
        10 ** (level / 20) * np.sqrt(2) * np.sin(2 * np.pi * hz * number * t + phase)
        for number, (level, phase) in enumerate(zip(levels_db, phases, strict=True), start=1)
    )
    return np.sum(list(tones), axis=0)


def gate(
    onsets_s: Sequence[float], pulse_s: float, duration_s: float, rise_s: float = 0.005, fall_s: float = 0.005
) -> Sound:
    """Trapezoids of height 1 from each onset."""
    t = time_s(duration_s)
    envelope = np.zeros_like(t)
    for onset_s in onsets_s:
        since_s = t - onset_s
        height = np.minimum(np.minimum(since_s / rise_s, (pulse_s - since_s) / fall_s), 1)
        envelope = np.maximum(envelope, height)
    return np.maximum(envelope, 0)


def regular(rate_hz: float, duration_s: float, first_s: float = 0.06) -> list[float]:
    return (first_s + np.arange(-1, int(duration_s * rate_hz) + 1) / rate_hz).tolist()


def white(duration_s: float, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def in_octaves(levels_db: dict[float, float], duration_s: float, seed: int = 1) -> Sound:
    """Noise with a flat density in each octave band, made in the frequency domain."""
    spectrum = np.fft.rfft(white(duration_s, seed))
    hz = np.fft.rfftfreq(round(duration_s * RATE_HZ), 1 / RATE_HZ)
    gain = np.zeros_like(hz)
    for centre_hz, level_db in levels_db.items():
        band = (hz >= centre_hz / 2**0.5) & (hz < centre_hz * 2**0.5)
        gain[band] = 10 ** (level_db / 20) / np.sqrt(centre_hz * 2**-0.5)
    return np.fft.irfft(spectrum * gain, round(duration_s * RATE_HZ))


def mixed(sound: Sound, floor: Sound, snr_db: float, envelope: Sound | None = None) -> NDArray[np.float32]:
    """Sound and floor, with a ratio of powers measured where the sound sounds; about -26 dBFS."""
    sounding = np.ones(len(sound), dtype=bool) if envelope is None else envelope > 0
    noise = floor * np.sqrt(np.mean(sound[sounding] ** 2) / np.mean(floor**2)) * 10 ** (-snr_db / 20)
    both = sound + noise
    return (0.05 * both / np.sqrt(np.mean(both**2))).astype(np.float32)
