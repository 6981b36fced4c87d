"""The cache of transcripts: what goes in comes out, and what is wrong with its file stops nobody."""

from __future__ import annotations

import os
import re
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.errors import CacheError
from asr_fair.pipeline.forget_tables import voice_in_clips
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run import cache_file
from asr_fair.run.cache import LONGEST_TEXT, CachedText, TranscriptCache, cached_text

RENDER = RenderRecord("u1", "babble@5dB", "d" * 64, clips="p2 from 1.250 s; p30 from 0.000 s", offset_s=0.5)


def text_of(key: str, text: str, *, content: str = "c", render: RenderRecord = RENDER) -> CachedText:
    outcome = Outcome("u1", "babble@5dB", "tiny", key, text=text, language="en", batch_id=3, batch_size=8)
    kept = cached_text(content, outcome, render)
    assert kept is not None
    return kept


def filled(folder: Path, *texts: CachedText) -> Path:
    """A cache with these texts; its file."""
    with TranscriptCache(folder) as cache:
        cache.keep(texts)
        return cache.path


def texts_in(folder: Path, *keys: str) -> dict[str, str]:
    with TranscriptCache(folder, timeout_s=0.05) as cache:
        return {each.cache_key: each.text for each in cache.texts(keys)}


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_text_comes_back_with_its_decoders_facts_and_its_render(tmp_path: Path) -> None:
    kept = [text_of("k1", "hello"), text_of("k2", ""), text_of("k3", "zażółć 耳 \0 \n")]
    filled(tmp_path / "c", *kept)
    with TranscriptCache(tmp_path / "c") as cache:
        assert sorted(cache.texts(["k3", "k1", "absent", "k2"]), key=lambda each: each.cache_key) == kept


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False), st.floats(0, 1))
def test_any_text_and_any_figure_comes_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, level: float, probability: float
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    outcome = Outcome("u", "c", "s", "k", text=text, no_speech_probability=probability, batch_size=1)
    kept = cached_text("c", outcome, RenderRecord("u", "c", "d", snr_whole_db=level, clips=text))
    assert kept is not None
    filled(folder, kept)
    with TranscriptCache(folder) as cache:
        assert list(cache.texts(["k"])) == [kept]


def test_errors_and_texts_that_nobody_can_have_said_are_not_kept() -> None:
    assert cached_text("c", Outcome("u", "clean", "s", "k", error="engine_error"), RENDER) is None
    assert cached_text("c", Outcome("u", "clean", "s", "k", text="x" * 10_000_000), RENDER) is None


def test_more_keys_are_asked_for_than_sqlite_takes_at_once(tmp_path: Path) -> None:
    keys = [f"k{number}" for number in range(1203)]
    filled(tmp_path / "c", *(text_of(key, f"text of {key}") for key in keys))
    assert texts_in(tmp_path / "c", *keys) == {key: f"text of {key}" for key in keys}


def test_the_file_and_its_logs_are_the_users_alone_and_no_repository_takes_them(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with TranscriptCache(tmp_path / "deep" / "c") as cache:
            cache.keep([text_of("k", "hello")])
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in cache.path.parent.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "deep" / "c").stat().st_mode) == 0o700
    assert (tmp_path / "deep" / "c" / ".gitignore").read_text() == "*\n"
    del modes[".gitignore"]
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    "damage",
    [
        "render = '{\"utterance_id\": '",
        "render = '[]'",
        "render = '{\"utterance_id\": 1}'",
        "text = X'ff00fe'",
        f"text = hex(zeroblob({5 * LONGEST_TEXT}))",
        "batch_size = 'many'",
        "mean_log_probability = X'00'",
    ],
)
def test_a_row_that_makes_no_sense_is_not_there_and_is_replaced(tmp_path: Path, damage: str) -> None:
    path = filled(tmp_path / "c", text_of("k", "hello"), text_of("other", "there"))
    change(path, f"UPDATE transcripts SET {damage} WHERE cache_key = 'k'")  # noqa: S608
    assert texts_in(tmp_path / "c", "k", "other") == {"other": "there"}
    filled(tmp_path / "c", text_of("k", "again"))
    assert texts_in(tmp_path / "c", "k", "other") == {"k": "again", "other": "there"}


