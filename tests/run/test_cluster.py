"""Dask at work: two processes, losses confined to the utterance at fault, a killed run continued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from distributed import Client, LocalCluster

from asr_fair.conditions.plan import Outline, condition_of
from asr_fair.config import Workers
from asr_fair.config.systems import ForeignConfig
from asr_fair.errors import AsrFairError, ConfigError, MissingModelError
from asr_fair.records import AudioSource
from asr_fair.run.batch import Batch, Item
from asr_fair.run.cluster import run_batches
from asr_fair.run.cluster.connect import gpus_for
from asr_fair.run.cluster.dashboard import dashboard_of
from asr_fair.run.store import KEY, RunStore
from asr_fair.run.worker import BatchResult, BatchRunner, RunSetup
from fakes.engine import KILLS_S, RAISES_S, FakeEngine, LoudEngine, StuckEngine, describe


def setup_for(model: str = "any") -> RunSetup:
    system = ForeignConfig.model_validate({"name": "fake", "engine": "fake", "model": model, "device": "cpu"})
    keys = {"fake": describe(system).text_key}
    clean = condition_of(Outline(), None, None)
    return RunSetup((system,), (clean,), seed=1, text_keys=keys, open_engine=FakeEngine)


def write_clips(folder: Path, durations_s: list[float]) -> list[Item]:
    items = []
    for number, duration_s in enumerate(durations_s):
        path = folder / f"u{number:02d}.wav"
        tone = 0.1 * np.sin(np.arange(int(duration_s * 16_000)) * (number + 1) / 50)
        soundfile.write(path, tone, 16_000)
        items.append(Item(AudioSource(path.stem, str(path)), path.stem))
    return items


def plan_of(items: list[Item], size: int) -> dict[str, list[Batch]]:
    return {"fake": batches_of(items, size)}


def batches_of(items: list[Item], size: int) -> list[Batch]:
    return [
        Batch(number, "fake", "clean", tuple(items[start : start + size]))
        for number, start in enumerate(range(0, len(items), size))
    ]


def test_one_raising_utterance_costs_one_outcome(tmp_path: Path) -> None:
    items = write_clips(tmp_path, [1.0, RAISES_S, 1.1])
    items.append(Item(AudioSource("gone", str(tmp_path / "gone.wav")), "gone"))
    (batch,) = batches_of(items, 4)
    result = BatchRunner(setup_for()).run(batch)
    by_id = {each.utterance_id: each for each in result.outcomes}
    assert by_id["u00"].text is not None
    assert by_id["u02"].text is not None
    assert by_id["u01"].error == "engine_error"
    assert by_id["u01"].error_message == "RuntimeError: out of memory"
    # The check before the run could read it, so another try may: nothing final.
    assert by_id["gone"].error == "read_error"
    assert "gone.wav: no such file" in str(by_id["gone"].error_message)
    assert len(result.outcomes) == 4
    alone = BatchRunner(setup_for()).run(batches_of(items[:1], 1)[0])
    assert alone.outcomes[0].text == by_id["u00"].text


def test_a_worker_that_would_run_another_model_is_refused(tmp_path: Path) -> None:
    (batch,) = batches_of(write_clips(tmp_path, [1.0]), 1)
    setup = replace(setup_for(), text_keys={"fake": "of another model"})
    with pytest.raises(ConfigError, match="worker 'w1' would run it otherwise"):
        BatchRunner(setup, worker="w1").run(batch)


def test_two_worker_processes_share_the_work_and_the_dashboard_that_is_told_serves(tmp_path: Path) -> None:
    items = write_clips(tmp_path, [1.0 + n / 100 for n in range(16)])
    results: list[BatchResult] = []
    told: list[str] = []
    answers: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        with urllib.request.urlopen(line.rpartition(" ")[2]) as page:  # noqa: S310 - http, as told
            answers.append(page.read().decode())

    run_batches(plan_of(items, 2), setup_for(), Workers(processes=2), results.append, tell)
    assert len(told) == 1
    assert "Dask" in answers[0]
    assert {result.timing.worker for result in results} == {"0", "1"}
    outcomes = [each for result in results for each in result.outcomes]
    assert len({each.language for each in outcomes}) == 2  # the fake puts its process id there
    assert sorted(each.utterance_id for each in outcomes) == [item.source.utterance_id for item in items]


def test_an_utterance_that_kills_its_worker_loses_only_itself(tmp_path: Path) -> None:
    durations_s = [1.0] * 5 + [KILLS_S] + [1.0] * 12 + [RAISES_S, 1.0]
    items = write_clips(tmp_path, durations_s)
    results: list[BatchResult] = []
    run_batches(plan_of(items, 4), setup_for(), Workers(processes=2), results.append)
    outcomes = [each for result in results for each in result.outcomes]
    assert sorted(each.utterance_id for each in outcomes) == [item.source.utterance_id for item in items]
    failed = {each.utterance_id: each.error for each in outcomes if each.error is not None}
    assert failed == {"u05": "worker_died", "u18": "engine_error"}


def test_a_batch_whose_worker_hung_comes_out_whole_by_another(tmp_path: Path) -> None:
    items = write_clips(tmp_path, [1.0 + n / 100 for n in range(6)])
    setup = replace(setup_for(str(tmp_path / "stuck")), open_engine=StuckEngine)
    results: list[BatchResult] = []
    run_batches(plan_of(items, 3), setup, Workers(processes=1, batch_timeout_s=2), results.append)
    outcomes = [each for result in results for each in result.outcomes]
    assert sorted(each.utterance_id for each in outcomes) == [item.source.utterance_id for item in items]
    assert {(each.error, each.batch_size) for each in outcomes} == {(None, 3)}


def test_a_model_that_cannot_be_loaded_stops_the_run(tmp_path: Path) -> None:
    items = write_clips(tmp_path, [1.0, 1.0])
    with pytest.raises(MissingModelError, match="no such model"):
        run_batches(plan_of(items, 1), setup_for("absent"), Workers(processes=1), lambda result: None)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr_fair.run.cluster.connect.CONNECT_TIMEOUT_S", 1)
    with pytest.raises(AsrFairError, match=r"nothing answers at tcp://127\.0\.0\.1:9"):
        run_batches({}, setup_for(), Workers(scheduler="tcp://127.0.0.1:9"), lambda result: None)


def test_an_address_with_tls_and_no_certificate_is_explained() -> None:
    with pytest.raises(AsrFairError, match=r"tls://127\.0\.0\.1:9.* Give Dask certificates"):
        run_batches({}, setup_for(), Workers(scheduler="tls://127.0.0.1:9"), lambda result: None)


@pytest.fixture(scope="module")
def existing() -> Iterator[Workers]:
    """A scheduler with two worker processes that somebody else has started."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield Workers(scheduler=cluster.scheduler_address)


