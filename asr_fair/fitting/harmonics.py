"""Which tones belong together: those that sound at the same times, and are harmonics of one fundamental."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from asr_fair.fitting.frames import Envelope
from asr_fair.fitting.partials import WEAKEST_DB, Partial, filter_s, track
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples

TOGETHER = 0.5
"""Correlation of two amplitudes over time from which both are the same sound's."""

SAME_PULSES = 0.9
"""Correlation from which a tone too near to another one to stand out is a harmonic of a pulsing sound."""

STEADY_SHARE = 0.97
"""A tone that sounds for this share of the recording is steady."""

REST_SHARE = 0.4
"""A tone that never falls below this share of its amplitude (-8 dB) wavers; it does not pulse."""

LARGEST_DIVISOR = 20
HIGHEST_NUMBER = 100
LOWEST_FUNDAMENTAL_HZ = 10.0
TOLERANCE_SHARE, TOLERANCE_HZ, TOLERANCE_OF_FUNDAMENTAL = 0.004, 2.0, 0.08
COST_OF_A_GAP = 0.25
RANGE_DB: Decibels = 35.0
CHORD_DB: Decibels = 20.0
CHORD_TOLERANCE = 0.006
LOWEST_DIVISOR_HZ, HIGHEST_DIVISOR_HZ = 40.0, 1000.0
ABSENT_DB: Decibels = -120.0


@dataclass(frozen=True)
class ToneGroup:
    """A fundamental, and those of its harmonics (by number, 1 is the fundamental) that were found."""

    fundamental_hz: float
    partials: Mapping[int, Partial]
    is_chord: bool = False
    """Whether the fundamental is but a common divisor of tones that are no harmonics of each other."""

    @cached_property
    def amplitude(self) -> Envelope:
        """Amplitude of a sine with the same power, over time."""
        amplitude: Envelope = np.sqrt(np.sum([each.amplitude**2 for each in self.partials.values()], axis=0))
        return amplitude

    @property
    def power(self) -> float:
        """Mean power while it sounds."""
        return sum(each.loudness**2 / 2 for each in self.partials.values())

    @property
    def harmonics_db(self) -> tuple[Decibels, ...]:
        """Level of the fundamental, then of its harmonics; the strongest has 0 dB."""
        strongest = max(each.loudness for each in self.partials.values())
        return tuple(
            round(20 * math.log10(self.partials[number].loudness / strongest), 1)
            if number in self.partials
            else ABSENT_DB
            for number in range(1, max(self.partials) + 1)
        )


def is_steady(amplitude: Envelope, loudness: float) -> bool:
    """Whether a tone sounds on and on, perhaps wavering."""
    off = amplitude[amplitude < loudness / 2]
    return len(off) <= (1 - STEADY_SHARE) * len(amplitude) or float(np.median(off)) > REST_SHARE * loudness


def group_tones(partials: Sequence[Partial]) -> list[ToneGroup]:
    """All tones as few sounds: first by when they sound, then by their common fundamental, loudest first."""
    groups: list[ToneGroup] = []
    for cluster in _sounding_together(partials):
        leader = cluster[0]
        split = by_fundamental if is_steady(leader.amplitude, leader.loudness) else _pulsing_as_one
        groups.extend(split(cluster))
    return sorted(groups, key=lambda group: -group.power)


def completed(group: ToneGroup, samples: Samples, tones_hz: Sequence[float]) -> ToneGroup:
    """A pulsing sound with those harmonics, too, that stand out in time but not in the mean spectrum.

    In a melody the fundamentals of two pulses may be a semitone apart: the weaker one's line is then lost in
    the stronger one's flank, though both never sound at once.

    Parameters
    ----------
    group
        What was found in the spectrum.
    samples
        The recording, shape = (n_samples,).
    tones_hz
        Frequencies of all tones found; the tracking filter has its zeros on them.
    """
    leader = max(group.partials.values(), key=lambda each: each.loudness)
    if is_steady(leader.amplitude, leader.loudness) or group.is_chord:
        return group
    weakest = leader.loudness * 10 ** (WEAKEST_DB / 20)
    found = dict(group.partials)
    for number in range(1, max(group.partials)):
        hz = number * group.fundamental_hz
        if number in found or hz >= SAMPLE_RATE_HZ / 2:
            continue
        partial = track(samples, hz, filter_s(hz, tones_hz))
        if partial.loudness >= weakest and _correlation(partial, leader) >= SAME_PULSES:
            found[number] = partial
    return ToneGroup(group.fundamental_hz, dict(sorted(found.items())))


def _sounding_together(partials: Sequence[Partial]) -> list[list[Partial]]:
    """Each tone joins the loudest one that it sounds together with; steady ones are together."""
    clusters: list[list[Partial]] = []
    for partial in sorted(partials, key=lambda each: -each.loudness):
        for cluster in clusters:
            if _together(partial, cluster[0]):
                cluster.append(partial)
                break
        else:
            clusters.append([partial])
    return clusters


