"""Engines by name; an engine's packages are imported when it is first asked for.

Another package brings an engine by an entry point of the group `asr_fair.engines`, whose name is what
configurations write and whose value leads to a class as `EngineClass` describes it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from asr_fair.asr.base import Engine, EngineClass, EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.errors import MissingPackageError, UnknownNameError
from asr_fair.validation import validate_mapping

ENTRY_POINTS = "asr_fair.engines"


@dataclass(frozen=True, slots=True)
class _Registered:
    """Where an engine's class stands ("module:attr") and what `pip install` needs for it."""

    target: str
    requirement: str


_ENGINES = {
    "whisper": _Registered("asr_fair.asr.openai_whisper:OpenAIWhisper", "asr-fair"),
    "faster-whisper": _Registered("asr_fair.asr.faster_whisper:FasterWhisper", "asr-fair"),
}


def engine_names() -> tuple[str, ...]:
    """Names that `SystemConfig.engine` may have."""
    return tuple(sorted({*_ENGINES, *_brought()}))


def describe_engine(system: SystemConfig) -> EngineInfo:
    """Resolve and digest the weights and settings of `system` without building the network.

    An official model name whose weights are not on this machine yet is fetched here, once, before any
    worker needs it. Raises UnknownNameError, MissingPackageError, MissingModelError, ConfigError.
    """
    engine = _engine_class(system.engine)
    return engine.describe(_in_its_own_keys(system, engine))


def load_engine(system: SystemConfig) -> Engine:
    """Load the weights of `system` and build the network; raises what `describe_engine` raises."""
    engine = _engine_class(system.engine)
    return engine(_in_its_own_keys(system, engine))


def with_own_keys(system: SystemConfig) -> SystemConfig:
    """`system` as its engine's own model of keys; raises FaultsError for a wrong or unknown key."""
    return _in_its_own_keys(system, _engine_class(system.engine))


def _in_its_own_keys(system: SystemConfig, engine: EngineClass) -> SystemConfig:
    """`system` as the engine's own model of keys; raises FaultsError for a wrong or unknown key."""
    if isinstance(system, engine.config):
        return system
    return validate_mapping(engine.config, system.model_dump(), name=f"systems: {system.name}")


def _brought() -> Mapping[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=ENTRY_POINTS)}


def _engine_class(name: str) -> EngineClass:
    brought = _brought() if name not in _ENGINES else {}
    if name in brought:
        return cast("EngineClass", brought[name].load())
    if name not in _ENGINES:
        raise UnknownNameError("engine", name, engine_names())
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
