"""Impulse responses of rectangular rooms by the image sources of pyroomacoustics.

All walls absorb alike, at every frequency; the air absorbs nothing. A room then has one reverberation time,
the one that its recipe asks for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

import numpy as np
from scipy.signal import butter, sosfilt

from asr_fair.records import SAMPLE_RATE_HZ, Samples, Seconds
from asr_fair.rooms.decay import cut_inaudible
from asr_fair.rooms.positions import SPEED_OF_SOUND_M_S, Pair

MAX_ORDER = 140
"""3.7 million images: some 2 s and 1 GB for one response. Both grow with the third power of the order."""

_HIGH_PASS_HZ = 50.0

_FILTER_LENGTH = 81

# The first three change samples; with more threads, the order of a sum would depend on their number.
_CONSTANTS = {
    "c": SPEED_OF_SOUND_M_S,
    "frac_delay_length": _FILTER_LENGTH,
    "rir_hpf_enable": False,
    "num_threads": 1,
}


def image_order(size_m: tuple[float, ...], rt60_s: Seconds) -> int:
    """How often sound is reflected, at most, until it has decayed by 60 dB (as pyroomacoustics counts)."""
    return max(0, math.ceil(SPEED_OF_SOUND_M_S * rt60_s / _narrowest_m(size_m) - 1))


def longest_rt60_s(size_m: tuple[float, ...]) -> Seconds:
    """The longest reverberation time for which a room has no more than `MAX_ORDER` reflections."""
    return (MAX_ORDER + 1) * _narrowest_m(size_m) / SPEED_OF_SOUND_M_S


def sabine_absorption(size_m: tuple[float, ...], rt60_s: Seconds) -> float:
    """Absorption by Sabine's formula, 24 ln(10) V / (c S T); above 1 no wall can absorb so much."""
    surface_m2 = 2 * sum(one * other for one, other in combinations(size_m, 2))
    return 24 * math.log(10) * math.prod(size_m) / (SPEED_OF_SOUND_M_S * surface_m2 * rt60_s)


def _narrowest_m(size_m: tuple[float, ...]) -> float:
    """Height, over its hypotenuse, of the flattest triangle that two sides of the room make."""
    return min(one * other / math.hypot(one, other) for one, other in combinations(size_m, 2))


class ImageSources:
    """The images of one speaker in one room, made once; each absorption gives another response."""

    def __init__(self, size_m: tuple[float, ...], pair: Pair, rt60_s: Seconds) -> None:
        """Find all images from which sound needs no longer than the reverberation time."""
        import pyroomacoustics as pra

        self._distance_m = float(np.linalg.norm(pair.mouth_m - pair.microphone_m))
        with _own_constants():
            self._room = pra.ShoeBox(
                size_m, fs=SAMPLE_RATE_HZ, max_order=image_order(size_m, rt60_s), air_absorption=False
            )
            self._room.add_source(pair.mouth_m)
            self._room.add_microphone(pair.microphone_m)
            self._room.image_source_model()
        self._source = self._room.sources[0]
        # Beyond this distance the images are incomplete: their pile is a diamond, not a sphere.
        away_m = np.linalg.norm(self._source.images - pair.microphone_m[:, None], axis=0)
        self._room.visibility[0][0] &= away_m <= SPEED_OF_SOUND_M_S * rt60_s + self._distance_m

    def response(self, exponent: float) -> Samples:
        """The response, shape (n_taps,), where a reflection leaves exp(-exponent) of the sound's energy.

        It begins with the direct sound, level 1, and ends where its decay passes -60 dB. Reflections pass
        a filter of 50 Hz: images are all of one sign, and their sum would end in a slow swell that no real
        room has and that outweighs the rest (Allen and Berkley, 1979, have such a filter for this reason).
        """
        self._source.damping = np.exp(-exponent / 2 * self._source.orders)[None].astype(np.float32)
        with _own_constants():
            self._room.compute_rir()
        first = _FILTER_LENGTH // 2 + round(self._distance_m / SPEED_OF_SOUND_M_S * SAMPLE_RATE_HZ)
        reflections = self._room.rir[0][0][first:].astype(np.float64) * self._distance_m
        reflections[0] -= 1
        high_pass = butter(2, _HIGH_PASS_HZ, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
        response = sosfilt(high_pass, reflections)
        response[0] += 1
        return cut_inaudible(response.astype(np.float32))


@contextmanager
def _own_constants() -> Iterator[None]:
    """Set the package-wide constants of pyroomacoustics that shape a response, and put them back."""
    import pyroomacoustics as pra

    before = {name: pra.constants.get(name) for name in _CONSTANTS}
    try:
        for name, value in _CONSTANTS.items():
            pra.constants.set(name, value)
        yield
    finally:
        for name, value in before.items():
            pra.constants.set(name, value)
