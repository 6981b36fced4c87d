"""What a recording holds besides tones: a floor of noise, and noise that comes and goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import FRAME_S, HOP_SAMPLES, Envelope, centred_power
from asr_fair.fitting.pulses import Pulses, find_pulses
from asr_fair.fitting.rhythm import Pattern, find_pattern
from asr_fair.fitting.spectrum import BandPowers, band_powers
from asr_fair.fitting.swells import steadiest_rate_hz
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

WINDOW_SAMPLES = 256
SMOOTHING_FRAMES = 3
SMOOTHING_S: Seconds = 0.023
"""The Hann window that smears a step of power as the two do: a window of 16 ms and a mean of 12 ms."""

LOWEST_BIN = 2
TONE_REACH_HZ = 130.0
FAINTEST_BIN_DB: Decibels = -35.0

LEAST_CONTRAST_DB: Decibels = 4.0
LEAST_SEPARATION = 0.7
"""Share of the level's variance that lies between loud and quiet; 2/pi = 0.64 for a level that wanders."""
FEWEST_PULSES = 3
LEAST_SWELL_DB: Decibels = 1.5
FEWEST_SWELLS = 8
"""Shallower noise pulses only where that many periods in a row have the same shape in the mean."""
FINEST_PHASES = 64
EDGE_S: Seconds = 0.005
BLOCK_S: Seconds = 0.1
LEAST_QUIET_S: Seconds = 0.5
LEAST_VARIATION_DB: Decibels = 0.75

RISE_OF_AMPLITUDE = 1.34
"""Power that rises with the square of time goes from 20 to 80 % in 0.447 of the rise: 0.6 / 0.447."""
HALF_POWER_SHIFT = 0.45
"""It passes 50 % at 0.707 of the rise, 0.95 of the straight rise that was measured, not at half of that."""


@dataclass(frozen=True)
class NoisePulses:
    """Noise that comes and goes: when, and its full power in each band without the floor's."""

    pulses: Pulses
    pattern: Pattern
    bands: BandPowers

    @property
    def level_power(self) -> float:
        """Mean square over a pulse with its rise and fall: each of them holds a third of its time's power."""
        ramps = (self.pulses.rise_s + self.pulses.fall_s) / self.pulses.pulse_s
        return sum(self.bands.values()) * (1 - 2 / 3 * min(1.0, ramps))


@dataclass(frozen=True)
class NoisePart:
    """The floor's power in each band, how its level wanders, and the noise that comes and goes above it."""

    floor: BandPowers
    variation_db: Decibels
    variation_s: Seconds
    cyclic: NoisePulses | None
    is_eventful: bool
    """Whether the level jumps in a way that neither a wandering nor a pulsing one does."""


def measure_noise(
    samples: Samples,
    tones_hz: Sequence[float] = (),
    tone_pulses: Sequence[Pulses] = (),
    *,
    faintest_cyclic: float = 0.0,
) -> NoisePart:
    """The noise of a recording beside tones of these frequencies, some of which pulse.

    Noise that comes and goes counts from a mean square of `faintest_cyclic` on, while it sounds.
    """
    clear = _clear_of_edges(samples, tone_pulses)
    quiet = _between(samples, tone_pulses) & clear
    if np.count_nonzero(quiet) < LEAST_QUIET_S * SAMPLE_RATE_HZ:
        quiet = clear
    powers = [noise_power(samples, tones_hz, clear[::HOP_SAMPLES], whiten=each) for each in (True, False)]
    for find, power in product((_find_cyclic, _find_swell), powers):
        found = None if power is None else find(power, len(samples) / SAMPLE_RATE_HZ)
        if found is not None:
            part = _with_cyclic(samples, tones_hz, *found, clear=clear, quiet=quiet)
            if part.cyclic is not None and part.cyclic.level_power > faintest_cyclic:
                return part
    whitened = powers[0]
    variation_db, variation_s, eventful = (0.0, 1.0, False) if whitened is None else _variation(whitened)
    return NoisePart(band_powers(samples, tones_hz, quiet), variation_db, variation_s, None, eventful)


