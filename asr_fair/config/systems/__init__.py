"""Systems under test: one model of keys for each engine, told apart by `engine`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Tag

from asr_fair.config.systems.base import OnDevice, SystemConfig
from asr_fair.config.systems.hosted import HostedConfig
from asr_fair.config.systems.openai_http import OpenAIHttpConfig
from asr_fair.config.systems.others import ForeignConfig
from asr_fair.config.systems.transcripts import TranscriptsConfig
from asr_fair.config.systems.whisper import FasterWhisperConfig, WhisperConfig

SYSTEM_MODELS: Mapping[str, type[SystemConfig]] = {
    "whisper": WhisperConfig,
    "faster-whisper": FasterWhisperConfig,
    "openai-http": OpenAIHttpConfig,
    "transcripts": TranscriptsConfig,
}
"""By engine, those that asr-fair brings."""

_FOREIGN = "another engine"


def _kind_of_system(value: object) -> str:
    engine = value.get("engine") if isinstance(value, Mapping) else getattr(value, "engine", None)
    return engine if isinstance(engine, str) and engine in SYSTEM_MODELS else _FOREIGN


AnySystem = Annotated[
    Annotated[WhisperConfig, Tag("whisper")]
    | Annotated[FasterWhisperConfig, Tag("faster-whisper")]
    | Annotated[OpenAIHttpConfig, Tag("openai-http")]
    | Annotated[TranscriptsConfig, Tag("transcripts")]
    | Annotated[ForeignConfig, Tag(_FOREIGN)],
    Discriminator(_kind_of_system),
]

__all__ = [
    "SYSTEM_MODELS",
    "AnySystem",
    "FasterWhisperConfig",
    "ForeignConfig",
    "HostedConfig",
    "OnDevice",
    "OpenAIHttpConfig",
    "SystemConfig",
    "TranscriptsConfig",
    "WhisperConfig",
]
