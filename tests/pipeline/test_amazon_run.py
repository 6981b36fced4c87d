"""A run with Amazon Transcribe that is killed while jobs are under way, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pandas as pd
import pytest
import yaml

from asr_fair.errors import ExitStatus
from fakes.amazon import StandIn
from fakes.aws import SECRET, aws_on_loopback
from fakes.demo import write_small_manifest, write_small_run

pytestmark = pytest.mark.faults

SYSTEM = (
    "  - {name: amazon, engine: amazon-transcribe, language: en-GB, region: us-east-1, bucket: wards, "
    "poll_s: 0.05, concurrency: 2}\n"
)


def there() -> int:
    """Objects and jobs at Amazon."""
    jobs = boto3.client("transcribe").list_transcription_jobs()["TranscriptionJobSummaries"]
    return boto3.client("s3").list_objects_v2(Bucket="wards")["KeyCount"] + len(jobs)


def test_a_killed_run_leaves_nothing_at_amazon_once_it_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = write_small_manifest(tmp_path, n_utterances=4).with_suffix(".yaml")
    content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(yaml.safe_dump(content | {"permitted_use": ["evaluate", "hosted_engines"]}))
    config = write_small_run(tmp_path, systems=SYSTEM, processes=1)
    command = [sys.executable, "-m", "asr_fair", "run", str(config)]
    with aws_on_loopback() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="wards")
        amazon = StandIn(hear=lambda wav: "good morning", is_stuck=True).install(monkeypatch)
        with (tmp_path / "first.log").open("wb") as log:
            first = subprocess.Popen(command, start_new_session=True, stdout=log, stderr=log)
        deadline = time.monotonic() + 200
        while not amazon.jobs:
            assert time.monotonic() < deadline
            assert first.poll() is None, (tmp_path / "first.log").read_text()
            time.sleep(0.05)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        time.sleep(1)  # its worker is of another process group: Dask ends it when the scheduler is gone
        assert there() > 0
        amazon.is_stuck = False
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == ExitStatus.DONE, second.stderr
        assert there() == 0
    parts = [pd.read_parquet(each) for each in (tmp_path / "run" / "transcripts").glob("*.parquet")]
    outcomes = pd.concat(parts)
    assert len(outcomes) == 8
    assert set(outcomes["text"]) == {"good morning"}
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in each for each in (*files, second.stderr.encode()))
