"""The contract between the run and a speech recogniser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from asr_fair.config import SystemConfig
from asr_fair.records import Hypothesis, Samples, Seconds
from asr_fair.validation import digest_of

Setting: TypeAlias = str | int | float | bool | None

ENGINE_ERROR = "engine_error"
"""The reason of a failure that another try may not meet: a run that continues tries it again."""


@dataclass(frozen=True, slots=True)
class Service:
    """Who is sent the audio by an engine that does not run on our workers, and what is paid for it."""

    host: str
    """As messages name it: 'api.openai.com', 'Amazon Transcribe in eu-central-1'."""
    requests_at_once: int
    """Over the whole run, however many workers there are."""
    price_per_minute: float | None = None
    """As the configuration says, in its own currency; None: nobody said."""
    currency: str = "USD"
    least_billed_s: Seconds = 0.0
    """A shorter request is paid as one of this length."""
    longest_request_s: Seconds = math.inf
    """A longer recording takes several requests."""
    needs_consent: bool = True
    """Whether the manifest's permitted uses must hold `hosted_engines`."""

    def n_requests(self, duration_s: Seconds) -> int:
        """How many a recording takes, if none is repeated."""
        return max(1, math.ceil(duration_s / self.longest_request_s))

    def billed_s(self, duration_s: Seconds) -> Seconds:
        """What one request of that much audio is charged as."""
        return max(duration_s, self.least_billed_s)

    def cost(self, billed_s: Seconds) -> float | None:
        """In `currency`; None where no price is known."""
        return None if self.price_per_minute is None else self.price_per_minute * billed_s / 60


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What recognises: engine, model as the configuration names it, SHA-256 of the weights, settings.

    `settings` holds every choice that can change a text, resolved ('cuda', never 'auto').
    """

    engine: str
    model: str
    model_digest: str
    settings: Mapping[str, Setting]
    batch_windows: int = 8
    """How many 30-second windows go together: what the partition into batches is made for."""
    service: Service | None = None
    hears: bool = True
    """Whether it is given the audio; transcripts that stand in a file are not."""
    answers: frozenset[tuple[str, str]] | None = None
    """(utterance, condition) that it can say something about, where that is settled beforehand."""

    @property
    def text_key(self) -> str:
        """SHA-256 over all that can change a text; where the weights lie is not part of it."""
        return digest_of(
            {"engine": self.engine, "model_digest": self.model_digest, "settings": dict(self.settings)}
        )


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance under one condition: mono audio at 16 kHz, shape (n_samples,), of any length."""

    utterance_id: str
    condition: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Failure:
    """What an engine says of a clip that it could not recognise, while others of the batch went well."""

    reason: str
    """`ENGINE_ERROR`, or a short code of the engine's own for what would happen again."""
    message: str
    n_requests: int = 0


class Engine(Protocol):
    """A loaded speech recogniser."""

    @property
    def info(self) -> EngineInfo:
        """What `describe_engine` says about the same system."""

    def transcribe(self, clips: Sequence[Clip]) -> Sequence[Hypothesis | Failure]:
        """Recognise a batch.

        Returns
        -------
        sequence of Hypothesis or Failure
            One for each clip, in the same order. An exception fails the batch, whose parts are then tried
            again until only the utterance at fault remains; an AsrFairError stops the run. An engine whose
            requests cost money returns a Failure for the clip at fault instead.
        """


class EngineClass(Protocol):
    """What the registry points at: a class made from a SystemConfig, which can also describe itself.

    `config` is the pydantic model of its keys, a subclass of SystemConfig: what people write under
    `systems` is checked against it, and both functions are given one.
    """

    config: ClassVar[type[SystemConfig]]

    def __call__(self, system: Any) -> Engine:
        """Load the weights and build the network."""

    def describe(self, system: Any) -> EngineInfo:
        """The `info` of the loaded engine, without building the network."""
