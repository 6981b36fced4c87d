"""Which normalisers a manifest is scored with: those that were named, else all that suit its languages."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.manifest.model import Manifest
from asr_fair.score.normalise import (
    DEFAULT_NORMALISERS,
    Normaliser,
    default_normalisers,
    load_normalisers,
    primary_subtag,
)


def normalisers_for(manifest: Manifest, named: Sequence[str] | None) -> list[Normaliser]:
    """The normalisers in `named`, or the default for the manifest's languages where that is None.

    Raises ConfigError for one that was named and is not made for all of the languages; and see
    `score.normalise.load_normalisers`.
    """
    languages = _languages(manifest)
    names = default_normalisers(languages) if named is None else named
    return load_normalisers(names, languages=languages)


def default_in_words(manifest: Manifest, named: Sequence[str] | None) -> tuple[str, ...]:
    """One line where none was named and the usual headline is not made for the manifest's languages."""
    languages = _languages(manifest)
    chosen = default_normalisers(languages)
    if named is not None or chosen == DEFAULT_NORMALISERS:
        return ()
    foreign = ", ".join(code for code in languages if primary_subtag(code) != "en")
    return (
        f"normaliser {DEFAULT_NORMALISERS[0]} is made for English only, and the manifest holds {foreign}: "
        f"figures are under {chosen[0]}, with {', '.join(chosen[1:])} beside it",
    )


def _languages(manifest: Manifest) -> list[str]:
    return sorted(manifest.table["language"].dropna().unique())