def _together(one: Partial, leader: Partial) -> bool:
    if is_steady(leader.amplitude, leader.loudness):
        return is_steady(one.amplitude, one.loudness)
    return _correlation(one, leader) >= TOGETHER


def _correlation(one: Partial, leader: Partial) -> float:
    """Of two amplitudes over time; 0 for one that never changes. The leader's does."""
    if np.ptp(one.amplitude) == 0:
        return 0.0
    return float(np.corrcoef(one.amplitude, leader.amplitude)[0, 1])


def by_fundamental(partials: Sequence[Partial]) -> list[ToneGroup]:
    """Tones that sound together, split by fundamental: again and again the one that explains most."""
    left = list(partials)
    groups = []
    while left:
        group = _with_fundamental(left, _best_fundamental(left))
        groups.append(group)
        left = [each for each in left if not any(each is taken for taken in group.partials.values())]
    return groups


def _with_fundamental(partials: Sequence[Partial], fundamental_hz: float) -> ToneGroup:
    """The tones that are harmonics of a fundamental, and the fundamental that fits them best."""
    numbered: dict[int, Partial] = {}
    for partial in sorted(partials, key=lambda each: -each.loudness):
        number = _number(partial.frequency_hz, fundamental_hz)
        if number is not None:
            numbered.setdefault(number, partial)
    weights = {number: (number * each.loudness) ** 2 for number, each in numbered.items()}
    best_hz = sum(weights[number] * each.frequency_hz / number for number, each in numbered.items())
    return ToneGroup(best_hz / sum(weights.values()), dict(sorted(numbered.items())))


def _pulsing_as_one(partials: Sequence[Partial]) -> list[ToneGroup]:
    """Tones that pulse together, as one sound where that is possible.

    Two sources of a profile do not keep step with each other, so that a chord is better described as far
    harmonics of a low common divisor, of which the low ones are absent.
    """
    groups = by_fundamental(partials)
    loudest = max(group.power for group in groups)
    if sum(group.power >= loudest * 10 ** (-CHORD_DB / 10) for group in groups) == 1:
        return groups
    strongest = max(each.loudness for each in partials)
    loud = [each for each in partials if each.loudness >= strongest * 10 ** (-CHORD_DB / 20)]
    for divisor_hz in np.geomspace(HIGHEST_DIVISOR_HZ, LOWEST_DIVISOR_HZ, 3000).tolist():
        shares = np.array([each.frequency_hz for each in loud]) / divisor_hz
        numbers = np.round(shares)
        fits = np.abs(shares / np.maximum(numbers, 1) - 1) <= CHORD_TOLERANCE
        if fits.all() and numbers.max() <= HIGHEST_NUMBER and len(np.unique(numbers)) == len(loud):
            named = dict(sorted(zip(numbers.astype(int).tolist(), loud, strict=True)))
            return [ToneGroup(divisor_hz, named, is_chord=True)]
    return groups


def _best_fundamental(partials: Sequence[Partial]) -> float:
    """The fundamental that explains most, less a cost for each harmonic that is not there.

    The cost keeps 100 Hz from being taken for the second harmonic of 50 Hz, and few low fundamentals from
    explaining everything. Candidates are the six loudest tones and whole fractions of them.
    """
    loudest = sorted(partials, key=lambda each: -each.loudness)[:6]
    candidates = [
        each.frequency_hz / divisor for each in loudest for divisor in range(1, LARGEST_DIVISOR + 1)
    ]
    strongest_db = 20 * math.log10(loudest[0].loudness)
    weights = {
        each.frequency_hz: max(0.0, 1 + (20 * math.log10(each.loudness) - strongest_db) / RANGE_DB)
        for each in partials
    }

    def worth(fundamental_hz: float) -> float:
        numbers: dict[int, float] = {}
        for hz, weight in weights.items():
            number = _number(hz, fundamental_hz)
            if number is not None:
                numbers[number] = max(weight, numbers.get(number, 0.0))
        gaps = max(numbers, default=0) - len(numbers)
        return sum(numbers.values()) - COST_OF_A_GAP * gaps

    allowed = [hz for hz in candidates if hz >= LOWEST_FUNDAMENTAL_HZ]
    return max(allowed, key=lambda hz: (round(worth(hz), 6), hz))


def _number(hz: float, fundamental_hz: float) -> int | None:
    """Which harmonic of a fundamental a frequency is; None if it is none."""
    number = round(hz / fundamental_hz)
    if not 1 <= number <= HIGHEST_NUMBER:
        return None
    tolerance_hz = min(max(TOLERANCE_SHARE * hz, TOLERANCE_HZ), TOLERANCE_OF_FUNDAMENTAL * fundamental_hz)
    return number if abs(hz - number * fundamental_hz) <= tolerance_hz else None
