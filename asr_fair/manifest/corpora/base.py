"""What every importer hands over, and what several of them need."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.files import write_text
from asr_fair.manifest.tables import RawTable, read_table
from asr_fair.records import CLEAN
from asr_fair.validation import read_utf8

EVERY_USE = ("evaluate", "hosted_engines", "share_results", "play_audio")


@dataclass(frozen=True)
class Corpus:
    """A corpus as its importer read it.

    Attributes
    ----------
    manifest : DataFrame
        Columns of the manifest contract and one per dimension; blank cells as the corpus wrote them.
    sidecar : dict
        Content of the manifest's sidecar, without the audio root.
    audio_root : Path or None
        Folder that the column `audio` is relative to; None without audio.
    transcripts : DataFrame or None
        Columns utterance_id, system, condition, text, where the corpus brings transcripts.
    notes : tuple of str
        What was dropped, changed or found missing, each with its number: nothing is lost silently.
    """

    manifest: pd.DataFrame
    sidecar: dict[str, Any]
    audio_root: Path | None = None
    transcripts: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()


def read_columns(path: Path, columns: tuple[str, ...]) -> RawTable:
    """A corpus table that must hold `columns`; a release that lacks one raises FaultsError."""
    raw = read_table(path)
    found = ", ".join(map(str, raw.frame.columns))
    faults = [
        Fault(
            raw.name, "this column is missing", f"The table has: {found}. Is it another release?", field=name
        )
        for name in columns
        if name not in raw.frame.columns
    ]
    if faults:
        raise FaultsError(faults)
    return raw


def root_seen_from(folder: Path, audio_root: Path) -> str:
    """An audio root for a sidecar in `folder`: relative where the audio lies under it, else absolute."""
    root = audio_root.resolve()
    inside = root.is_relative_to(folder.resolve())
    return os.path.relpath(root, folder.resolve()) if inside else str(root)


def write_sidecar(content: dict[str, Any], path: Path) -> None:
    """Write a sidecar, its keys in the order given."""
    write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100), path)


def refuse_duplicates(raw: RawTable, column: str, values: pd.Series[str]) -> None:
    """Raise FaultsError for every value that stands in an earlier row already."""
    repeated = values.duplicated().to_numpy()
    if repeated.any():
        raise FaultsError(
            [
                Fault(
                    raw.name,
                    "stands twice",
                    "Keep one of the rows",
                    line=int(line),
                    field=column,
                    value=value,
                )
                for line, value in zip(raw.lines[repeated], values[repeated], strict=True)
            ]
        )


def transcripts_of(system: str, utterance_ids: pd.Series[str], texts: pd.Series[str]) -> pd.DataFrame:
    """Transcripts of one system on clean audio, one row each."""
    return pd.DataFrame(
        {"utterance_id": utterance_ids, "system": system, "condition": CLEAN, "text": texts}, dtype=object
    )


def read_kaldi(path: Path) -> dict[str, str]:
    """A Kaldi list: a key, white space, and the rest of the line. Raises FaultsError, ConfigError."""
    entries: dict[str, str] = {}
    faults = []
    for number, line in enumerate(read_utf8(path).split("\n"), start=1):
        if not line.strip():
            continue
        key, *rest = line.strip().split(maxsplit=1)
        if key in entries:
            faults.append(Fault(str(path), "this key stands twice", "Keep one", line=number, value=key))
        entries[key] = rest[0] if rest else ""
    if faults:
        raise FaultsError(faults)
    if not entries:
        msg = f"{path}: holds no rows. Check that the corpus is complete"
        raise ConfigError(msg)
    return entries
