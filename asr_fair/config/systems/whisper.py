"""Whisper by openai-whisper and by faster-whisper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from asr_fair.config.systems.base import OnDevice

MAX_CANDIDATES = 32


class Searched(OnDevice):
    """How a Whisper network searches for a text, in the same words for both engines.

    By default greedily and once: a text then depends on nothing but its own audio, and loops and words that
    are invented in silence are seen in the figures.
    """

    beam_size: int = Field(
        default=1, ge=1, le=MAX_CANDIDATES, description="texts that are followed at once; 1: greedy"
    )
    # Below 1, a text of openai-whisper's would depend on when the rest of its batch ends.
    patience: float | None = Field(
        default=None, ge=1, le=8, description="a beam search ends with beam_size × patience texts; 1"
    )
    length_penalty: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="how the length weighs in choosing among texts; mean log-probability when absent",
    )
    temperature_fallback: bool = Field(
        default=False,
        description="a window whose text looks bad is sampled again at temperatures 0.2 to 1, as OpenAI does",
    )
    best_of: int | None = Field(
        default=None, ge=1, le=MAX_CANDIDATES, description="texts sampled at each of these temperatures; 5"
    )
    compression_ratio_threshold: float | None = Field(
        default=None, gt=0, description="a text that compresses further is a loop; 2.4"
    )
    log_probability_threshold: float | None = Field(
        default=None, lt=0, description="mean over the tokens, below which a text is doubted; -1"
    )
    no_speech_threshold: float | None = Field(
        default=None, ge=0, le=1, description="above it a doubted window counts as silence; 0.6"
    )
    initial_prompt: str | None = Field(
        default=None, description="text that every window is decoded after, such as names that are expected"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if faults := "; ".join(self._faults()):
            raise ValueError(faults)
        return self

    def _faults(self) -> Iterator[str]:
        if self.patience is not None and self.beam_size == 1:
            yield "patience: needs a beam search: set beam_size to 2 or more, or leave it out"
        if self.length_penalty is not None and self.beam_size == 1 and not self.temperature_fallback:
            yield (
                "length_penalty: chooses among several texts and greedy search has one: set beam_size to 2 "
                "or more, or leave it out"
            )
        if not self.temperature_fallback:
            for key in _OF_FALLBACK:
                if getattr(self, key) is not None:
                    yield f"{key}: is used with `temperature_fallback: true` alone: add that, or leave it out"
        if self.initial_prompt is not None and not self.initial_prompt.strip():
            yield "initial_prompt: is blank: write a text, or leave it out"


_OF_FALLBACK = (
    "best_of",
    "compression_ratio_threshold",
    "log_probability_threshold",
    "no_speech_threshold",
)


class WhisperConfig(Searched):
    """A Whisper network in PyTorch, decoded by openai-whisper."""

    engine: Literal["whisper"]


class FasterWhisperConfig(Searched):
    """A Whisper network in CTranslate2, by faster-whisper."""

    engine: Literal["faster-whisper"]
