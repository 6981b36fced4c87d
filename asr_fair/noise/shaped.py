"""Random noise with a level in each band."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len

from asr_fair.noise.scene import Noise, Scene
from asr_fair.recipes.sources import Broadband, Shaped, band_edges_hz
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

_SHORTEST_TURN = SAMPLE_RATE_HZ
"""In a second, the narrowest band (a third of an octave around 25 Hz) has six lines."""

_LONGEST_TURN = 2**20
"""After 65 s the noise repeats itself, without a seam: an hour needs no more memory than a minute."""

_PHASES = np.exp(2j * np.pi * np.arange(2**16) / 2**16).astype(np.complex64)
"""A random phase is one of these: looking one up takes a third of the time of a sine and a cosine."""

_KNOTS_A_KEEPING_TIME = 8


def broadband(source: Broadband, scene: Scene, rng: np.random.Generator) -> Noise:
    """Steady noise, or noise whose level wanders."""
    sound = shaped_noise(source, scene.n_samples, rng)
    if source.variation_db:
        sound *= _wandering_gain(scene.n_samples, source.variation_db, source.variation_s, rng)
    return Noise(sound, np.ones(scene.n_samples, dtype=bool), None)


def shaped_noise(source: Shaped, n_samples: int, rng: np.random.Generator) -> Samples:
    """Random noise with the source's level in each band, and an RMS of 1 in all.

    A sum of sines with random phases, which approaches a Gaussian process as their number grows (the
    spectral representation of Shinozuka and Deodatis, 1991). Unlike filtered white noise, every draw has the
    levels asked for, not only their mean; of noise cut to less than a second, the mean does.

    Returns
    -------
    array, shape = (n_samples,)
    """
    turn = next_fast_len(min(max(n_samples, _SHORTEST_TURN), _LONGEST_TURN), real=True)
    power = _power_of_lines(source, turn)
    phase = rng.integers(len(_PHASES), size=len(power), dtype=np.uint16, endpoint=False)
    amplitude = turn * np.sqrt(power / 2)
    sound: Samples = np.resize(irfft(amplitude.astype(np.float32) * _PHASES[phase], turn), n_samples)
    return sound


def _power_of_lines(source: Shaped, turn: int) -> NDArray[np.float64]:
    """Power at each frequency of a real FFT of `turn` samples; together 1.

    Within a band the density falls with 1/f, so that each part of an octave has as much as any other: equal
    levels in all bands make pink noise, without steps.
    """
    power = np.zeros(turn // 2 + 1)
    hz_per_line = SAMPLE_RATE_HZ / turn
    for centre_hz, level_db in source.bands_db.items():
        low_hz, high_hz = band_edges_hz(centre_hz, source.bands_per_octave)
        first, end = (math.ceil(hz / hz_per_line) for hz in (low_hz, min(high_hz, SAMPLE_RATE_HZ / 2)))
        pink = 1 / np.arange(first, end)
        power[first:end] = 10 ** (level_db / 10) * pink / pink.sum()
    power /= power.sum()
    return power


def _wandering_gain(
    n_samples: int, sd_db: Decibels, keep_s: Seconds, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Gain whose level in dB is a Gaussian process with 0 mean; its autocorrelation is 1/e after `keep_s`.

    White noise at 8 knots a `keep_s`, smoothed by a Gaussian of 4 knots, whose autocorrelation is a Gaussian
    too, wider by the root of 2.
    """
    knot_s = keep_s / _KNOTS_A_KEEPING_TIME
    knots = math.ceil(n_samples / SAMPLE_RATE_HZ / knot_s) + 1
    width = _KNOTS_A_KEEPING_TIME / 2
    reach = 4 * int(width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel *= sd_db / math.sqrt(float(np.square(kernel).sum()))
    level_db = np.convolve(rng.standard_normal(knots + 2 * reach), kernel, mode="valid")
    time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
    return np.interp(time_s, np.arange(knots) * knot_s, 10 ** (level_db / 20))
