"""Text normalisers by name; the same one is applied to references and hypotheses."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from asr_fair.errors import ConfigError, MissingPackageError, UnknownNameError
from asr_fair.score.dialect import DIALECT_DIGEST, DIALECT_TABLE, respell
from asr_fair.validation import refuse_repeats

WHISPER_VERSION = "20250625"
"""Another release may carry other rules, and figures under two sets of rules cannot be compared."""

TEXTS_REMEMBERED = 2**16
"""Normalised texts kept: the Whisper rules take 0.1 to 0.2 ms a text, the memory some 20 MB."""

_PRIVATE_NAME = "_asr_fair_whisper_normalizers"


@dataclass(frozen=True, slots=True)
class Normaliser:
    """A named, versioned set of rules. `languages` is None where any language will do.

    `spellings` are the word pairs that it replaces before its rules, if any: a trace names them.
    """

    name: str
    version: str
    languages: tuple[str, ...] | None
    function: Callable[[str], str]
    spellings: Mapping[str, str] = field(default_factory=dict)

    def words(self, text: str) -> list[str]:
        """The normalised words of `text`."""
        return self.function(text).split()

    def check_languages(self, languages: Iterable[str]) -> None:
        """Raise ConfigError unless the rules are made for all of `languages` (codes such as en, en-GB)."""
        if self.languages is None:
            return
        foreign = sorted({code for code in languages if primary_subtag(code) not in self.languages})
        if foreign:
            msg = (
                f"normaliser {self.name!r} is made for {', '.join(self.languages)} only, and the manifest "
                f"holds {', '.join(map(repr, foreign))}. Use 'basic', or score these recordings apart"
            )
            raise ConfigError(msg)


def load_normaliser(name: str, *, languages: Iterable[str] = ()) -> Normaliser:
    """The normaliser called `name`, after a check that it is made for `languages`.

    Raises UnknownNameError; ConfigError for a language that it is not made for; MissingPackageError where
    openai-whisper is not installed in the pinned version.
    """
    if name not in _NORMALISERS:
        raise UnknownNameError("normaliser", name, _NORMALISERS)
    normaliser = _NORMALISERS[name]()
    normaliser.check_languages(languages)
    return normaliser


def load_normalisers(names: Sequence[str], *, languages: Collection[str] = ()) -> list[Normaliser]:
    """Normalisers by name; see `load_normaliser`. Raises ConfigError for none and for one named twice."""
    if not names:
        msg = "normalisers: name at least one; the first is the headline"
        raise ConfigError(msg)
    try:
        refuse_repeats(names)
    except ValueError as error:
        msg = f"normalisers: {error}: every count would double"
        raise ConfigError(msg) from error
    return [load_normaliser(name, languages=languages) for name in names]


def primary_subtag(code: str) -> str:
    """The primary subtag of a language code: en for en-GB and en_US."""
    return code.replace("_", "-").split("-")[0].lower()


@functools.cache
def _whisper_en() -> Normaliser:
    rules: Callable[[str], str] = _whisper_normalizers().EnglishTextNormalizer()
    return Normaliser("whisper_en", f"openai-whisper {WHISPER_VERSION}", ("en",), _remembering(rules))


@functools.cache
def _basic() -> Normaliser:
    rules: Callable[[str], str] = _whisper_normalizers().BasicTextNormalizer()
    return Normaliser("basic", f"openai-whisper {WHISPER_VERSION}", None, _remembering(rules))


@functools.cache
def _whisper_en_dialect() -> Normaliser:
    rules = _whisper_en()
    version = f"{rules.version} after dialect table {DIALECT_DIGEST[:12]}"
    return Normaliser(
        "whisper_en+dialect",
        version,
        rules.languages,
        lambda text: rules.function(respell(text)),
        DIALECT_TABLE,
    )


def _raw() -> Normaliser:
    """The text as it is, split at white space: shown for comparison, never a headline."""
    return Normaliser("raw", "1", None, str)


_NORMALISERS: dict[str, Callable[[], Normaliser]] = {
    "whisper_en": _whisper_en,
    "basic": _basic,
    "whisper_en+dialect": _whisper_en_dialect,
    "raw": _raw,
}


def _remembering(rules: Callable[[str], str]) -> Callable[[str], str]:
    return functools.lru_cache(maxsize=TEXTS_REMEMBERED)(rules)


@functools.cache
def _whisper_normalizers() -> ModuleType:
    """The package `whisper.normalizers` under a private name: importing `whisper` would import torch."""
    init = _normalizers_folder() / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        _PRIVATE_NAME, init, submodule_search_locations=[str(init.parent)]
    )
    if spec is None or spec.loader is None:
        raise MissingPackageError(_install("its normaliser cannot be loaded"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PRIVATE_NAME] = module  # its own relative imports look for it there
    spec.loader.exec_module(module)
    return module


def _normalizers_folder() -> Path:
    try:
        distribution = importlib.metadata.distribution("openai-whisper")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingPackageError(_install("it is not installed")) from error
    if distribution.version != WHISPER_VERSION:
        raise MissingPackageError(_install(f"version {distribution.version} is installed"))
    folder = Path(str(distribution.locate_file("whisper/normalizers")))
    if not (folder / "__init__.py").is_file():
        raise MissingPackageError(_install(f"{folder} is not there"))
    return folder


def _install(found: str) -> str:
    return (
        f"scoring uses the normalisers of openai-whisper {WHISPER_VERSION}, but {found}: "
        f"pip install openai-whisper=={WHISPER_VERSION}"
    )