def test_a_text_that_is_null_is_not_there(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", text_of("k", "hello"))
    definition = cache_file.TABLE.replace("text TEXT NOT NULL", "text TEXT")
    change(path, "DROP TABLE transcripts")
    change(path, definition)
    change(path, "INSERT INTO transcripts VALUES ('k', 'c', NULL, NULL, NULL, NULL, 1, '{}')")
    assert texts_in(tmp_path / "c", "k") == {}


def of_another_version(path: Path) -> None:
    change(path, f"PRAGMA user_version = {cache_file.VERSION + 1}")


def of_something_else(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE notes (text)")


def without_its_table(path: Path) -> None:
    change(path, "ALTER TABLE transcripts RENAME TO others")


def no_database(path: Path) -> None:
    path.write_bytes(b"junk" * 1000)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 - 100)


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def writable_by_others(path: Path) -> None:
    path.chmod(0o620)


def in_a_folder_for_all(path: Path) -> None:
    path.parent.chmod(0o777)


@pytest.mark.parametrize(
    "damage",
    [
        of_another_version,
        of_something_else,
        without_its_table,
        no_database,
        cut_off,
        a_link,
        a_folder,
        writable_by_others,
        in_a_folder_for_all,
    ],
    ids=lambda damage: str(damage.__name__),
)
def test_a_file_that_cannot_be_believed_is_named_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = filled(tmp_path / "c", *(text_of(f"k{number}", "hello " * 50) for number in range(100)))
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CacheError, match=re.escape(str(tmp_path / "c"))):
        texts_in(tmp_path / "c", *(f"k{number}" for number in range(100)))
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_file_of_another_user_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "c", text_of("k", "hello"))
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(CacheError, match="belongs to another user"):
        TranscriptCache(tmp_path / "c")


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(CacheError, match="/proc/none/c/"):
        TranscriptCache(Path("/proc/none/c"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_a_file_that_may_only_be_read_is_named(tmp_path: Path) -> None:
    filled(tmp_path / "c", text_of("k", "hello")).chmod(0o400)
    with pytest.raises(CacheError, match="Permission denied"):
        TranscriptCache(tmp_path / "c")


def test_a_locked_file_is_named_when_its_time_is_over(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", text_of("k", "hello"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with TranscriptCache(tmp_path / "c", timeout_s=0.05) as cache:
        assert len(list(cache.texts(["k"]))) == 1  # who only reads waits for nobody
        with pytest.raises(CacheError, match="locked"):
            cache.keep([text_of("k2", "hello")])
        other.execute("ROLLBACK")
        cache.keep([text_of("k2", "hello")])
    other.close()


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """The system refuses to make a file larger, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_is_named_and_what_was_kept_before_is_there(tmp_path: Path) -> None:
    with TranscriptCache(tmp_path / "c") as cache:
        cache.keep([text_of("k", "hello")])
        n_bytes = sum(path.stat().st_size for path in cache.path.parent.iterdir())
        with files_of_at_most(n_bytes), pytest.raises(CacheError):
            cache.keep([text_of(f"k{number}", "x" * 100_000) for number in range(5)])
    assert texts_in(tmp_path / "c", "k", *(f"k{number}" for number in range(5))) == {"k": "hello"}


WRITER = """
import sys
from pathlib import Path
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.cache import TranscriptCache, cached_text

def text_of(key, text):
    return cached_text("c", Outcome("u", "clean", "tiny", key, text=text), RenderRecord("u", "clean", "d"))

name, folder = sys.argv[1], Path(sys.argv[2])
with TranscriptCache(folder) as cache:
    for number in range(60):
        cache.keep([text_of(f"{name}-{number}", f"text of {name}-{number}"), text_of("shared", name)])
        assert len(list(cache.texts([f"{name}-{number}", "shared"]))) == 2
    print("kept", flush=True)
    if name == "killed":
        sys.stdin.read()
"""


def start_writer(name: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, name, str(folder)]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_three_processes_share_a_cache_from_its_first_moment_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    writers = [start_writer(name, tmp_path / "c") for name in ("a", "b", "killed")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"kept\n"
    writers[2].send_signal(signal.SIGKILL)
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, -signal.SIGKILL]
    keys = [f"{name}-{number}" for name in ("a", "b", "killed") for number in range(60)]
    assert texts_in(tmp_path / "c", *keys) == {key: f"text of {key}" for key in keys}


def heard(name: str, clips: str | None, *, content: str = "c") -> list[CachedText]:
    render = RenderRecord("u1", "babble@5dB", "d" * 64, clips=clips)
    return [text_of(f"{name}{n}", f"zq{name}{n} " * 300, content=content, render=render) for n in range(40)]


def test_no_byte_of_a_person_is_left_and_the_others_are(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    voice = voice_in_clips("p2")
    texts = heard("own", "p30 from 1.250 s", content="mine") + heard("near", "a from 0.1 s; p2 from 1.250 s")
    texts += heard("far", "p30 from 1.250 s") + heard("clean", None)
    with TranscriptCache(folder) as running:  # a run that goes on beside
        for start in range(40):
            running.keep(texts[start::40])
        assert b"zqown1 " in bytes_of(folder)
        with TranscriptCache(folder) as cache:
            assert cache.count({"mine"}, voice) == (40, 40)
            cache.forget({"mine"}, voice)
            assert cache.count({"mine"}, voice) == (0, 0)
        left = bytes_of(folder)
        assert b"zqown" not in left
        assert b"zqnear" not in left
        running.keep([text_of("later", "zqlater")])
    others = {each.cache_key: each.text for each in texts[80:]} | {"later": "zqlater"}
    assert texts_in(folder, *(each.cache_key for each in texts), "later") == others


def test_a_person_whose_voice_cannot_be_told_apart_takes_only_their_own(tmp_path: Path) -> None:
    filled(tmp_path / "c", text_of("own", "a", content="mine"), text_of("near", "b"))
    with TranscriptCache(tmp_path / "c") as cache:
        assert cache.count({"mine", "unheard"}, None) == (1, 0)
        cache.forget({"mine", "unheard"}, None)
    assert texts_in(tmp_path / "c", "own", "near") == {"near": "b"}


def test_of_a_record_that_cannot_be_read_nobody_knows_who_was_heard(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", text_of("near", "zqnear"))
    change(path, "UPDATE transcripts SET render = '{'")
    with TranscriptCache(tmp_path / "c") as cache:
        cache.forget(set(), voice_in_clips("anybody"))
    assert b"zqnear" not in bytes_of(tmp_path / "c")


def test_a_cache_that_somebody_is_reading_is_not_said_to_be_clean(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", text_of("own", "zqown", content="mine"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM transcripts").fetchall()
    with (
        TranscriptCache(tmp_path / "c", timeout_s=0.05) as cache,
        pytest.raises(CacheError, match=r"reading there|locked"),
    ):
        cache.forget({"mine"}, None)
    other.close()
