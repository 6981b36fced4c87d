"""A recording of a place as the sources of a noise profile, and how far to trust them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from asr_fair.fitting.doubts import voiced_share
from asr_fair.fitting.noise_part import NoisePart, measure_noise
from asr_fair.fitting.sources import (
    broadband_source,
    cyclic_source,
    has_uneven_pulses,
    tone_source,
)
from asr_fair.fitting.tone_part import TonePart, ToneSound, measure_tones
from asr_fair.recipes.sources import NoiseSource
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples, Seconds

FAINTEST_NOISE_DB: Decibels = -45.0
"""Noise fainter than this, relative to the whole recording, is not worth a source."""

FAINTEST_CYCLIC_DB: Decibels = -20.0
"""Noise that comes and goes, fainter than this beside a tone, is made of the tone's clicks and echoes."""

SHORT_S: Seconds = 5.0
FASTEST_PULSES_HZ = 12.0
MOST_VOICED = 0.08

_SOURCE: TypeAdapter[NoiseSource] = TypeAdapter(NoiseSource)


@dataclass(frozen=True)
class Fit:
    """What was found in a recording.

    `sources` are ready for a profile, loudest first; `tonal_share` is the part of the recording's energy
    that its tones hold; `warnings` say in words where the sources do not describe it.
    """

    duration_s: Seconds
    sources: tuple[NoiseSource, ...]
    tones: TonePart
    noise: NoisePart
    tonal_share: float
    warnings: tuple[str, ...]


def fit(samples: Samples, *, measured_from: str) -> Fit:
    """Sources that sound like a recording, each with its level while it sounds.

    Parameters
    ----------
    samples
        At `SAMPLE_RATE_HZ`, a second or longer, not silent; shape = (n_samples,).
    measured_from
        What the evidence of every figure names as its source.
    """
    samples = samples - np.mean(samples, dtype=np.float64).astype(np.float32)
    tones = measure_tones(samples)
    frequencies_hz = [
        partial.frequency_hz
        for sound in tones.sounds
        for group in sound.groups
        for partial in group.partials.values()
    ]
    loudest_tone = max((each.level_power for each in tones.sounds), default=0.0)
    noise = measure_noise(
        samples,
        frequencies_hz,
        [each.pulses for each in tones.sounds if each.pulses is not None],
        faintest_cyclic=loudest_tone * 10 ** (FAINTEST_CYCLIC_DB / 10),
    )
    duration_s = len(samples) / SAMPLE_RATE_HZ
    described = _described(tones, noise, samples, measured_from)
    loudest = max(power for _, power in described)
    described.sort(key=lambda each: -each[1])
    return Fit(
        duration_s,
        tuple(_SOURCE.validate_python(_with_level(source, power / loudest)) for source, power in described),
        tones,
        noise,
        min(1.0, sum(each.energy_share for each in tones.sounds)),
        (*_doubts(samples), *_warnings(tones, noise, {source["kind"] for source, _ in described})),
    )


def _described(
    tones: TonePart, noise: NoisePart, samples: Samples, measured_from: str
) -> list[tuple[dict[str, Any], float]]:
    """Sources without their levels, each with its mean square while it sounds."""
    duration_s = len(samples) / SAMPLE_RATE_HZ
    faintest = float(np.mean(np.square(samples, dtype=np.float64))) * 10 ** (FAINTEST_NOISE_DB / 10)
    described = [(tone_source(each, duration_s, measured_from), each.level_power) for each in tones.sounds]
    if noise.cyclic is not None:
        described.append((cyclic_source(noise.cyclic, measured_from), noise.cyclic.level_power))
    if (power := sum(noise.floor.values())) > faintest or not described:
        described.append((broadband_source(noise, measured_from), power))
    return described


def _with_level(source: dict[str, Any], share: float) -> dict[str, Any]:
    """A source with its level relative to the loudest; the level was measured as the other figures were."""
    kind, rest = source["kind"], {key: value for key, value in source.items() if key != "kind"}
    first, *others = source["evidence"]
    evidence = [{**first, "figures": ["level_db", *first["figures"]]}, *others]
    return {"kind": kind, "level_db": round(10 * math.log10(share), 1), **rest, "evidence": evidence}


def _doubts(samples: Samples) -> Iterator[str]:
    duration_s = len(samples) / SAMPLE_RATE_HZ
    if duration_s < SHORT_S:
        yield f"the recording lasts {duration_s:.1f} s; rhythms and low bands need 10 s or more"
    if (voiced := voiced_share(samples)) > MOST_VOICED:
        yield f"{voiced:.0%} of the time sounds like speech: it is in the figures, but a profile has no words"


def _warnings(tones: TonePart, noise: NoisePart, kinds: set[str]) -> Iterator[str]:
    for sound in tones.sounds:
        yield from _tone_warnings(sound)
    for sound in tones.left_out:
        share, hz = sound.energy_share, sound.fundamental_hz
        yield f"a tone of {hz:.0f} Hz ({share:.0%} of the energy) sounds once or in no order, and is left out"
    pulsing = sum(each.pulses is not None for each in tones.sounds) + ("cyclic" in kinds)
    if pulsing > 1:
        yield f"{pulsing} sources pulse; in a profile they do not keep step with each other"
    if noise.is_eventful and "broadband" in kinds:
        yield "single events stand out of the noise; a profile of kind `recording` would keep them"


def _tone_warnings(sound: ToneSound) -> Iterator[str]:
    if sound.pattern is None or sound.pulses is None:
        return
    name = f"the tones of {sound.fundamental_hz:.0f} Hz"
    if not sound.pattern.regular:
        yield f"{name} come and go in no order; the profile gives them their mean rate"
    elif sound.pattern.period_s is None:
        yield f"{name} sound in one burst only: how often it comes back is assumed"
    elif len(sound.pulses) < 2 * len(sound.pattern.onsets_s) + 1:
        yield f"{name} come back but once: their period rests on one interval"
    elif 1 / sound.pattern.period_s > FASTEST_PULSES_HZ and len(sound.pattern.onsets_s) == 1:
        fast = f"{name} pulse faster than {FASTEST_PULSES_HZ:g} times a second"
        yield f"{fast}: the noise between them is overrated"
    if has_uneven_pulses(sound):
        yield f"{name} have pulses of different lengths; the profile gives them one length"
    if sound.groups[0].is_chord:
        yield f"{name} are no harmonics: their fundamental is a common divisor that does not sound"
