"""Recordings behind URLs: what the network and the storage refuse is said as that, never as damaged audio."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

from asr_fair.audio.decode import load_audio
from asr_fair.audio.probe import probe_audio
from asr_fair.audio.urls import RemoteFile
from asr_fair.errors import AudioError, MissingPackageError
from fakes.aws import aws_on_loopback

from .sound_files import source, tone, write_wav

LONG_S = 300


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    """An S3-compatible server on loopback, reached by the environment alone, with a bucket `audio`."""
    s3fs = pytest.importorskip("s3fs")
    with aws_on_loopback() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        files = s3fs.S3FileSystem(use_listings_cache=False)
        files.mkdir("audio")
        yield files
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_recording_in_a_bucket_is_the_recording_on_the_disk(
    tmp_path: Path, bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, duration_s in (("short", 1.0), ("long", LONG_S)):
        path = write_wav(tmp_path / f"{name}.wav", tone(16_000, duration_s), 16_000)
        bucket.put(str(path), f"audio/{name}.wav")
        segment = {"start_s": duration_s - 0.5, "duration_s": 0.4}
        np.testing.assert_array_equal(
            load_audio(source(f"s3://audio/{name}.wav", **segment)), load_audio(source(path, **segment))
        )
    missing = probe_audio(source("s3://audio/none.wav"))
    assert (missing.reason, "no such object" in str(missing.message)) == ("missing", True)
    bucket.put(str(tmp_path / "short.wav"), "audio/none.wav")
    assert probe_audio(source("s3://audio/none.wav")).usable  # nobody remembers that it was not there
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    type(bucket).clear_instance_cache()
    with pytest.raises(AudioError, match=r"access is denied .*Give this process credentials"):
        load_audio(source("s3://audio/short.wav"))


class _Breaks(MemoryFile):
    """A file in memory whose network breaks after the first megabyte."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 1 << 20:
            msg = "connection reset by peer"
            raise ConnectionResetError(msg)
        return super().read(size)


def test_a_network_that_fails_within_a_recording_is_no_damaged_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    content = write_wav(tmp_path / "a.wav", tone(16_000, LONG_S), 16_000).read_bytes()

    def broken(self: MemoryFileSystem, path: str, *args: object, **kwargs: object) -> MemoryFile:
        return _Breaks(self, path, content)

    monkeypatch.setattr(MemoryFileSystem, "_open", broken)
    for sha256 in (None, "0" * 64):
        with pytest.raises(OSError, match=r"a\.wav: reading it failed \(ConnectionResetError") as caught:
            load_audio(source("memory://asr-fair/a.wav", sha256=sha256))
        assert not isinstance(caught.value, AudioError)  # the worker counts it as passing
    facts = probe_audio(source("memory://asr-fair/a.wav"))
    assert (facts.reason, "Check the disk or the network" in str(facts.message)) == ("unreadable", True)
    assert capfd.readouterr().err == ""  # no traceback out of libsndfile's callbacks


def test_a_whole_remote_file_ends_without_an_error() -> None:
    with RemoteFile(io.BytesIO(b"12345"), "s3://a/b") as file:
        assert (file.read(3), file.read(), file.read()) == (b"123", b"45", b"")


def test_a_web_server_that_does_not_answer_is_not_a_missing_file() -> None:
    pytest.importorskip("aiohttp")
    facts = probe_audio(source("http://127.0.0.1:9/a.wav"))
    assert facts.reason == "unreadable"
    assert "Check the URL, the network" in str(facts.message)


def test_a_store_whose_package_is_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(MissingPackageError, match=r'pip install "asr-fair\[s3\]"'):
        load_audio(source("s3://bucket/a.wav"))
