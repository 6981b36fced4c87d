"""Engines by name; an engine's packages are imported when it is first asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from asr_fair.asr.base import Engine, EngineClass, EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.errors import MissingPackageError, UnknownNameError


@dataclass(frozen=True, slots=True)
class _Registered:
    """Where an engine's class stands ("module:attr") and what `pip install` needs for it."""

    target: str
    requirement: str


_ENGINES = {
    "openai-whisper": _Registered("asr_fair.asr.openai_whisper:OpenAIWhisper", "asr-fair"),
    "faster-whisper": _Registered("asr_fair.asr.faster_whisper:FasterWhisper", "asr-fair[faster-whisper]"),
}


def engine_names() -> tuple[str, ...]:
    """Names that `SystemConfig.engine` may have."""
    return tuple(sorted(_ENGINES))


def describe_engine(system: SystemConfig) -> EngineInfo:
    """Resolve and digest the weights and settings of `system` without building the network.

    An official model name whose weights are not on this machine yet is fetched here, once, before any
    worker needs it. Raises UnknownNameError, MissingPackageError, MissingModelError, ConfigError.
    """
    return _engine_class(system.engine).describe(system)


def load_engine(system: SystemConfig) -> Engine:
    """Load the weights of `system` and build the network; raises what `describe_engine` raises."""
    return _engine_class(system.engine)(system)


def _engine_class(name: str) -> EngineClass:
    if name not in _ENGINES:
        raise UnknownNameError("engine", name, _ENGINES)
    registered = _ENGINES[name]
    module, _, attribute = registered.target.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "asr_fair":
            raise
        msg = f'engine {name!r} needs the package {error.name!r}: pip install "{registered.requirement}"'
        raise MissingPackageError(msg) from error
    return cast("EngineClass", getattr(loaded, attribute))
