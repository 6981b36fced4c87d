"""From laptop to cluster by the commands that people type: `dask scheduler`, `dask worker`, `run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from asr_fair.audio.decode import load_audio
from asr_fair.config import Workers, read_config
from asr_fair.errors import ExitStatus
from asr_fair.manifest.check import read_manifest
from asr_fair.pipeline.prepare import prepare
from asr_fair.pipeline.transcribe import transcribe
from asr_fair.run.cluster.connect import ALLOCATOR
from asr_fair.run.store import KEY
from fakes.aws import SECRET, aws_on_loopback
from fakes.demo import MANIFESTS, write_small_manifest
from fakes.engine import text_of
from run.cluster_engine import install

s3fs = pytest.importorskip("s3fs")

REPOSITORY = Path(__file__).resolve().parents[2]
N_UTTERANCES = 6
BUCKET = "recordings-of-the-test"


@dataclass(frozen=True)
class Cluster:
    """What somebody else has started: its address, and the environment of its processes."""

    scheduler: str
    environment: Mapping[str, str]
    packages: str
    """Folder with the entry point of the engine."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers under their nannies, and an S3-compatible server, all on loopback."""
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        aws = stack.enter_context(aws_on_loopback())
        packages = install(folder / "packages")
        path = [str(REPOSITORY), str(REPOSITORY / "tests"), packages]
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **ALLOCATOR,
            **aws,
            "PYTHONPATH": os.pathsep.join(path),
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        stack.enter_context(
            _dask(
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(folder / "scheduler.json"),
                environment=environment,
                log=folder / "s.log",
            )
        )
        address = _address(folder / "scheduler.json")
        for name in ("one", "two"):
            local = ("--local-directory", str(folder), "--no-dashboard", "--nthreads", "1", "--name", name)
            stack.enter_context(
                _dask(
                    "worker",
                    address,
                    "--host",
                    "127.0.0.1",
                    "--nanny",
                    *local,
                    environment=environment,
                    log=folder / f"{name}.log",
                )
            )
        yield Cluster(address, environment, packages)


@contextmanager
def _dask(*arguments: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """One of Dask's commands, until the block ends."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], env=dict(environment), stdout=file, stderr=file
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(scheduler_file: Path) -> str:
    deadline = time.monotonic() + 60
    while not (scheduler_file.exists() and (text := scheduler_file.read_text()).endswith("}")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return str(json.loads(text)["address"])


FAKE = "  - {name: fake, engine: fake-on-cluster, model: any, device: cpu}\n"


def write_run(folder: Path, *, audio_root: str, conditions: str, systems: str = FAKE) -> Path:
    """A configuration and a manifest of a few of the demo's voices, whose audio lies under `audio_root`."""
    folder.mkdir()
    manifest = write_small_manifest(folder, n_utterances=N_UTTERANCES)
    sidecar = manifest.with_suffix(".yaml")
    sidecar.write_text(
        yaml.safe_dump(yaml.safe_load(sidecar.read_text(encoding="utf-8")) | {"audio_root": audio_root})
    )
    config = folder / "run.yaml"
    config.write_text(
        f"name: small\nmanifest: {manifest.name}\noutput: run\nseed: 7\nconditions: {conditions}\n"
        f"systems:\n{systems}"
    )
    return config


def put_demo(cluster: Cluster) -> str:
    """The demo's recordings in a bucket of the server; its URL."""
    endpoint = {name.lower().removeprefix("aws_"): value for name, value in cluster.environment.items()}
    files = s3fs.S3FileSystem(
        key=endpoint["access_key_id"], secret=SECRET, endpoint_url=endpoint["endpoint_url"]
    )
    if not files.exists(BUCKET):
        files.mkdir(BUCKET)
        files.put(str(MANIFESTS / "demo"), f"{BUCKET}/demo", recursive=True)
    return f"s3://{BUCKET}/demo"


def asr_fair_run(cluster: Cluster, config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in the environment of the cluster."""
    return subprocess.run(
        [sys.executable, "-m", "asr_fair", "run", str(config), *arguments],
        env=dict(cluster.environment),
        capture_output=True,
        text=True,
        check=False,
        cwd=config.parent,
    )


def table_of(config: Path) -> pd.DataFrame:
    """Who was transcribed how, by the run of `config`."""
    parts = [pd.read_parquet(each) for each in (config.parent / "run" / "transcripts").glob("*.parquet")]
    return pd.concat(parts)[[*KEY, "text", "error", "batch_id"]].sort_values(KEY, ignore_index=True)


def no_secret_in(*folders: Path, text: str) -> None:
    assert SECRET not in text
    for folder in folders:
        for path in folder.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_workers_of_an_external_cluster_hear_the_recordings_of_a_bucket(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(cluster.packages)
    for name, value in cluster.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    config = read_config(write_run(tmp_path / "s3", audio_root=put_demo(cluster), conditions="[clean]"))
    config = config.model_copy(update={"workers": Workers(scheduler=cluster.scheduler)})
    config.run_dir.mkdir()
    outcomes = transcribe(prepare(config, allow_bad_audio=False))
    sources = read_manifest(write_small_manifest(tmp_path, n_utterances=N_UTTERANCES))[0].sources()
    expected = {each.utterance_id: text_of(load_audio(each)) for each in sources}
    assert dict(zip(outcomes["utterance_id"], outcomes["text"], strict=True)) == expected
    assert set(outcomes["language"]).isdisjoint({str(os.getpid())})  # the fake's: who heard it
    no_secret_in(tmp_path, text="")


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_local_workers_a_cluster_and_a_bucket_give_one_table(tmp_path: Path, cluster: Cluster) -> None:
    conditions = "[clean, {profile: scanner, snr_db: [5]}]"
    places = {"here": str(MANIFESTS / "demo"), "cluster": str(MANIFESTS / "demo"), "s3": put_demo(cluster)}
    tables = {}
    for name, root in places.items():
        config = write_run(tmp_path / name, audio_root=root, conditions=conditions)
        where = () if name == "here" else ("--scheduler", cluster.scheduler)
        ended = asr_fair_run(cluster, config, *where)
        assert ended.returncode == ExitStatus.DONE, ended.stderr
        tables[name] = table_of(config)
        no_secret_in(config.parent, text=ended.stdout + ended.stderr)
    pd.testing.assert_frame_equal(tables["cluster"], tables["here"])
    pd.testing.assert_frame_equal(tables["s3"], tables["here"])
    assert len(tables["s3"]) == 2 * N_UTTERANCES
