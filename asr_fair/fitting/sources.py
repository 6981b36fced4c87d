"""From what was measured to the sources of a noise profile, each figure with its evidence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.fitting.noise_part import NoisePart, NoisePulses
from asr_fair.fitting.pulses import Pulses
from asr_fair.fitting.rhythm import Pattern, is_same
from asr_fair.fitting.spectrum import BandPowers, levels_db
from asr_fair.fitting.tone_part import ToneSound
from asr_fair.records import Decibels, Seconds

PARTING_SHARE = 1.2
"""An interval this much longer than all within a group parts two groups of pulses."""
MELODY_SHARE = 0.01
FAINTEST_BAND_DB: Decibels = -60.0
_UNEVEN_PULSES = 0.1

Figures = dict[str, Any]


def tone_source(sound: ToneSound, duration_s: Seconds, measured_from: str) -> Figures:
    """A source of kind `tones` or `alarm`, without its level."""
    if sound.pulses is None or sound.pattern is None:
        return _steady(sound, measured_from)
    pattern = sound.pattern
    if len(pattern.onsets_s) == 1 and pattern.period_s is not None:
        return _pulsing(sound, pattern.period_s, measured_from)
    return _alarm(sound, pattern, duration_s, measured_from)


def broadband_source(noise: NoisePart, measured_from: str) -> Figures:
    """A source of kind `broadband`, without its level."""
    figures: Figures = {"third_octave_db": _shape(noise.floor)}
    if noise.variation_db:
        figures |= {"variation_db": round(noise.variation_db, 1), "variation_s": round(noise.variation_s, 2)}
    return {"kind": "broadband", **figures, "evidence": [_measured(figures, measured_from)]}


def cyclic_source(cyclic: NoisePulses, measured_from: str) -> Figures:
    """A source of kind `cyclic`, without its level."""
    period_s = cyclic.pattern.period_s or math.inf
    duty = min(cyclic.pulses.pulse_s / period_s, 0.98)
    longest_s = duty * period_s / 2
    figures: Figures = {
        "third_octave_db": _shape(cyclic.bands),
        "period_s": round(period_s, 4),
        "duty": round(duty, 3),
        "rise_s": _floor(min(cyclic.pulses.rise_s, 0.99 * longest_s)),
        "fall_s": _floor(min(cyclic.pulses.fall_s, 0.99 * longest_s)),
    }
    if jitter := _jitter(cyclic.pattern.jitter, duty):
        figures["jitter"] = jitter
    return {"kind": "cyclic", **figures, "evidence": [_measured(figures, measured_from)]}


def has_uneven_pulses(sound: ToneSound) -> bool:
    """Whether pulses differ in length by more than 10 %."""
    if sound.pulses is None:
        return False
    lengths_s = (sound.pulses.ends_s - sound.pulses.onsets_s)[sound.pulses.whole]
    return bool(len(lengths_s) > 1 and lengths_s.std() > _UNEVEN_PULSES * lengths_s.mean())


def _tonal(sound: ToneSound) -> Figures:
    return {
        "fundamental_hz": round(sound.fundamental_hz, 2),
        "harmonics_db": list(sound.groups[0].harmonics_db),
    }


def _steady(sound: ToneSound, measured_from: str) -> Figures:
    tonal = _tonal(sound)
    pulsing = {"repetition_hz": 1, "duty": 1, "ramp_s": 0}
    note = "a steady hum: nothing in the recording pulses, so the rate has no meaning"
    return {
        "kind": "tones",
        **tonal,
        **pulsing,
        "evidence": [
            _measured(tonal, measured_from, _chord_note(sound)),
            {"figures": list(pulsing), "origin": "assumed", "note": note},
        ],
    }


def _pulsing(sound: ToneSound, period_s: Seconds, measured_from: str) -> Figures:
    pulse_s = _pulse_s(sound)
    duty = round(min(pulse_s / period_s, 0.98), 3)
    ramp_s = 0.0 if sound.pulses is None else (sound.pulses.rise_s + sound.pulses.fall_s) / 2
    figures = _tonal(sound) | {
        "repetition_hz": float(f"{1 / period_s:.4g}"),
        "duty": duty,
        "ramp_s": _floor(min(ramp_s, 0.49 * duty * period_s)),
    }
    if sound.pattern is not None and (jitter := _jitter(sound.pattern.jitter, duty)):
        figures["jitter"] = jitter
    return {"kind": "tones", **figures, "evidence": [_measured(figures, measured_from, _chord_note(sound))]}


def _pulse_s(sound: ToneSound) -> Seconds:
    """Length of a typical pulse; the mean where pulses have no order, so that the sounding share is kept."""
    if sound.pulses is None or sound.pattern is None:
        return 0.0
    lengths_s = sound.pulses.ends_s - sound.pulses.onsets_s
    return sound.pulses.pulse_s if sound.pattern.regular else float(lengths_s.mean())


def _alarm(sound: ToneSound, pattern: Pattern, duration_s: Seconds, measured_from: str) -> Figures:
    pulses = sound.pulses
    size, steps_s = _group(pattern)
    pulse_s = round(min([_pulse_s(sound), *(step_s - _shortest_pause_s(pulses) for step_s in steps_s)]), 4)
    ramp_s = 0.0 if pulses is None else (pulses.rise_s + pulses.fall_s) / 2
    onsets_s = np.asarray(pattern.onsets_s)
    spacings_s = [round(max(0.0, step_s - pulse_s), 4) for step_s in steps_s]
    pitches_hz = pattern.pitches_hz[:size]
    n_groups = len(onsets_s) // size
    figures: Figures = {
        "fundamental_hz": round(sound.fundamental_hz, 2),
        "harmonics_db": list(sound.groups[0].harmonics_db),
        "groups_per_burst": n_groups,
        "pulses_per_group": size,
        "pulse_s": pulse_s,
        "spacing_s": spacings_s if len(set(spacings_s)) > 1 else (spacings_s or [0.0])[0],
        "rise_share": _floor(min(ramp_s / pulse_s, 0.5), 3),
    }
    gap_s = 0.0
    if n_groups > 1:
        group_s = float(onsets_s[-size]) / (n_groups - 1)
        gap_s = figures["gap_s"] = round(max(0.0, group_s - sum(steps_s) - pulse_s), 4)
    if max(pitches_hz) > (1 + MELODY_SHARE) * min(pitches_hz):
        figures["melody"] = [round(each / pitches_hz[0], 4) for each in pitches_hz]
    evidence = [_measured(figures, measured_from, _chord_note(sound))]
    burst_s = n_groups * (size * pulse_s + sum(spacings_s) + gap_s) - gap_s
    if pattern.period_s is None:
        figures["burst_period_s"] = round(max(duration_s, burst_s), 3)
        note = "the recording holds one burst only: as long as the recording"
        evidence.append({"figures": ["burst_period_s"], "origin": "assumed", "note": note})
    else:
        figures["burst_period_s"] = round(max(pattern.period_s, burst_s), 4)
        evidence[0]["figures"].append("burst_period_s")
    return {"kind": "alarm", **figures, "evidence": evidence}


def _shortest_pause_s(pulses: Pulses | None) -> Seconds:
    """Silence between any two pulses: those of a profile have one length, and must not touch."""
    if pulses is None or len(pulses) < 2:
        return 0.0
    return max(0.0, float((pulses.onsets_s[1:] - pulses.ends_s[:-1]).min()))


def _group(pattern: Pattern) -> tuple[int, list[Seconds]]:
    """Pulses in each group of a burst, and the intervals between them, equal ones by their mean.

    A burst falls into groups where the same pulses come again after a longer interval than any within; where
    they do not, it is one group.
    """
    n_pulses = len(pattern.onsets_s)
    pitches_hz = np.asarray(pattern.pitches_hz)
    steps_s = np.diff(pattern.onsets_s)
    for size in range(2, n_pulses // 2 + 1):
        if n_pulses % size:
            continue
        inner_s = np.array([steps_s[first : first + size - 1] for first in range(0, n_pulses, size)])
        parting_s = steps_s[size - 1 :: size]
        melodies_hz = pitches_hz.reshape(-1, size)
        if (
            is_same(inner_s, inner_s.mean(axis=0))
            and is_same(parting_s, parting_s.mean())
            and parting_s.min() > PARTING_SHARE * inner_s.max()
            and bool(np.all(np.abs(melodies_hz / melodies_hz[0] - 1) <= MELODY_SHARE))
        ):
            return size, _evened(inner_s.mean(axis=0))
    return n_pulses, _evened(steps_s)


def _evened(steps_s: NDArray[np.float64]) -> list[Seconds]:
    """Intervals, of which those that are the same have the same figure."""
    evened = steps_s.copy()
    for step_s in steps_s.tolist():
        alike = np.array([is_same(each, step_s) for each in steps_s])
        evened[alike] = steps_s[alike].mean()
    return [float(each) for each in evened]


def _shape(powers: BandPowers) -> dict[float, Decibels]:
    """Levels relative to the strongest band; far weaker ones are left out."""
    levels = levels_db(powers, max(powers.values()))
    return {centre_hz: level for centre_hz, level in levels.items() if level >= FAINTEST_BAND_DB}


def _jitter(jitter: float, duty: float) -> float:
    """As far as pulses of an even jitter do not overlap."""
    return _floor(min(jitter, 0.2, (1 - duty) / (2 * math.sqrt(3))), 3)


def _chord_note(sound: ToneSound) -> str | None:
    if not sound.groups[0].is_chord:
        return None
    return "no fundamental that sounds: a common divisor of tones that are no harmonics of each other"


def _measured(figures: Figures, measured_from: str, note: str | None = None) -> Figures:
    evidence: Figures = {"figures": list(figures), "origin": "measured", "source": measured_from}
    return evidence if note is None else {**evidence, "note": note}


def _floor(value: float, digits: int = 4) -> float:
    """Rounded down: what must fit still does."""
    scale = 10.0**digits
    return math.floor(value * scale) / scale