def test_no_dashboard_is_told_of_where_none_is_served() -> None:
    # Dask names a port all the same; what listens there answers 404.
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=None, protocol="tcp://") as cluster,
        Client(cluster.scheduler_address) as client,
    ):
        assert client.scheduler_info(n_workers=0)["services"]["dashboard"]
        assert dashboard_of(client) is None


def test_an_existing_scheduler_is_used_by_its_address(tmp_path: Path, existing: Workers) -> None:
    items = write_clips(tmp_path, [1.0, 1.1])
    results: list[BatchResult] = []
    run_batches(plan_of(items, 1), setup_for(), existing, results.append)
    assert [each.error for result in results for each in result.outcomes] == [None, None]


def test_two_runs_share_a_scheduler_without_a_word_of_each_other(tmp_path: Path, existing: Workers) -> None:
    items = write_clips(tmp_path, [1.0 + n / 100 for n in range(8)])
    quiet, loud = setup_for(), replace(setup_for(), open_engine=LoudEngine)

    def texts_of(setup: RunSetup) -> list[str | None]:
        results: list[BatchResult] = []
        run_batches(plan_of(items, 1), setup, existing, results.append)
        return [each.text for result in results for each in result.outcomes]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(texts_of, [quiet, loud])
    assert len(first) == len(second) == 8
    assert not any(str(text).startswith("LOUD") for text in first)
    assert sorted(f"LOUD {text}" for text in first) == sorted(map(str, second))


def test_only_the_gpus_that_were_allotted_are_given_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = replace(setup_for(), systems=(ForeignConfig(name="fake", engine="fake", model="any"),))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-1f")
    assert gpus_for(setup) == ["2", "GPU-1f"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert gpus_for(setup) == ["0", "1"]
    assert gpus_for(setup_for()) == []  # device: cpu


N_CLIPS = 24


N_STORED = 3


def run_to_store(clips: Path, out: Path, *, stands_still_after: int | None = None) -> int:
    """Run what the store does not hold yet, by two worker processes; how many batches that is."""
    store, items = RunStore(out), write_clips(clips, [1.0 + n / 100 for n in range(N_CLIPS)])
    done = store.done({item.cache_key for item in items})
    left = [
        batch
        for batch in batches_of(items, 2)
        if any((item.source.utterance_id, "clean", "fake") not in done for item in batch.items)
    ]
    n_stored = 0

    def keep(result: BatchResult) -> None:
        nonlocal n_stored
        store.append([result])
        n_stored += 1
        if n_stored == stands_still_after:
            time.sleep(300)  # until it is killed, however slow the one who kills is

    run_batches({"fake": left}, setup_for(), Workers(processes=2), keep)
    return len(left)


RUN_TO_STORE = """
import sys
from pathlib import Path
from run.test_cluster import N_STORED, run_to_store

if __name__ == "__main__":
    run_to_store(Path(sys.argv[1]), Path(sys.argv[2]), stands_still_after=N_STORED)
"""


def start_run(clips: Path, out: Path) -> subprocess.Popen[bytes]:
    script = clips / "run_to_store.py"
    script.write_text(RUN_TO_STORE, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), str(clips), str(out)],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "/usr/bin:/bin"},
        start_new_session=True,
    )


def table_of(out: Path) -> pd.DataFrame:
    keys = {f"u{number:02d}" for number in range(N_CLIPS)}
    return RunStore(out).outcomes(keys).sort_values(KEY, ignore_index=True)[[*KEY, "text", "batch_id"]]


def test_a_killed_run_continues_to_the_same_table(tmp_path: Path) -> None:
    clips, out, whole = (tmp_path / name for name in ("clips", "killed", "whole"))
    for folder in (clips, out, whole):
        folder.mkdir()
    killed = start_run(clips, out)
    deadline = time.monotonic() + 120
    while len(list(out.glob("transcripts/part-*.parquet"))) < N_STORED:
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    assert len(table_of(out)) == 2 * N_STORED
    assert run_to_store(clips, out) == N_CLIPS // 2 - N_STORED
    # The table of a run that nobody stopped, made in this process and without a cluster.
    runner, store = BatchRunner(setup_for()), RunStore(whole)
    for batch in batches_of(write_clips(clips, [1.0 + n / 100 for n in range(N_CLIPS)]), 2):
        store.append([runner.run(batch)])
    pd.testing.assert_frame_equal(table_of(out), table_of(whole))
