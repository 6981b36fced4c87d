"""What somebody may say about a folder of recordings and the table that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class FolderOptions:
    """Options of `asr-fair import folder`; names of columns are those of the table, loosely.

    Attributes
    ----------
    table : Path or None
        Who said what; without one, every recording needs a text file beside it.
    columns : mapping
        Of a column of the manifest to the table's, before what names suggest.
    sources : mapping
        Of a tag's column to where its labels come from.
    ignored : tuple of str
        Columns to leave out.
    declined, blanks : tuple of str
        Answers that mean `declined`, and that mean `unknown`.
    several : mapping
        Of a tag's column to what stands between several answers.
    bins : mapping
        Of a tag's column to the numbers at which bands begin.
    keep_speaker_ids, keep_file_names : bool
        Whether people, and recordings, are called what they are called, not by pseudonyms.
    ignore_folders : bool
        Whether folders in the table's names of recordings may be wrong.
    name, language, permitted_use
        Of the sidecar, where there is none yet.
    """

    table: Path | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    several: Mapping[str, str] = field(default_factory=dict)
    bins: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    keep_speaker_ids: bool = False
    keep_file_names: bool = False
    ignore_folders: bool = False
    name: str | None = None
    language: str | None = None
    permitted_use: tuple[str, ...] = ("evaluate",)