def _with_cyclic(
    samples: Samples,
    tones_hz: Sequence[float],
    pulses: Pulses,
    pattern: Pattern,
    *,
    clear: NDArray[np.bool_],
    quiet: NDArray[np.bool_],
) -> NoisePart:
    """The floor between pulses of noise, and what the pulses add to it."""
    settled = _clear_of_edges(samples, [pulses])
    between = _between(samples, [pulses])
    off = between & settled
    floor = band_powers(samples, tones_hz, off & quiet if (off & quiet).any() else off)
    loud = band_powers(samples, tones_hz, ~between & settled & clear)
    above = {centre_hz: max(0.0, loud[centre_hz] - floor[centre_hz]) for centre_hz in loud}
    return NoisePart(floor, 0.0, 1.0, NoisePulses(pulses, pattern, above), is_eventful=False)


def noise_power(
    samples: Samples, tones_hz: Sequence[float], clear: NDArray[np.bool_], *, whiten: bool
) -> Envelope | None:
    """Power of the noise over time, with a mean of 1; whitened, each bin is divided by its own mean first.

    Then a band has as much weight as any other, and the slow beating of a low one little; without, a loud
    band that pulses is not hidden by many faint ones that do not. Bins at tones, and faint ones, do not
    count; moments at which a tone begins or ends are bridged. None where tones are everywhere.
    """
    from scipy.ndimage import uniform_filter1d

    power = centred_power(samples, WINDOW_SAMPLES)
    bin_hz = SAMPLE_RATE_HZ / WINDOW_SAMPLES
    mean = power.mean(axis=1)
    used = np.arange(len(mean)) >= LOWEST_BIN
    for tone_hz in tones_hz:
        used &= np.abs(np.arange(len(mean)) * bin_hz - tone_hz) > TONE_REACH_HZ
    if np.count_nonzero(used) < len(mean) // 8 or not mean[used].max() > 0:
        return None
    used &= mean > mean[used].max() * 10 ** (FAINTEST_BIN_DB / 10)
    reference = mean[used] if whiten else np.full(np.count_nonzero(used), mean[used].mean())
    total = (power[used] / reference[:, np.newaxis]).mean(axis=0)
    frames = np.arange(len(total))
    total = np.interp(frames, frames[clear], total[clear]) if clear.any() else total
    smooth: Envelope = uniform_filter1d(total, SMOOTHING_FRAMES, mode="nearest")
    return np.maximum(smooth, 1e-6)


def _find_cyclic(power: Envelope, duration_s: Seconds) -> tuple[Pulses, Pattern] | None:
    """Pulses of noise that come one by one at a rate of their own; None where the noise has none."""
    level_db = 10 * np.log10(power)
    loud, separation = _two_classes(level_db)
    if separation < LEAST_SEPARATION:
        return None
    return _pulses_between(power, loud, duration_s, LEAST_CONTRAST_DB)


def _find_swell(power: Envelope, duration_s: Seconds) -> tuple[Pulses, Pattern] | None:
    """Noise that swells at a steady rate, be it less than it wanders: all periods laid upon each other."""
    rate_hz = steadiest_rate_hz(power, FRAME_S)
    if rate_hz is None or rate_hz * duration_s < FEWEST_SWELLS:
        return None
    n_phases = min(FINEST_PHASES, int(1 / (rate_hz * FRAME_S)))
    phases = np.arange(len(power)) * FRAME_S * rate_hz % 1
    place = (phases * n_phases).astype(int)
    mean = np.bincount(place, power, n_phases) / np.bincount(place, minlength=n_phases)
    middles = (np.arange(n_phases) + 0.5) / n_phases
    steady: Envelope = np.interp(phases, middles, mean, period=1)
    loud, _ = _two_classes(10 * np.log10(steady))
    return _pulses_between(steady, loud, duration_s, LEAST_SWELL_DB)


