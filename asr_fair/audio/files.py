"""Files and URLs at the edge: opening, checksum, and whether a RIFF or AIFF file was cut short."""

from __future__ import annotations

import hashlib
import os
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.audio.urls import open_url
from asr_fair.records import AudioSource

_CHUNKED_FORMATS = {b"RIFF": ("<", b"data"), b"RIFX": (">", b"data"), b"FORM": (">", b"SSND")}
"""First four bytes of a file -> byte order of its chunk sizes, and the chunk that holds the audio."""

_STREAMED_FROM = 0x7FFF_F000
"""Writers that cannot go back to the header leave 0, this size (sox) or 0xFFFFFFFF (ffmpeg) there."""


def open_source(source: AudioSource) -> BinaryIO:
    """Open a local file, or an fsspec URL (a path with '://'), for reading.

    Raises AudioError (missing, empty, unreadable, checksum), and MissingPackageError for a URL whose
    file system needs a package that is not installed.
    """
    file = open_url(source) if is_url(source.path) else _open_local(source)
    try:
        if size_of(file) == 0:
            raise audio_error(source, AudioReason.EMPTY, "holds 0 bytes", "Copy or record it again")
        _check_sha256(file, source)
    except BaseException:
        with file:  # whose end says so where it was the network that failed
            raise
    return file


def is_url(path: str) -> bool:
    """Whether a path goes through fsspec."""
    return "://" in path


def size_of(file: BinaryIO) -> int:
    """Bytes in an open file; leaves it at its beginning."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def bytes_missing(file: BinaryIO) -> int:
    """Bytes by which a WAV or AIFF file is shorter than its audio chunk's header says; else 0.

    libsndfile reads such a file to its end without a word. Sizes that streaming writers leave behind
    count as unknown, so nothing is missing. Leaves the file at its beginning.
    """
    size = size_of(file)
    try:
        order, audio_chunk = _CHUNKED_FORMATS.get(file.read(12)[:4], ("", b""))
        while order and len(header := file.read(8)) == 8:
            chunk, chunk_size = struct.unpack(f"{order}4sI", header)
            if chunk == audio_chunk:
                streamed = chunk_size == 0 or chunk_size >= _STREAMED_FROM
                return 0 if streamed else max(0, file.tell() + chunk_size - size)
            file.seek(chunk_size + chunk_size % 2, os.SEEK_CUR)
        return 0
    finally:
        file.seek(0)


def _open_local(source: AudioSource) -> BinaryIO:
    try:
        return Path(source.path).open("rb")
    except FileNotFoundError as error:
        remedy = "Check the path and the manifest's audio root"
        raise audio_error(source, AudioReason.MISSING, "no such file", remedy) from error
    except OSError as error:
        problem = f"cannot be opened ({error.strerror})"
        raise audio_error(source, AudioReason.UNREADABLE, problem, "Check the path and its rights") from error


def _check_sha256(file: BinaryIO, source: AudioSource) -> None:
    if source.sha256 is None:
        return
    if is_url(source.path):
        found = hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
        file.seek(0)
    else:
        stat = os.fstat(file.fileno())
        found = _local_sha256(source.path, stat.st_size, stat.st_mtime_ns)
    if found != source.sha256.lower():
        problem = f"its SHA-256 is {found}, the manifest says {source.sha256}"
        remedy = "Restore the file, or put the new checksum into the manifest"
        raise audio_error(source, AudioReason.CHECKSUM, problem, remedy)


@lru_cache(maxsize=4096)
def _local_sha256(path: str, size: int, mtime_ns: int) -> str:
    """SHA-256 of a file, read once however many segments of it are utterances."""
    del size, mtime_ns  # part of the key: a file that changed is read again
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
