"""Files that are there whole or not at all, and folders that one process writes at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asr_fair.errors import DiskFullError, RunConflictError

if TYPE_CHECKING:
    import pyarrow as pa

LOCK_NAME = ".lock"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
OUTCOMES_PER_GROUP = 10_000
"""Transcripts that are read together when one of them is shown: some milliseconds."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; renamed to it when the block ends well, removed when it does not."""
    # The process id, so that two processes that write the same file do not write into each other.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with room_for(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Raise DiskFullError, naming `path`, where what is written in the block finds no room."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        msg = (
            f"{path}: there is no room for it ({os.strerror(error.errno)}). Make room on that disk, then "
            "give the same command again: what was written before is whole and is kept"
        )
        raise DiskFullError(msg) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder while the block runs.

    Raises RunConflictError where another process is in it. The system drops the lock when a process ends,
    however it ends; the lock file stays.
    """
    with (folder / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"{folder}: another process is writing there. Wait for it, or name another output"
            raise RunConflictError(msg) from error
        yield


def write_text(text: str, path: Path) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_parquet(table: pa.Table, path: Path, *, rows_per_group: int | None = None) -> None:
    """Write a Parquet file, whole or not at all; a group of rows is what is read at a time."""
    import pyarrow.parquet as pq

    with replacing(path) as temporary:
        pq.write_table(table, temporary, row_group_size=rows_per_group)


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a folder of files, whole or not at all; what it held before is gone."""
    with replacing_folder(folder) as new:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of `folder` when the block ends well; what that held is gone then."""
    with room_for(folder), folder_beside(folder) as made:
        new = made / "new"
        new.mkdir()
        yield new
        if folder.is_dir():
            folder.rename(made / "old")
        new.rename(folder)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A new folder on the same disk as `folder`; removed at the end, if it is still there."""
    whole = folder.absolute()
    whole.parent.mkdir(parents=True, exist_ok=True)
    made = whole.with_name(f".{whole.name}.{os.getpid()}.tmp")
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
