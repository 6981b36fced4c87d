"""The contract between the run and a speech recogniser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from asr_fair.config import SystemConfig
from asr_fair.records import Hypothesis, Samples
from asr_fair.validation import digest_of

Setting: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What recognises: engine, model as the configuration names it, SHA-256 of the weights, settings.

    `settings` holds every choice that can change a text, resolved ('cuda', never 'auto').
    """

    engine: str
    model: str
    model_digest: str
    settings: Mapping[str, Setting]

    @property
    def text_key(self) -> str:
        """SHA-256 over all that can change a text; where the weights lie is not part of it."""
        return digest_of(
            {"engine": self.engine, "model_digest": self.model_digest, "settings": dict(self.settings)}
        )


class Engine(Protocol):
    """A loaded speech recogniser."""

    @property
    def info(self) -> EngineInfo:
        """What `describe_engine` says about the same system."""

    def transcribe(self, clips: Sequence[Samples]) -> list[Hypothesis]:
        """Recognise a batch.

        Parameters
        ----------
        clips
            Mono audio at 16 kHz, each of shape (n_samples,), of any length.

        Returns
        -------
        list of Hypothesis
            One for each clip, in the same order.
        """


class EngineClass(Protocol):
    """What the registry points at: a class made from a SystemConfig, which can also describe itself."""

    def __call__(self, system: SystemConfig) -> Engine:
        """Load the weights and build the network."""

    def describe(self, system: SystemConfig) -> EngineInfo:
        """The `info` of the loaded engine, without building the network."""
