"""Recordings at URLs, through fsspec: what storage and network refuse is told apart from a damaged file."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO, Self, cast

from asr_fair.audio.reasons import AudioReason, audio_error
from asr_fair.errors import AudioError, MissingPackageError
from asr_fair.records import AudioSource

_BLOCK_BYTES = 1 << 22
"""Read at once, and ahead: two minutes of 16-bit audio at 16 kHz. s3fs would read 50 MiB ahead."""

_EXTRAS = {"s3fs": '"asr-fair[s3]"'}
"""Package of a file system -> what `pip install` needs for it, where that is more than its name."""

_NOT_FOUND = 404
_DENIED = (401, 403)


class RemoteFile(io.RawIOBase):
    """A file of fsspec whose failures survive the decoders.

    libsndfile and FFmpeg take an error while reading for the end of the file, and a network that fails
    would be a recording that breaks off. So reading ends here at a failure, and leaving the `with` block
    raises OSError with it, in place of whatever was made of the shortened file.
    """

    def __init__(self, file: BinaryIO, path: str) -> None:
        super().__init__()
        self._file = file
        self._path = path
        self._failure: Exception | None = None

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; 0 at the end, and for ever after a failure."""
        if self._failure is not None:
            return 0
        try:
            content = self._file.read(len(buffer))
        except Exception as error:  # each of fsspec's file systems has exceptions of its own
            self._failure = error
            return 0
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; fetches nothing."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where reading goes on."""
        return self._file.tell()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Let the connection go."""
        if not self.closed:
            self._file.close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._failure is not None:
            msg = f"{self._path}: reading it failed ({_in_words(self._failure)})"
            raise OSError(msg) from self._failure


def open_url(source: AudioSource) -> BinaryIO:
    """Open a remote recording: small ones, and those of servers that send no parts, are fetched whole.

    Raises AudioError (missing, unreadable) and MissingPackageError.
    """
    try:
        file = _open_with_fsspec(source.path)
        if _size_if_seekable(file) > _BLOCK_BYTES:
            return cast(BinaryIO, RemoteFile(file, source.path))
        with file:
            return io.BytesIO(file.read())
    except ImportError as error:
        raise _missing_package(error, source) from error
    except Exception as error:
        raise _refusal(error, source) from error


def _open_with_fsspec(url: str) -> BinaryIO:
    import fsspec

    # Listings are remembered for good: an object that was put or mended meanwhile would stay missing.
    system, path = fsspec.url_to_fs(url, use_listings_cache=False)
    return cast(BinaryIO, system.open(path, "rb", block_size=_BLOCK_BYTES))


def _size_if_seekable(file: BinaryIO) -> int:
    """Bytes of the file, which is then at its beginning; 0 where it can only be read from there on."""
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
    except (ValueError, OSError):  # fsspec's file of a web server that sends no parts
        return 0
    return size


def _missing_package(error: ImportError, source: AudioSource) -> MissingPackageError:
    package = str(getattr(error.__cause__, "name", None) or error.name)
    return MissingPackageError(f"{source.path}: {error}: pip install {_EXTRAS.get(package, package)}")


def _refusal(error: Exception, source: AudioSource) -> AudioError:
    if isinstance(error, FileNotFoundError):
        # Over HTTP, fsspec says so of every failure, and keeps the true one as its cause.
        cause = error.__cause__ if source.path.startswith("http") else None
        if not isinstance(cause, Exception) or getattr(cause, "status", None) == _NOT_FOUND:
            return audio_error(source, AudioReason.MISSING, "no such object", "Check the URL")
        error = cause
    if _is_denied(error):
        problem = f"access is denied ({_in_words(error)})"
        remedy = "Give this process credentials that may read it, by its environment or its role"
        return audio_error(source, AudioReason.UNREADABLE, problem, remedy)
    problem = f"cannot be opened ({_in_words(error)})"
    remedy = "Check the URL, the network and the credentials"
    return audio_error(source, AudioReason.UNREADABLE, problem, remedy)


def _is_denied(error: Exception) -> bool:
    denied = isinstance(error, PermissionError) or type(error).__name__ == "NoCredentialsError"
    return denied or getattr(error, "status", None) in _DENIED


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
