"""Filling the gaps of lost packets by repeating the last pitch period.

In the manner of ITU-T G.711 Appendix I, in our own words and code: the voice goes on with the last period
heard, fades, and is muted after 60 ms; at both seams, old and new sound cross-fade.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from asr_fair.records import Samples, Seconds

_SHORTEST_PERIOD_S: Seconds = 0.005
_LONGEST_PERIOD_S: Seconds = 0.015
"""Periods searched for: 200 to 67 Hz. A higher voice is repeated by several of its periods at a time."""

_TEMPLATE_S: Seconds = 0.02
"""What is compared with what was heard one period earlier."""

_SILENT_ENERGY = 1e-9
"""Sum of squares below which a template's worth of sound is rounding error."""

_FULL_UNTIL_S: Seconds = 0.01
_MUTED_FROM_S: Seconds = 0.06
_CROSS_FADE_S: Seconds = 0.004


def conceal(samples: Samples, missing: NDArray[np.bool_], sample_rate_hz: int) -> Samples:
    """Samples with the missing ones made up, shape (n_samples,) in and out.

    What follows a gap cross-fades from what was made up; all else is left as it was, but for a cross-fade
    within the last quarter of a period before the gap. A gap at the very beginning stays silent.
    """
    filled = np.where(missing, np.float32(0), samples)
    for begin, end in _gaps(missing):
        _fill(filled, begin, end, sample_rate_hz)
    return filled


def _gaps(missing: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _fill(filled: Samples, begin: int, end: int, sample_rate_hz: int) -> None:
    """Make up samples `begin` to `end`, in place."""
    period = _pitch_period(filled[:begin], sample_rate_hz)
    if period is None:
        return
    cycle = _seamless_cycle(filled[:begin], period)
    fade_samples = min(round(_CROSS_FADE_S * sample_rate_hz), len(filled) - end)
    made_up = np.resize(cycle, end - begin + fade_samples)
    made_up *= _gain(len(made_up), sample_rate_hz)
    # The end of the cycle leads over to its beginning: it replaces what was heard last.
    quarter = period // 4
    filled[begin - quarter : begin] = cycle[-quarter:]
    filled[begin:end] = made_up[: end - begin]
    rise = (np.arange(fade_samples, dtype=np.float32) + 1) / (fade_samples + 1)
    after = slice(end, end + fade_samples)
    filled[after] = rise * filled[after] + (1 - rise) * made_up[end - begin :]


def _pitch_period(heard: Samples, sample_rate_hz: int) -> int | None:
    """The lag in samples at which the last 20 ms resemble best what came before; None without a past."""
    shortest, longest, template_samples = (
        round(each * sample_rate_hz) for each in (_SHORTEST_PERIOD_S, _LONGEST_PERIOD_S, _TEMPLATE_S)
    )
    if len(heard) < template_samples + longest:
        return None
    past = heard[-template_samples - longest :].astype(np.float64)
    template = past[longest:]
    products = np.correlate(past[: len(past) - shortest], template)  # lags from the longest to the shortest
    power = np.concatenate([[0.0], np.cumsum(np.square(past))])
    energies = (power[template_samples:] - power[:-template_samples])[: len(products)]
    likeness = products / np.sqrt(np.maximum(energies, _SILENT_ENERGY))
    return longest - int(np.argmax(likeness))


def _seamless_cycle(heard: Samples, period: int) -> Samples:
    """The last period heard, whose last quarter fades over to what came before its first sample."""
    cycle = heard[-period:].copy()
    quarter = period // 4
    before = heard[-period - quarter : -period]
    rise = (np.arange(quarter, dtype=np.float32) + 1) / (quarter + 1)
    cycle[-quarter:] = (1 - rise) * cycle[-quarter:] + rise * before
    return cycle


def _gain(n_samples: int, sample_rate_hz: int) -> Samples:
    """1 for 10 ms, then down to 0 at 60 ms."""
    time_s = np.arange(n_samples) / sample_rate_hz
    falling = (_MUTED_FROM_S - time_s) / (_MUTED_FROM_S - _FULL_UNTIL_S)
    return np.clip(falling, 0.0, 1.0).astype(np.float32)
