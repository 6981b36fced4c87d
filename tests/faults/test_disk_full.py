"""A disk that fills while a run writes to it, and one that is too small for its report."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr_fair.errors import ExitStatus
from faults.conftest import Beside
from faults.harness import assert_same, stored, table

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB of its own; the test is skipped where none may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(disk)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk may be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, *, left_kib: int) -> Path:
    """A file that leaves so much room."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(free - left_kib * 1024))
    return ballast


def test_a_disk_that_fills_stops_the_run_and_with_room_it_continues(beside: Beside, small_disk: Path) -> None:
    runs, out = beside.runs, small_disk / "out-full"
    ballast = fill(small_disk, left_kib=160)
    assert runs.run(out) == ExitStatus.BAD_INPUT
    words = runs.said(out)
    assert "there is no room for it (No space left on device). Make room" in words
    assert "part-" in words
    assert "Traceback" not in words
    assert not list(out.rglob("*.tmp"))
    assert not (out / "report.html").exists()
    before, since = stored(out), len(runs.log)
    assert before
    ballast.unlink()
    assert runs.run(out) == 0, runs.said(out)
    assert_same(table(out), beside.table)
    assert not before & set(runs.transcribed(since))


def test_a_disk_without_room_for_the_report_says_so_and_nothing_is_transcribed_again(
    beside: Beside, small_disk: Path
) -> None:
    runs, out = beside.runs, small_disk / "out-report"
    assert runs.run(out) == 0
    for path in (*out.glob("results.*"), *out.glob("card.*"), out / "report.html"):
        path.unlink()
    ballast, since = fill(small_disk, left_kib=100), len(runs.log)
    assert runs.run(out) == ExitStatus.BAD_INPUT
    assert "there is no room for it (No space left on device). Make room" in runs.said(out)
    assert not list(out.rglob("*.tmp"))
    assert not (out / "report.html").exists()
    ballast.unlink()
    assert runs.run(out) == 0, runs.said(out)
    assert (out / "report.html").is_file()
    assert_same(table(out), beside.table)
    assert runs.transcribed(since) == []
