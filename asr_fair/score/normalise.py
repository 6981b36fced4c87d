"""Text normalisers by name; the same one is applied to references and hypotheses."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from asr_fair.errors import ConfigError, MissingPackageError, UnknownNameError
from asr_fair.records import RAW
from asr_fair.score.dialect import DIALECT_DIGEST, DIALECT_TABLE, respell
from asr_fair.validation import refuse_repeats

WHISPER_VERSION = "20250625"
"""Another release may carry other rules, and figures under two sets of rules cannot be compared."""

RULE_FILES = ("basic.py", "english.json", "english.py")
"""What the rules of openai-whisper are made of: their digest is a part of the version."""

DEFAULT_NORMALISERS = ("whisper_en", "basic", "whisper_en+dialect", RAW)
"""Where none is named; the first is the headline, the others show what the choice does to the figures."""

DEFAULT_FOR_ANY_LANGUAGE = ("basic", RAW)
"""Where none is named and not all that was said is English."""

TEXTS_REMEMBERED = 2**18
"""Normalised texts kept: the Whisper rules take 0.1 to 0.2 ms a text, the memory up to some 100 MB.

References and clean transcripts of 100,000 utterances are met three times: counted, counted again under the
dialect table where that changes nothing, and traced.
"""

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


def default_normalisers(languages: Iterable[str]) -> tuple[str, ...]:
    """The normalisers of who named none: those that are made for all of `languages`."""
    is_english = all(primary_subtag(code) == "en" for code in languages)
    return DEFAULT_NORMALISERS if is_english else DEFAULT_FOR_ANY_LANGUAGE


def primary_subtag(code: str) -> str:
    """The primary subtag of a language code: en for en-GB and en_US."""
    return code.replace("_", "-").split("-")[0].lower()


@functools.cache
def _whisper_en() -> Normaliser:
    rules: Callable[[str], str] = _whisper_normalizers().EnglishTextNormalizer()
    return Normaliser("whisper_en", _whisper_version(), ("en",), _remembering(_around_long_numbers(rules)))


@functools.cache
def _basic() -> Normaliser:
    rules: Callable[[str], str] = _whisper_normalizers().BasicTextNormalizer()
    return Normaliser("basic", _whisper_version(), None, _remembering(rules))


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
    return Normaliser(RAW, "1", None, str)


_NORMALISERS: dict[str, Callable[[], Normaliser]] = {
    "whisper_en": _whisper_en,
    "basic": _basic,
    "whisper_en+dialect": _whisper_en_dialect,
    RAW: _raw,
}


def _around_long_numbers(rules: Callable[[str], str]) -> Callable[[str], str]:
    """Rules that leave numbers as they are which are longer than Python reads: Whisper's would fail."""

    def normalised(text: str) -> str:
        parts = _LONG_NUMBER.split(text)
        return " ".join(part if place % 2 else rules(part) for place, part in enumerate(parts))

    return normalised


_LONG_NUMBER = re.compile(r"(\d{1000,})")


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


@functools.cache
def _whisper_version() -> str:
    """The release, and which rules it holds: a file changed in place would go unnoticed without them."""
    digest = hashlib.sha256()
    for name in RULE_FILES:
        digest.update(hashlib.sha256((_normalizers_folder() / name).read_bytes()).digest())
    return f"openai-whisper {WHISPER_VERSION}, rules {digest.hexdigest()[:12]}"


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
