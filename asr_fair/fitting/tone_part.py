"""The sounds of a recording that are made of tones: hums, pulsing tones and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.frames import FRAME_S
from asr_fair.fitting.harmonics import ToneGroup, completed, group_tones, is_steady
from asr_fair.fitting.partials import Partial, find_partials, plateau, sounding_amplitude
from asr_fair.fitting.pulses import Pulses, find_pulses
from asr_fair.fitting.rhythm import Pattern, find_pattern
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

FAINTEST_DB: Decibels = -25.0
"""A sound fainter than this, relative to the loudest one of tones, is part of the noise floor."""

LEAST_ENERGY_SHARE = 0.5
"""A tone that sounds but once, or in no order, is taken for a voice or a bird below this share of the
recording's energy."""
NOTEWORTHY_SHARE = 0.1

FEWEST_REGULAR = 3
SIDEBAND_HZ, SIDEBAND_DB = 40.0, 8.0
ALIKE_DB: Decibels = 6.0
LOUD_HARMONICS_DB: Decibels = -15.0
LOST_HARMONIC_DB: Decibels = -25.0
"""In a melody a harmonic of one pitch may be lost in that of another: its absence tells little."""
LONGEST_PULSE_S: Seconds = 10.0


@dataclass(frozen=True)
class ToneSound:
    """One sound: tones with a common fundamental and, unless it is steady, when they sound.

    `groups` has more than one entry where the pitch changes from pulse to pulse; the first is the loudest.
    `level_power` is the mean square while it sounds, `energy_share` its part of the recording's energy.
    """

    groups: tuple[ToneGroup, ...]
    pulses: Pulses | None
    pattern: Pattern | None
    level_power: float
    energy_share: float

    @property
    def fundamental_hz(self) -> float:
        """What the profile holds: in a burst that of its first pulse."""
        if self.pattern is None or len(self.pattern.onsets_s) == 1:
            return self.groups[0].fundamental_hz
        return self.pattern.pitches_hz[0]


@dataclass(frozen=True)
class TonePart:
    """The sounds worth a source of their own, loudest first, and what else was noteworthy, left out."""

    sounds: tuple[ToneSound, ...]
    left_out: tuple[ToneSound, ...]


def measure_tones(samples: Samples) -> TonePart:
    """The sounds of a recording that are made of tones."""
    mean_power = float(np.mean(np.square(samples, dtype=np.float64)))
    duration_s = len(samples) / SAMPLE_RATE_HZ
    partials = find_partials(samples)
    tones_hz = [each.frequency_hz for each in partials]
    groups = [completed(each, samples, tones_hz) for each in group_tones(_without_sidebands(partials))]
    faintest = max((each.power for each in groups), default=0.0) * 10 ** (FAINTEST_DB / 10)
    sounds = [_sound(each, duration_s, mean_power) for each in groups if each.power >= faintest]
    sounds = _with_melodies(sounds, duration_s)
    return TonePart(
        tuple(each for each in sounds if _is_worth_it(each)),
        tuple(each for each in sounds if not _is_worth_it(each) and each.energy_share >= NOTEWORTHY_SHARE),
    )


def _without_sidebands(partials: Sequence[Partial]) -> list[Partial]:
    """Without the faint lines beside a tone that its own pulsing makes, at multiples of the rate."""
    pulsing = [each for each in partials if not is_steady(each.amplitude, each.loudness)]
    return [
        each
        for each in partials
        if not any(
            0 < abs(each.frequency_hz - other.frequency_hz) < SIDEBAND_HZ
            and each.loudness < other.loudness * 10 ** (-SIDEBAND_DB / 20)
            for other in pulsing
        )
    ]


def _sound(group: ToneGroup, duration_s: Seconds, mean_power: float) -> ToneSound:
    loudness = sounding_amplitude(group.amplitude)
    power = group.amplitude**2 / 2
    share = float(power.mean()) / mean_power
    steady = ToneSound((group,), None, None, float(power.mean()), share)
    if is_steady(group.amplitude, loudness):
        return steady
    smoothing_s = max(each.smoothing_s for each in group.partials.values())
    pulses = find_pulses(group.amplitude, plateau(group.amplitude) / 2, smoothing_s)
    if not len(pulses) or pulses.pulse_s > LONGEST_PULSE_S:
        return steady
    pattern = find_pattern(pulses.onsets_s, np.full(len(pulses), group.fundamental_hz), duration_s)
    return ToneSound((group,), pulses, pattern, _power_within(power, pulses), share)


