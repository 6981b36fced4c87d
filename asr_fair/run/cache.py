"""Transcripts that other runs may use again: by audio, render recipe, model and decode settings.

A row is found by `cache_key` alone, in which there is no name of a run, a condition or (for clean audio) an
utterance: two utterances with the same clean samples have one text. Only texts are kept, never errors.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from pydantic import Json, TypeAdapter, ValidationError

from asr_fair.errors import CacheError
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.cache_file import BUSY_TIMEOUT_S, FILE_NAME, faults_named, open_file, transaction

LONGEST_TEXT = 1_000_000
"""Characters; some 24 hours of speech. What is longer was not said by anybody, and is not kept."""

NOBODY = "nobody speaks"
"""In place of a recording's digest where none was read; other people may be heard as babble all the same."""

VALUES_AT_ONCE = 500
"""In one question to SQLite, older versions of which take 999."""

_COLUMNS = (
    *("cache_key", "content_sha256", "text", "language", "no_speech_probability"),
    *("mean_log_probability", "batch_size", "render"),
)
_KEEP = (
    f"INSERT OR REPLACE INTO transcripts ({', '.join(_COLUMNS)}) "  # noqa: S608 (our own names alone)
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_BESIDE = "FROM transcripts WHERE names_voice(render)"


@dataclass(frozen=True, slots=True)
class CachedText:
    """A text with what its decoder said and how its audio was rendered, whichever run made it."""

    cache_key: str
    content_sha256: str
    text: str
    language: str | None
    no_speech_probability: float | None
    mean_log_probability: float | None
    batch_size: int | None
    """Of the batch that it was made in."""
    render: Json[RenderRecord]


_ROW: TypeAdapter[CachedText] = TypeAdapter(CachedText)


def cached_text(content_sha256: str, outcome: Outcome, render: RenderRecord) -> CachedText | None:
    """What is kept of an outcome; None for an error and for what nobody can have said."""
    if outcome.text is None or len(outcome.text) > LONGEST_TEXT:
        return None
    return CachedText(
        outcome.cache_key,
        content_sha256,
        outcome.text,
        outcome.language,
        outcome.no_speech_probability,
        outcome.mean_log_probability,
        outcome.batch_size,
        render,
    )


class TranscriptCache:
    """One SQLite file; several processes of one machine may use it at once.

    Every method raises CacheError where the file cannot be used (any more).
    """

    def __init__(self, folder: Path, *, timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = folder / FILE_NAME
        self._connection = open_file(folder, timeout_s=timeout_s)
        self._connection.text_factory = bytes  # a text that is no UTF-8 spoils its own row alone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def texts(self, cache_keys: Iterable[str]) -> Iterator[CachedText]:
        """What is kept under these keys, a part at a time; a row that makes no sense is not there."""
        for some in _parts(cache_keys):
            question = (
                f"SELECT {', '.join(_COLUMNS)} FROM transcripts "  # noqa: S608 (our own names alone)
                f"WHERE cache_key IN ({_marks(some)}) AND length(text) <= {LONGEST_TEXT}"
            )
            with faults_named(self.path):
                rows = self._connection.execute(question, some).fetchall()
            yield from filter(None, map(_read, rows))

    def keep(self, texts: Sequence[CachedText]) -> None:
        """Write these at once; what stood under a key before is replaced: it was found to make no sense."""
        rows = [_values(each) for each in texts]
        with faults_named(self.path), transaction(self._connection):
            self._connection.executemany(_KEEP, rows)

    def count(self, contents: Collection[str], voice: re.Pattern[str] | None) -> tuple[int, int]:
        """How many texts are of recordings with these digests, and how many of others beside a voice."""
        with faults_named(self.path):
            of_them = sum(
                int(self._connection.execute(f"SELECT count(*) {where}", some).fetchone()[0])
                for where, some in _of_contents(contents)
            )
            (beside,) = self._with_voice(voice).execute(f"SELECT count(*) {_BESIDE}").fetchone()
        return of_them, beside

    def forget(self, contents: Collection[str], voice: re.Pattern[str] | None) -> None:
        """Remove them, so that no byte of them is left in the file or its log.

        The file is written anew even where nothing is found: a call before may have been killed in between.
        What a disk keeps of bytes that no file holds any more is the file system's.
        """
        with faults_named(self.path):
            with transaction(self._connection):
                for where, some in _of_contents(contents):
                    self._connection.execute(f"DELETE {where}", some)
                self._with_voice(voice).execute(f"DELETE {_BESIDE}")
            self._connection.execute("VACUUM")
            (is_busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise CacheError(f"{self.path}: another process is reading there. Wait for it, then try again")

    def _with_voice(self, voice: re.Pattern[str] | None) -> sqlite3.Connection:
        """The connection, in which `names_voice` asks for this one."""
        self._connection.create_function(
            "names_voice", 1, lambda render: voice is not None and _names(voice, render)
        )
        return self._connection


def _of_contents(contents: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The end of a statement about the rows of these recordings, a part at a time, and its values."""
    for some in _parts(sorted(contents)):
        yield f"FROM transcripts WHERE content_sha256 IN ({_marks(some)})", some


def _parts(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    left = iter(values)
    while some := tuple(islice(left, VALUES_AT_ONCE)):
        yield some


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _names(voice: re.Pattern[str], render: object) -> bool:
    """Whether a voice was heard in a render; of a record that cannot be read nobody knows: yes."""
    try:
        clips = json.loads(str(render))["clips"]
    except (ValueError, KeyError, TypeError):
        return True
    return clips is not None and voice.search(str(clips)) is not None


def _values(text: CachedText) -> tuple[object, ...]:
    values = [getattr(text, name) for name in _COLUMNS[:-1]]
    return (*values, json.dumps(asdict(text.render)))


def _read(row: tuple[object, ...]) -> CachedText | None:
    try:
        found = _ROW.validate_python(dict(zip(_COLUMNS, row, strict=True)))
    except ValidationError:
        return None
    return found
