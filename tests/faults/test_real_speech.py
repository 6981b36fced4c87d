"""The real Whisper on real speech: a worker and the command are killed, and the table is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from asr_fair.manifest.corpora import import_corpus
from asr_fair.manifest.tables import read_table, write_table
from faults.harness import REPOSITORY, assert_same, session_of, stored, table, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.model, pytest.mark.shared, pytest.mark.timeout(900)]
N_UTTERANCES = 24


def write_config(shared: Path, folder: Path) -> Path:
    manifest = folder / "so762.jsonl"
    import_corpus("speechocean762", shared / "speechocean762", manifest)
    write_table(read_table(manifest).frame.iloc[:: 500 // N_UTTERANCES].iloc[:N_UTTERANCES], manifest)
    config = {
        "name": "so762",
        "manifest": "so762.jsonl",
        "normalisers": ["basic"],
        "cache": False,
        "systems": [{"name": "tiny", "engine": "whisper", "model": "tiny.en", "batch_windows": 4}],
        "workers": {"processes": 2},
    }
    path = folder / "so762.run.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def start(config: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "asr_fair", "run", str(config), "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, start_new_session=True, env=environment, stderr=subprocess.DEVNULL)


def busiest(running: subprocess.Popen[bytes]) -> int:
    """The process of a run, other than the command, that has used most processor time."""

    def ticks(pid: int) -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    return max((pid for pid in session_of(running) if pid != running.pid), key=ticks)


def test_kills_change_no_text_of_real_speech(shared_data: Path, tmp_path: Path) -> None:
    config = write_config(shared_data, tmp_path)
    whole, out = tmp_path / "whole", tmp_path / "killed"
    assert start(config, whole).wait(400) == 0
    assert table(whole)["text"].str.split().str.len().sum() > 4 * N_UTTERANCES  # words, not silence

    running = start(config, out)
    wait_until(lambda: stored(out))
    os.kill(busiest(running), signal.SIGKILL)
    before = len(stored(out))
    wait_until(lambda: len(stored(out)) > before)
    time.sleep(0.5)
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_until(lambda: not session_of(running), timeout_s=30)
    assert 0 < len(stored(out)) < N_UTTERANCES
    assert start(config, out).wait(400) == 0
    assert_same(table(out), table(whole))
