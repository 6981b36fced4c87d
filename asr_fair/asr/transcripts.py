"""transcripts: a system that is not run; what it said stands in a table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from asr_fair.asr.base import Clip, EngineInfo, Failure
from asr_fair.config.systems import TranscriptsConfig
from asr_fair.errors import ConfigError
from asr_fair.manifest.transcripts import NO_TRANSCRIPT, read_transcripts
from asr_fair.records import Hypothesis


class Transcripts:
    """Looks every utterance up, under its condition; a text is for the condition that its line names."""

    config = TranscriptsConfig

    def __init__(self, system: TranscriptsConfig) -> None:
        self._info = self.describe(system)
        self._path = system.path
        rows = _rows_of(system)
        self._rows = {(row.utterance_id, row.condition): row for row in rows.itertuples(index=False)}

    @property
    def info(self) -> EngineInfo:
        """What `describe` says about the same system."""
        return self._info

    @staticmethod
    def describe(system: TranscriptsConfig) -> EngineInfo:
        """The `info` of the engine: the digest of the file takes the place of the weights'.

        Raises FaultsError and ConfigError for a table that cannot be used.
        """
        rows = _rows_of(system)
        held = frozenset(zip(rows["utterance_id"], rows["condition"], strict=True))
        settings = {"language": system.language}
        return EngineInfo(
            system.engine, system.model, _digest(system.path), settings, hears=False, answers=held
        )

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis | Failure]:
        """What the table says about each clip; the samples are not looked at."""
        return [self._look_up(clip) for clip in clips]

    def _look_up(self, clip: Clip) -> Hypothesis | Failure:
        row = self._rows.get((clip.utterance_id, clip.condition))
        if row is None:
            return Failure(NO_TRANSCRIPT, f"{self._path} has no line for it under {clip.condition}")
        if row.text is None:
            return Failure(str(row.error), f"{self._path} gives this error")
        return Hypothesis(str(row.text), None if row.language is None else str(row.language), batch_size=1)


def _rows_of(system: TranscriptsConfig) -> pd.DataFrame:
    """The lines of this system: those that name it, and those that name none."""
    table = _read(system.path, system.name, _digest(system.path))
    rows = table[table["system"] == system.name]
    if rows.empty:
        others = ", ".join(sorted(set(table["system"])))
        msg = (
            f"{system.path}: has no line of the system {system.name!r}; it has {others}. Call the system as "
            "the table does, or leave the column out"
        )
        raise ConfigError(msg)
    return rows


@lru_cache(maxsize=4)
def _read(path: Path, system: str, digest: str) -> pd.DataFrame:
    """Read once by a process, unless the file changes."""
    return read_transcripts(path, default_system=system, known_ids=None)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}. Check the path"
        raise ConfigError(msg) from error
