"""OpenAI's temperature fallback: a window whose text looks bad is sampled again, at rising temperatures.

The scheme is that of openai-whisper's `transcribe`: a text is doubted where it compresses too well (a loop)
or where its tokens are too improbable, unless the window then counts as silent. What is left silent gives
no text. What is drawn belongs to the window's own samples: no other window, order or batch changes it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from asr_fair.asr.base import Setting
from asr_fair.asr.windows import DecodedWindow
from asr_fair.config.systems.whisper import Searched
from asr_fair.records import Samples

NumberT = TypeVar("NumberT", int, float)

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""After 0, the temperature of every first try."""

BEST_OF = 5
COMPRESSION_RATIO = 2.4
LOG_PROBABILITY = -1.0
NO_SPEECH = 0.6
"""OpenAI's values."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """When a text is doubted, and how many are sampled in its place at each temperature."""

    best_of: int = BEST_OF
    compression_ratio: float = COMPRESSION_RATIO
    log_probability: float = LOG_PROBABILITY
    no_speech: float = NO_SPEECH

    def settings(self) -> dict[str, Setting]:
        """All of it as plain values, in the words of the configuration."""
        return {
            "temperature": ", ".join(f"{each:g}" for each in (0, *TEMPERATURES)),
            "best_of": self.best_of,
            "compression_ratio_threshold": self.compression_ratio,
            "log_probability_threshold": self.log_probability,
            "no_speech_threshold": self.no_speech,
            "sampling_seed": "of the window's samples",
        }

    def accepts(self, window: DecodedWindow) -> bool:
        """Whether the text stands: neither a loop nor improbable, or nothing was said anyway."""
        if self._is_improbable(window):
            return window.no_speech_probability > self.no_speech
        return not self.is_loop(window)

    def is_loop(self, window: DecodedWindow) -> bool:
        """Whether the text compresses too well."""
        return compression_ratio(window.text) > self.compression_ratio

    def settle(
        self,
        first: DecodedWindow,
        sample: Callable[[float], DecodedWindow],
        last_resort: Callable[[Sequence[DecodedWindow]], DecodedWindow],
    ) -> DecodedWindow:
        """What stands in the end for a window.

        Parameters
        ----------
        first
            Its text at temperature 0.
        sample
            Gives another at a temperature.
        last_resort
            Chooses among all of them, in their order, where none is accepted.
        """
        tried = [first]
        for temperature in TEMPERATURES:
            if self.accepts(tried[-1]):
                break
            tried.append(sample(temperature))
        settled = tried[-1] if self.accepts(tried[-1]) else last_resort(tried)
        return replace(settled, text="") if self._is_silent(settled) else settled

    def _is_improbable(self, window: DecodedWindow) -> bool:
        return mean_log_probability(window) < self.log_probability

    def _is_silent(self, window: DecodedWindow) -> bool:
        is_sure = mean_log_probability(window) > self.log_probability
        return window.no_speech_probability > self.no_speech and not is_sure


def fallback_of(system: Searched) -> Fallback | None:
    """The fallback that a configuration asks for, OpenAI's values where it names none."""
    if not system.temperature_fallback:
        return None
    return Fallback(
        _or(system.best_of, BEST_OF),
        _or(system.compression_ratio_threshold, COMPRESSION_RATIO),
        _or(system.log_probability_threshold, LOG_PROBABILITY),
        _or(system.no_speech_threshold, NO_SPEECH),
    )


def _or(asked: NumberT | None, otherwise: NumberT) -> NumberT:
    return otherwise if asked is None else asked


def mean_log_probability(window: DecodedWindow) -> float:
    """Over the window's tokens, the end included."""
    return window.sum_log_probability / window.n_tokens


def compression_ratio(text: str) -> float:
    """Bytes of a text per byte of its zlib form, as both engines compute it.

    >>> round(compression_ratio("yes " * 50), 1)
    14.3
    """
    content = text.encode()
    return len(content) / len(zlib.compress(content))


def seed_of(samples: Samples) -> int:
    """The seed for what is drawn about a window: 31 bits of the SHA-256 of its samples."""
    return int.from_bytes(hashlib.sha256(samples.tobytes()).digest()[:4]) >> 1
