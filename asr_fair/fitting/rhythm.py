"""In which pattern pulses come back: one by one, or in bursts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asr_fair.records import Seconds

TIGHT_S: Seconds = 0.012
TIGHT_SHARE = 0.05
"""Intervals that differ by less than either are the same."""

LOOSE_SHARE = 0.25
"""Standard deviation of the intervals, as a share of their mean, up to which pulses come one by one."""

PITCH_SHARE = 0.02
UNBROKEN = 1.6
"""Pulses go on where the silence before the first and after the last is shorter than this many intervals."""

LONGEST_BURST = 20
MOST_KINDS = 3
LONGEST_BREAK_S: Seconds = 1.5
"""From onset to onset across the break inside a burst: in the pattern of IEC 60601-1-8 its silence lasts
1.3 s at most, by secondary sources."""
SMALLEST_JITTER_S: Seconds = 0.004


@dataclass(frozen=True)
class Pattern:
    """What comes back.

    Attributes
    ----------
    onsets_s
        Onset of each pulse of a burst after the burst's first; (0.0,) where pulses come one by one.
    pitches_hz
        Fundamental of each of them.
    period_s
        From burst to burst; None where only one is in the recording.
    jitter
        Standard deviation of an onset as a share of the period; 0 where it is too small to measure.
    regular
        False where pulses come in no order: the period is then their mean interval.
    """

    onsets_s: tuple[Seconds, ...]
    pitches_hz: tuple[float, ...]
    period_s: Seconds | None
    jitter: float = 0.0
    regular: bool = True


def find_pattern(
    onsets_s: NDArray[np.float64], pitches_hz: NDArray[np.float64], duration_s: Seconds
) -> Pattern:
    """The shortest pattern that repeats; else all pulses as one burst, or as pulses in no order.

    Parameters
    ----------
    onsets_s
        Rising, shape = (n_pulses,), n_pulses > 0.
    pitches_hz
        Fundamental of each pulse, shape = (n_pulses,).
    duration_s
        Length of the recording.
    """
    intervals_s = np.diff(onsets_s)
    one_pitch = _same_pitch(pitches_hz, np.full_like(pitches_hz, np.median(pitches_hz)))
    unbroken = one_pitch and _goes_on(onsets_s, intervals_s, duration_s)
    if unbroken and is_same(intervals_s, np.full_like(intervals_s, np.median(intervals_s))):
        return _one_by_one(onsets_s, pitches_hz)
    for size in range(2, min(LONGEST_BURST, len(onsets_s) // 2) + 1):
        comes_back = is_same(intervals_s[size:], intervals_s[:-size])
        if (
            comes_back
            and _same_pitch(pitches_hz[size:], pitches_hz[:-size])
            and not _is_refuted(onsets_s, intervals_s, size, duration_s)
        ):
            return _bursts(onsets_s, pitches_hz, size)
    if unbroken and len(intervals_s) > 1 and intervals_s.std() <= LOOSE_SHARE * intervals_s.mean():
        return _one_by_one(onsets_s, pitches_hz)
    if len(onsets_s) <= LONGEST_BURST and _is_one_burst(intervals_s):
        first, *_ = onsets_s
        return Pattern(tuple((onsets_s - first).tolist()), tuple(pitches_hz.tolist()), None)
    return Pattern((0.0,), (float(np.median(pitches_hz)),), float(intervals_s.mean()), regular=False)


def _is_refuted(
    onsets_s: NDArray[np.float64], intervals_s: NDArray[np.float64], size: int, duration_s: Seconds
) -> bool:
    """Whether pulses that came back but once, and soon, were not heard a third time although they could.

    Those are the halves of one burst. What came back more often may well have been switched on or off, and
    what came back later is more likely to have been cut out of a longer recording.
    """
    if len(onsets_s) > 2 * size or intervals_s[size - 1] > LONGEST_BREAK_S:
        return False
    one_before_s = onsets_s[0] - intervals_s[size - 1]
    one_after_s = onsets_s[-1] + intervals_s[size - 1]
    return bool(one_before_s > 0 or one_after_s < duration_s)


def _is_one_burst(intervals_s: NDArray[np.float64]) -> bool:
    """Whether there are few kinds of interval: within a group of pulses, and between groups.

    Two kinds in a short burst; three (3 + 2 pulses, and again) where there are nine intervals to tell.
    """
    rising_s = np.sort(intervals_s)
    kinds = 1 + sum(not is_same(after_s, before_s) for before_s, after_s in pairwise(rising_s.tolist()))
    return kinds <= (MOST_KINDS if len(intervals_s) >= MOST_KINDS**2 else 2)


def is_same(one_s: ArrayLike, other_s: ArrayLike) -> bool:
    """Whether all intervals differ from others by less than 12 ms, or 5 %."""
    one_s, other_s = np.asarray(one_s), np.asarray(other_s)
    return bool(np.all(np.abs(one_s - other_s) <= np.maximum(TIGHT_S, TIGHT_SHARE * other_s)))


def _same_pitch(one_hz: NDArray[np.float64], other_hz: NDArray[np.float64]) -> bool:
    return bool(np.all(np.abs(one_hz - other_hz) <= PITCH_SHARE * other_hz))


def _goes_on(onsets_s: NDArray[np.float64], intervals_s: NDArray[np.float64], duration_s: Seconds) -> bool:
    if not len(intervals_s):
        return False
    longest_s = UNBROKEN * float(np.median(intervals_s))
    return bool(onsets_s[0] < longest_s and duration_s - onsets_s[-1] < longest_s)


def _one_by_one(onsets_s: NDArray[np.float64], pitches_hz: NDArray[np.float64]) -> Pattern:
    period_s, away_s = _period(onsets_s, np.arange(len(onsets_s)))
    jitter = away_s / period_s if away_s >= SMALLEST_JITTER_S else 0.0
    return Pattern((0.0,), (float(np.median(pitches_hz)),), period_s, jitter)


def _bursts(onsets_s: NDArray[np.float64], pitches_hz: NDArray[np.float64], size: int) -> Pattern:
    """A burst begins after the longest interval."""
    intervals_s = np.diff(onsets_s)
    place = np.arange(len(onsets_s)) % size
    typical_s = np.array([intervals_s[place[:-1] == each].mean() for each in range(size)])
    first = (int(np.argmax(typical_s)) + 1) % size
    order = (np.arange(size) + first) % size
    offsets_s = np.concatenate([[0.0], np.cumsum(typical_s[order])[:-1]])
    pitches = [float(np.median(pitches_hz[place == each])) for each in order]
    in_burst = offsets_s[(place - first) % size]
    period_s, _ = _period(onsets_s - in_burst, (np.arange(len(onsets_s)) - first) // size)
    return Pattern(tuple(offsets_s.tolist()), tuple(pitches), period_s)


def _period(onsets_s: NDArray[np.float64], count: NDArray[np.int64]) -> tuple[Seconds, Seconds]:
    """Slope of onsets over their number by least squares, and the standard deviation around it."""
    slope, intercept = np.polyfit(count, onsets_s, 1)
    away_s = onsets_s - (slope * count + intercept)
    freedom = max(1, len(onsets_s) - 2)
    return float(slope), float(np.sqrt((away_s**2).sum() / freedom))