def _pulses_between(
    power: Envelope, loud: NDArray[np.bool_], duration_s: Seconds, contrast_db: Decibels
) -> tuple[Pulses, Pattern] | None:
    """Pulses from the mean of quiet moments to that of loud ones; None where they do not come one by one."""
    low, high = float(power[~loud].mean()), float(power[loud].mean())
    if 10 * math.log10(high / low) < contrast_db:
        return None
    pulses = find_pulses(power - low, (high - low) / 2, SMOOTHING_S)
    if len(pulses) < FEWEST_PULSES:
        return None
    pattern = find_pattern(pulses.onsets_s, np.ones(len(pulses)), duration_s)
    if len(pattern.onsets_s) > 1 or pattern.period_s is None or not pattern.regular:
        return None
    return _as_amplitude(pulses), pattern


def _as_amplitude(pulses: Pulses) -> Pulses:
    """Pulses of which the power was measured, with the rise and fall of their amplitude."""
    return replace(
        pulses,
        onsets_s=pulses.onsets_s - HALF_POWER_SHIFT * pulses.rise_s,
        ends_s=pulses.ends_s + HALF_POWER_SHIFT * pulses.fall_s,
        rise_s=RISE_OF_AMPLITUDE * pulses.rise_s,
        fall_s=RISE_OF_AMPLITUDE * pulses.fall_s,
    )


def _two_classes(level_db: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
    """Loud moments, split from quiet ones where most variance lies between them (Otsu), and its share."""
    variance = float(level_db.var())
    if variance == 0:
        return np.ones(len(level_db), dtype=bool), 0.0
    low_db, high_db = np.percentile(level_db, [2, 98]).tolist()
    best, best_split = 0.0, float(level_db.mean())
    for split in np.linspace(low_db, high_db, 60).tolist():
        loud = level_db > split
        share = float(loud.mean())
        if 0 < share < 1:
            between = share * (1 - share) * float(level_db[loud].mean() - level_db[~loud].mean()) ** 2
            if between > best:
                best, best_split = between, split
    return level_db > best_split, best / variance


def _variation(power: Envelope) -> tuple[Decibels, Seconds, bool]:
    """Standard deviation of the level, how long it keeps (to 1/e), and whether single events stand out."""
    size = round(BLOCK_S / FRAME_S)
    blocks = power[: len(power) // size * size].reshape(-1, size).mean(axis=1)
    level_db = 10 * np.log10(blocks)
    spread_db = float(level_db.std())
    eventful = bool(np.ptp(level_db) > 10 and level_db.max() - np.median(level_db) > 8)
    if spread_db < LEAST_VARIATION_DB:
        return 0.0, 1.0, eventful
    away = level_db - level_db.mean()
    correlation = np.correlate(away, away, mode="full")[len(away) - 1 :] / float((away**2).sum())
    fallen = np.flatnonzero(correlation < 1 / math.e)
    keeps_s = BLOCK_S * (int(fallen[0]) if fallen.size else len(away) // 2)
    return min(spread_db, 20.0), min(max(keeps_s, 0.05), 60.0), eventful


def _between(samples: Samples, pulses: Sequence[Pulses]) -> NDArray[np.bool_]:
    """Samples at which none of these pulses sounds."""
    free = np.ones(len(samples), dtype=bool)
    for each in pulses:
        for onset_s, end_s in zip(each.onsets_s.tolist(), each.ends_s.tolist(), strict=True):
            free[max(0, round(onset_s * SAMPLE_RATE_HZ)) : max(0, round(end_s * SAMPLE_RATE_HZ))] = False
    return free


def _clear_of_edges(samples: Samples, pulses: Sequence[Pulses]) -> NDArray[np.bool_]:
    """Samples at which none of these pulses is about to begin or end, or has just done so."""
    clear = np.ones(len(samples), dtype=bool)
    for each in pulses:
        for moment_s in (*each.onsets_s.tolist(), *each.ends_s.tolist()):
            begin, end = (
                max(0, round((moment_s + away_s) * SAMPLE_RATE_HZ))
                for away_s in (-EDGE_S - each.fall_s, EDGE_S + each.rise_s)
            )
            clear[begin:end] = False
    return clear if clear.any() else np.ones(len(samples), dtype=bool)
