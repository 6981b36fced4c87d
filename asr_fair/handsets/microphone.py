"""From the air to numbers, by audiomentations with every parameter given and frozen: nothing is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from asr_fair.recipes.handset import Filter, Limiter, Microphone, PassFilter
from asr_fair.records import SAMPLE_RATE_HZ, Decibels, Samples

_Stage: TypeAlias = Callable[[Samples], Samples]

_LOOKAHEAD_SHARE = 0.6
"""Of the attack, as audiomentations' limiter has it: it hears a peak that much beforehand."""


def pick_up(samples: Samples, microphone: Microphone) -> tuple[Samples, float]:
    """What a microphone makes of sound, and the share of samples that it clipped.

    Shape (n_samples,) at `SAMPLE_RATE_HZ`, in and out. Filters have their own (minimum-phase) delay.
    """
    heard = samples
    for stage in _stages(microphone):
        heard = stage(heard)
    ceiling = _ratio(microphone.clip_db)
    clipped_share = float(np.mean(np.abs(heard) > ceiling))
    return np.clip(heard, -ceiling, ceiling), clipped_share


@lru_cache(maxsize=64)
def _stages(microphone: Microphone) -> tuple[_Stage, ...]:
    """Filters, gain and limiter; none keeps anything from one recording for the next."""
    stages = [_filter(each) for each in microphone.filters]
    if microphone.gain_db:
        stages.append(lambda samples: samples * np.float32(_ratio(microphone.gain_db)))
    if microphone.limiter is not None:
        stages.append(_limiter(microphone.limiter))
    return tuple(stages)


def _filter(described: Filter) -> _Stage:
    import audiomentations as am

    if isinstance(described, PassFilter):
        passes = {"high_pass": am.HighPassFilter, "low_pass": am.LowPassFilter}[described.kind]()
        return _frozen(passes, cutoff_freq=described.cutoff_hz, rolloff=described.rolloff_db_per_octave)
    bells = {"peak": am.PeakingFilter, "low_shelf": am.LowShelfFilter, "high_shelf": am.HighShelfFilter}
    return _frozen(
        bells[described.kind](),
        center_freq=described.centre_hz,
        gain_db=described.gain_db,
        q_factor=described.q,
    )


def _limiter(described: Limiter) -> _Stage:
    import audiomentations as am

    coefficient = am.Limiter.convert_time_to_coefficient
    return _frozen(
        am.Limiter(),
        threshold=_ratio(described.threshold_db),
        attack=coefficient(described.attack_s, SAMPLE_RATE_HZ),
        release=coefficient(described.release_s, SAMPLE_RATE_HZ),
        delay=max(1, round(_LOOKAHEAD_SHARE * described.attack_s * SAMPLE_RATE_HZ)),
    )


def _frozen(transform: Any, **parameters: float) -> _Stage:
    """A transform that uses these parameters and leaves all generators alone."""
    transform.parameters = {"should_apply": True, **parameters}
    transform.freeze_parameters()
    return lambda samples: transform(samples, sample_rate=SAMPLE_RATE_HZ)


def _ratio(level_db: Decibels) -> float:
    return float(10 ** (level_db / 20))
