"""The file behind the cache of transcripts: opened only where it is whole and nobody else may change it.

Transcripts are personal data, and what stands in a cache becomes a result: so nobody else may read the file,
and what somebody else may have written is not believed.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asr_fair.errors import CacheError

FILE_NAME = "transcripts.sqlite"
BUSY_TIMEOUT_S = 10.0
"""How long another process of this machine may be writing before the cache counts as locked."""

APPLICATION_ID = 0x61736672
"""'asfr': tells our file from any other SQLite file."""
VERSION = 1
"""Raise it when a column changes its meaning: files of other versions are left alone."""

TABLE = """
CREATE TABLE transcripts (
    cache_key TEXT PRIMARY KEY,
    content_sha256 TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT,
    no_speech_probability REAL,
    mean_log_probability REAL,
    batch_size INTEGER,
    render TEXT NOT NULL
)
"""
INDEX = "CREATE INDEX by_content ON transcripts (content_sha256)"


def open_file(folder: Path, *, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """A connection in autocommit mode to the cache in `folder`, which is made where there is none.

    Raises CacheError, with the reason, for a file that is not ours alone, that is no cache, of another
    version, damaged, locked, or that cannot be written.
    """
    path = folder / FILE_NAME
    with faults_named(path):
        _make(folder)
        _check_ours(folder)
        # Made here, not by SQLite: the logs that it puts beside have the permissions of this file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        _check_ours(path)
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
        try:
            _prepare(connection, path, timeout_s)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Everything that can be wrong with a file of SQLite as CacheError, with its place."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CacheError(f"{path}: cannot be used as the cache of transcripts ({reason})") from error


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        # Beside a run that is written into a repository, nobody's words are committed.
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _check_ours(path: Path) -> None:
    facts = path.stat()
    if facts.st_uid != os.geteuid():
        raise CacheError(f"{path}: belongs to another user, so that its transcripts are not believed")
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        msg = f"{path}: others may write there, so that its transcripts are not believed (chmod go-w)"
        raise CacheError(msg)


def _prepare(connection: sqlite3.Connection, path: Path, timeout_s: float) -> None:
    if not _is_ours(connection, path):
        with transaction(connection):
            if not _is_ours(connection, path):  # another process may have been quicker
                connection.execute(TABLE)
                connection.execute(INDEX)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"), timeout_s)
    connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is transcribed again
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA trusted_schema = OFF")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are there; False for an empty file. Raises CacheError for what is none of ours."""
    application_id, version, n_tables = (
        connection.execute(question).fetchone()[0]
        for question in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if (application_id, version, n_tables) == (0, 0, 0):
        return False
    if application_id != APPLICATION_ID:
        raise CacheError(f"{path}: is no cache of asr-fair")
    if version != VERSION:
        raise CacheError(f"{path}: is a cache of another version of asr-fair (delete {path.parent})")
    return True


def _patiently(step: Callable[[], object], timeout_s: float) -> None:
    """SQLite does not wait for others when the kind of its log is set: so this does."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            step()
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline_s:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block is written, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
