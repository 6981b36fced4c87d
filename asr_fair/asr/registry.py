"""Engines by name; an engine's packages are imported when it is first asked for.

Another package brings an engine by an entry point of the group `asr_fair.engines`, whose name is what
configurations write and whose value leads to a class as `EngineClass` describes it.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from asr_fair.asr.base import Engine, EngineClass, EngineInfo
from asr_fair.config import SystemConfig
from asr_fair.errors import AsrFairError, ConfigError, MissingPackageError, UnknownNameError
from asr_fair.validation import validate_mapping
from asr_fair.wording import listed

logger = logging.getLogger(__name__)

ENTRY_POINTS = "asr_fair.engines"


@dataclass(frozen=True, slots=True)
class _Registered:
    """Where an engine's class stands ("module:attr") and what `pip install` needs for it."""

    target: str
    requirement: str


_ENGINES = {
    "whisper": _Registered("asr_fair.asr.openai_whisper:OpenAIWhisper", "asr-fair"),
    "faster-whisper": _Registered("asr_fair.asr.faster_whisper:FasterWhisper", "asr-fair"),
    "openai-http": _Registered("asr_fair.asr.openai_http:OpenAIHttp", "asr-fair[hosted]"),
    "transcripts": _Registered("asr_fair.asr.transcripts:Transcripts", "asr-fair"),
    "amazon-transcribe": _Registered("asr_fair.asr.amazon_transcribe:AmazonTranscribe", "asr-fair[hosted]"),
}


_CALLED_NOW = {"openai-whisper": "whisper"}
"""Of the package that decodes, and once of the engine: the nearest name would be that of a service."""


def engine_names() -> tuple[str, ...]:
    """Names that `SystemConfig.engine` may have."""
    return tuple(sorted({*_ENGINES, *entry_points(group=ENTRY_POINTS).names}))


def describe_engine(system: SystemConfig, *, place: str = "") -> EngineInfo:
    """Resolve and digest the weights and settings of `system` without building the network.

    An official model name whose weights are not on this machine yet is fetched here, once, before any
    worker needs it. `place`: how faults in the keys of another package's engine name where they stand.
    Raises UnknownNameError, MissingPackageError, MissingModelError, ConfigError, FaultsError.
    """
    engine = _engine_class(system.engine)
    return engine.describe(_in_its_own_keys(system, engine, place))


def load_engine(system: SystemConfig) -> Engine:
    """Load the weights of `system` and build the network; raises what `describe_engine` raises."""
    engine = _engine_class(system.engine)
    return engine(_in_its_own_keys(system, engine))


def shadowed_engines(used: Iterable[EngineInfo]) -> tuple[str, ...]:
    """A line for each engine of ours that is used although another package brings one of that name."""
    ours = sorted({info.engine for info in used} & _ENGINES.keys())
    return tuple(
        f"engine {name!r} is asr-fair's own; the one that {_origin(each)} brings under this name is not used"
        for name in ours
        for each in entry_points(group=ENTRY_POINTS, name=name)
    )


@contextmanager
def tidied(systems: Sequence[SystemConfig]) -> Iterator[None]:
    """What engines leave at a service is deleted before the block, for an earlier run that was killed, and
    after it, for workers that were.

    An engine that leaves something has a static `tidy(system)`.
    """
    untidy = [
        (tidy_of, _in_its_own_keys(system, engine))
        for system in systems
        if (tidy_of := getattr(engine := _engine_class(system.engine), "tidy", None)) is not None
    ]

    def tidy() -> None:
        for tidy_of, system in untidy:
            tidy_of(system)

    tidy()
    try:
        yield
    finally:
        try:
            tidy()
        except AsrFairError as error:  # why the block ended matters more
            logger.warning("%s. What was left there is deleted when the run is started again", error)


def with_own_keys(system: SystemConfig) -> SystemConfig:
    """`system` as its engine's own model of keys; raises FaultsError for a wrong or unknown key."""
    return _in_its_own_keys(system, _engine_class(system.engine))


def _in_its_own_keys(system: SystemConfig, engine: EngineClass, place: str = "") -> SystemConfig:
    """`system` as the engine's own model of keys; raises FaultsError for a wrong or unknown key."""
    if isinstance(system, engine.config):
        return system
    # Keys with a default that nobody wrote need not be known to another package's model.
    written = system.model_dump(exclude_unset=True)
    return validate_mapping(engine.config, written, name=place or f"systems: {system.name}")


def _engine_class(name: str) -> EngineClass:
    if name not in _ENGINES:
        return _brought(name)
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


def _brought(name: str) -> EngineClass:
    """The engine that another package brings; what is wrong with it is told with the package's name."""
    found = list(entry_points(group=ENTRY_POINTS, name=name))
    if not found and (now := _CALLED_NOW.get(name)) is not None:
        msg = f"the engine {name!r} is called {now!r}. Write `engine: {now}`"
        raise ConfigError(msg)
    if not found:
        raise UnknownNameError("engine", name, engine_names())
    if len(found) > 1:
        msg = f"engine {name!r} is brought by {listed(sorted(map(_origin, found)))}. Uninstall all but one"
        raise ConfigError(msg)
    (entry,) = found
    place = f"engine {name!r} of {_origin(entry)} ({entry.value})"
    try:
        engine = entry.load()
    except Exception as error:  # somebody else's code, which may raise anything while it is imported
        msg = f"{place} cannot be imported: {type(error).__name__}: {error}. Mend or uninstall that package"
        raise ConfigError(msg) from error
    keys = getattr(engine, "config", None)
    lacks = [each for each in ("describe", "transcribe") if not callable(getattr(engine, each, None))]
    if lacks or not (isinstance(keys, type) and issubclass(keys, SystemConfig)):
        wanted = "a class with `config` (a subclass of SystemConfig), `describe` and `transcribe`"
        msg = f"{place} is not {wanted}; see docs/engines.md"
        raise ConfigError(msg)
    return cast("EngineClass", engine)


def _origin(entry: EntryPoint) -> str:
    """The distribution that brings an entry point: 'acme-asr 1.0'."""
    return "another package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