def _power_within(power: NDArray[np.float64], pulses: Pulses) -> float:
    """Mean power over the time in which pulses sound."""
    begins_s = np.maximum(pulses.onsets_s, 0.0)
    sounding_s = float((pulses.ends_s - begins_s).sum())
    moments_s = np.arange(len(power)) * FRAME_S
    # Half a smoothing window more on either side: what smoothing has moved out belongs to the pulse.
    inside = np.zeros(len(power), dtype=bool)
    for begin_s, end_s in zip(begins_s.tolist(), pulses.ends_s.tolist(), strict=True):
        inside |= (moments_s >= begin_s - 2 * FRAME_S) & (moments_s <= end_s + 2 * FRAME_S)
    return float(power[inside].sum()) * FRAME_S / sounding_s


def _is_worth_it(sound: ToneSound) -> bool:
    if sound.pulses is None or sound.pattern is None or sound.energy_share >= LEAST_ENERGY_SHARE:
        return True
    pattern = sound.pattern
    return pattern.regular and pattern.period_s is not None and len(sound.pulses) >= FEWEST_REGULAR


def _with_melodies(sounds: list[ToneSound], duration_s: Seconds) -> list[ToneSound]:
    """Sounds of which several, alike but for their pitch, take turns: those become one with a melody."""
    pulsing = [each for each in sounds if each.pulses is not None]
    for size in range(len(pulsing), 1, -1):
        for parts in combinations(pulsing[:6], size):
            if _take_turns(parts) and (joined := _joined(parts, duration_s)) is not None:
                return [joined, *(each for each in sounds if not any(each is part for part in parts))]
    return sounds


def _take_turns(parts: Sequence[ToneSound]) -> bool:
    spans = sorted(
        (onset_s, end_s)
        for each in parts
        if each.pulses is not None
        for onset_s, end_s in zip(each.pulses.onsets_s.tolist(), each.pulses.ends_s.tolist(), strict=True)
    )
    shortest_s = min(end_s - onset_s for onset_s, end_s in spans)
    apart = all(after[0] >= before[1] - shortest_s / 4 for before, after in pairwise(spans))
    return apart and all(_alike(parts[0].groups[0], each.groups[0]) for each in parts[1:])


def _alike(one: ToneGroup, other: ToneGroup) -> bool:
    """Whether two sounds have much the same harmonics."""
    levels = [dict(enumerate(each.harmonics_db)) for each in (one, other)]
    loud = {number for each in levels for number, level in each.items() if level >= LOUD_HARMONICS_DB}
    one_db, other_db = (
        [max(each.get(number, LOST_HARMONIC_DB), LOST_HARMONIC_DB) for number in loud] for each in levels
    )
    away_db = [abs(first - second) for first, second in zip(one_db, other_db, strict=True)]
    return sum(away_db) / len(away_db) <= ALIKE_DB


def _joined(parts: Sequence[ToneSound], duration_s: Seconds) -> ToneSound | None:
    """Several sounds as one whose pitch changes; None where no pattern comes of it."""
    all_pulses = [each.pulses for each in parts if each.pulses is not None]
    onsets_s = np.concatenate([each.onsets_s for each in all_pulses])
    order = np.argsort(onsets_s)
    pitches_hz = np.concatenate(
        [np.full(len(each.pulses or ()), each.groups[0].fundamental_hz) for each in parts]
    )[order]
    pulses = Pulses(
        onsets_s[order],
        np.concatenate([each.ends_s for each in all_pulses])[order],
        np.concatenate([each.whole for each in all_pulses])[order],
        float(np.median([each.rise_s for each in all_pulses])),
        float(np.median([each.fall_s for each in all_pulses])),
    )
    pattern = find_pattern(pulses.onsets_s, pitches_hz, duration_s)
    if not pattern.regular or len(pattern.onsets_s) < len(parts):
        return None
    groups = tuple(group for each in parts for group in each.groups)
    sounding_s = [float((each.ends_s - each.onsets_s).sum()) for each in all_pulses]
    power = float(np.average([each.level_power for each in parts], weights=sounding_s))
    return ToneSound(groups, pulses, pattern, power, sum(each.energy_share for each in parts))
