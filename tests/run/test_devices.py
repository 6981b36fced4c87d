"""Rendering ahead of a device: workers on a CPU stand for those with a GPU and for those that render."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from distributed import Client, get_task_stream
from distributed.worker import Worker

from asr_fair.asr.base import Clip
from asr_fair.conditions.plan import outlines_of
from asr_fair.config import RunConfig, Workers
from asr_fair.pipeline.sounds import ready_conditions
from asr_fair.records import AudioSource, Hypothesis
from asr_fair.run import cluster
from asr_fair.run.batch import Batch, Item
from asr_fair.run.cluster import connect, run_batches
from asr_fair.run.cluster.connect import connected
from asr_fair.run.cluster.crew import BATCHES_PER_DEVICE, DEVICE, RENDER, Crew, crew_of, local_hands
from asr_fair.run.cluster.plugin import Registered, RunnerPlugin, registered, submit
from asr_fair.run.cluster.surroundings import surroundings
from asr_fair.run.parts import parts_of, put_together
from asr_fair.run.worker import BatchResult, BatchRunner, RunSetup
from fakes.engine import KILLS_S, FakeEngine, describe

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "cuda"
CONDITION = "scanner@5dB+landline"
SLOW_S = 0.3


class SlowEngine(FakeEngine):
    """Decodes for longer than a batch takes to render."""

    def transcribe(self, clips: Sequence[Clip]) -> list[Hypothesis]:
        time.sleep(SLOW_S)
        return super().transcribe(clips)


@pytest.fixture(scope="module")
def setup() -> RunSetup:
    """Two systems, one of which has no use for a GPU, under a condition that draws noise and codes it."""
    config = RunConfig.model_validate(
        {
            "name": "devices",
            "manifest": "none.jsonl",
            "conditions": [
                "clean",
                {"profile": "scanner", "snr_db": 5, "handset": "landline"},
            ],
            "systems": [
                {"name": "gpu", "engine": "fake", "model": "any"},
                {"name": "cpu", "engine": "fake", "model": "any", "device": "cpu"},
            ],
        }
    )
    conditions = ready_conditions(outlines_of(config), [])
    keys = {each.name: describe(each).text_key for each in config.systems}
    return RunSetup(tuple(config.systems), conditions, seed=1, text_keys=keys, open_engine=SlowEngine)


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> list[Batch]:
    """Six batches of four utterances for the system that has a use for a GPU."""
    return write_batches(tmp_path_factory.mktemp("clips"), [1.0 + n / 1000 for n in range(24)])


def write_batches(folder: Path, durations_s: Sequence[float], size: int = 4) -> list[Batch]:
    items = []
    for number, duration_s in enumerate(durations_s):
        path = folder / f"u{number:02d}.wav"
        tone = 0.1 * np.sin(np.arange(int(duration_s * 16_000)) * (number + 1) / 50)
        soundfile.write(path, tone, 16_000)
        items.append(Item(AudioSource(path.stem, str(path)), path.stem))
    return [
        Batch(number, "gpu", CONDITION, tuple(items[start : start + size]))
        for number, start in enumerate(range(0, len(items), size))
    ]


@dataclass(frozen=True)
class Task:
    """One task of a run, as the scheduler saw it."""

    kind: str
    batch: str
    worker: str
    start: float
    stop: float


@dataclass(frozen=True)
class Seen:
    """A run on a crew of one fake GPU and two that render."""

    tasks: list[Task]
    results: list[BatchResult]
    environment: dict[str, dict[str, str]]
    loaded: dict[str, int]
    lacking: dict[str, tuple[str, ...]]
    n_at_once: int

    def of(self, kind: str) -> list[Task]:
        return sorted((each for each in self.tasks if each.kind == kind), key=lambda task: task.start)


def drive(client: Client, run: Any, batches: Sequence[Batch]) -> list[BatchResult]:
    """As `run_batches` does it, without its answers to failures."""
    waiting, in_flight, results = list(batches), [], []
    while waiting or in_flight:
        while waiting and len(in_flight) < crew_of(client).batches_at_once:
            in_flight.append(submit(client, run, waiting.pop(0)))
        results.append(in_flight.pop(0).result())
    return results


def names(client: Client) -> dict[str, str]:
    return {address: str(each["name"]) for address, each in client.scheduler_info()["workers"].items()}


def by_name(client: Client, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    called = names(client)
    return {called[address]: answer for address, answer in client.run(function, *arguments).items()}


def environment() -> dict[str, str]:
    return dict(os.environ)


def n_loaded(run: str, dask_worker: Worker) -> int:
    return int(dask_worker.extensions[run]._engine is not None)


@contextmanager
def crew_at_work(setup: RunSetup, workers: Workers, gpus: Sequence[str]) -> Iterator[tuple[Client, Any]]:
    plugin = RunnerPlugin(setup)
    with connected(workers, gpus) as client, registered(plugin, client) as run:
        yield client, run


@pytest.fixture(scope="module")
def seen(setup: RunSetup, batches: list[Batch]) -> Seen:
    with crew_at_work(setup, Workers(processes=2), ["3"]) as (client, run):
        cpu = [replace(batch, batch_id=100 + batch.batch_id, system="cpu") for batch in batches[:2]]
        with get_task_stream(client) as stream:
            results = drive(client, run, [*batches, *cpu])
        called = names(client)
        tasks = [
            Task(*str(each["key"]).split("-")[:2], called[each["worker"]], step["start"], step["stop"])
            for each in stream.data
            for step in each["startstops"]
            if step["action"] == "compute"
        ]
        return Seen(
            tasks,
            results,
            by_name(client, environment),
            by_name(client, n_loaded, run.name),
            {name: each.lacking for name, each in by_name(client, surroundings).items()},
            crew_of(client).batches_at_once,
        )


def test_only_the_device_decodes_and_only_the_others_render(seen: Seen) -> None:
    assert Counter(task.worker for task in seen.of("render")).keys() == {"render-0", "render-1"}
    decoded_by = {result.timing.system: set[str]() for result in seen.results}
    for result in seen.results:
        decoded_by[result.timing.system].add(result.timing.worker)
    assert decoded_by["gpu"] == {"gpu-3"}
    assert decoded_by["cpu"] <= {"render-0", "render-1"}  # the processors are there
    assert {task.worker for task in seen.of("render")}.isdisjoint({"gpu-3"})


def test_a_gpu_is_seen_by_its_worker_alone_and_its_model_is_loaded_once(seen: Seen) -> None:
    visible = {name: each["CUDA_VISIBLE_DEVICES"] for name, each in seen.environment.items()}
    assert visible == {"gpu-3": "3", "render-0": "", "render-1": ""}
    processes = {
        outcome.language  # the fake puts its process id there
        for result in seen.results
        if result.timing.system == "gpu"
        for outcome in result.outcomes
    }
    assert len(processes) == 1
    assert seen.loaded["gpu-3"] == 1


def test_a_device_finds_the_next_batch_ready_when_rendering_is_faster(seen: Seen) -> None:
    rendered = defaultdict[str, list[Task]](list)
    for task in seen.of("render"):
        rendered[task.batch].append(task)
    decoded = [task for task in seen.of("decode") if task.worker == "gpu-3"]
    assert len(decoded) == 6
    faster = [
        (before, after, max(each.stop for each in rendered[after.batch]))
        for before, after in itertools.pairwise(decoded)
        # On a machine that others use, too, rendering may be the slower one.
        if sum(each.stop - each.start for each in rendered[after.batch]) < before.stop - before.start
    ]
    assert faster
    assert [after.batch for before, after, ready in faster if ready > before.stop] == []


def test_no_more_than_two_batches_are_ready_beside_the_one_that_is_decoded(seen: Seen) -> None:
    assert seen.n_at_once == BATCHES_PER_DEVICE == 3
    decoded = {task.batch: task for task in seen.of("decode") if task.worker == "gpu-3"}
    begun = {batch: min(task.start for task in seen.of("render") if task.batch == batch) for batch in decoded}
    for moment in sorted(begun.values()):
        alive = [batch for batch in decoded if begun[batch] <= moment < decoded[batch].stop]
        assert len(alive) <= 3


def test_a_batch_is_rendered_by_all_who_render(seen: Seen) -> None:
    assert set(Counter(task.batch for task in seen.of("render")).values()) == {2}


def test_who_renders_changes_no_sample(seen: Seen, setup: RunSetup, batches: list[Batch]) -> None:
    here = BatchRunner(replace(setup, open_engine=FakeEngine))
    there = {result.timing.batch_id: result for result in seen.results if result.timing.system == "gpu"}
    for batch in batches:
        alone, apart = here.run(batch), there[batch.batch_id]
        assert [each.utterance_id for each in apart.outcomes] == [
            each.utterance_id for each in alone.outcomes
        ]
        # The fake's text is a digest of the samples that it was given.
        assert [each.text for each in apart.outcomes] == [each.text for each in alone.outcomes]
        assert apart.renders == alone.renders


def test_workers_start_with_the_allocators_settings_and_one_thread_each(seen: Seen) -> None:
    assert set(seen.lacking.values()) == {()}
    threads = {
        each[name] for each in seen.environment.values() for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    }
    assert threads == {"1"}
    assert "MALLOC_ARENA_MAX" not in os.environ  # they are for the workers, not for whoever starts them


def test_parts_are_put_together_in_the_batchs_order(setup: RunSetup, tmp_path: Path) -> None:
    (batch,) = write_batches(tmp_path, [1.0, 1.1, 1.2, 1.3, 1.4], size=5)
    Path(batch.items[1].source.path).unlink()
    runner = BatchRunner(setup)
    whole = runner.render(batch)
    for n_parts in (1, 2, 3, 5, 9):
        parts = parts_of(batch, n_parts)
        assert len(parts) == min(n_parts, 5)
        joined = put_together(batch, [runner.render(part) for part in reversed(parts)])
        assert [item for item, _ in joined.clips] == [item for item, _ in whole.clips]
        for (_, some), (_, others) in zip(joined.clips, whole.clips, strict=True):
            assert some.tobytes() == others.tobytes()
        assert (joined.batch, joined.failed, joined.renders) == (whole.batch, whole.failed, whole.renders)


def test_dask_cuda_is_asked_for_the_devices_and_the_rest_is_started_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(FAKES)
    monkeypatch.delitem(sys.modules, "dask_cuda", raising=False)
    started: list[list[str]] = []
    monkeypatch.setattr("distributed.LocalCluster.__init__", lambda self, **options: None)
    monkeypatch.setattr("distributed.LocalCluster.new_spec", {"options": {}}, raising=False)
    monkeypatch.setattr("distributed.LocalCluster.worker_spec", {}, raising=False)
    monkeypatch.setattr("distributed.LocalCluster.scale", lambda self, n: started.append([*self.worker_spec]))
    connect._cluster(local_hands(4, ["0", "GPU-1f"], None))
    assert started == [["0", "GPU-1f"], ["0", "GPU-1f", "render-0", "render-1"]]


@pytest.mark.faults
def test_dask_cuda_starts_the_devices_where_it_is_installed(
    setup: RunSetup, batches: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FAKES)
    monkeypatch.delitem(sys.modules, "dask_cuda", raising=False)
    fast = replace(setup, open_engine=FakeEngine)
    with crew_at_work(fast, Workers(processes=1), ["0", "GPU-1f"]) as (client, run):
        assert crew_of(client) == Crew(3, n_devices=2, n_renderers=1)
        assert crew_of(client).batches_at_once == 2 * BATCHES_PER_DEVICE
        results = drive(client, run, batches)
        seen = by_name(client, environment)
    assert {result.timing.worker for result in results} == {"0", "GPU-1f"}
    assert {name: each["CUDA_VISIBLE_DEVICES"] for name, each in seen.items()} == {
        "0": "0,GPU-1f",
        "GPU-1f": "GPU-1f,0",
        "render-0": "",
    }
    assert "STARTED_BY" not in seen["render-0"]
    assert len({each["OMP_NUM_THREADS"] for each in seen.values()}) == 1


@pytest.mark.faults
def test_a_device_worker_that_dies_comes_back_to_its_gpu(
    setup: RunSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "gpus_for", lambda setup: ["3"])
    batches = [
        replace(batch, condition="clean")
        for batch in write_batches(tmp_path, [1.0] * 5 + [KILLS_S] + [1.0] * 10)
    ]
    results: list[BatchResult] = []
    fast = replace(setup, open_engine=FakeEngine)
    run_batches({"gpu": batches}, fast, Workers(processes=2), results.append)
    outcomes = {each.utterance_id: each for result in results for each in result.outcomes}
    assert len(outcomes) == 16
    assert {key: each.error for key, each in outcomes.items() if each.error} == {"u05": "worker_died"}
    assert {result.timing.worker for result in results} == {"gpu-3", ""}


@pytest.mark.parametrize(
    ("n_cores", "processes", "threads"),
    [
        (2, None, [1, 1]),
        (8, None, [1] * 8),
        (8, 3, [3, 3, 2]),
        (8, 1, [8]),
        (2, 5, [1] * 5),  # more processes than cores: no fewer than a thread each
    ],
)
def test_processes_divide_the_cores_and_no_core_is_left(
    n_cores: int, processes: int | None, threads: list[int]
) -> None:
    hands = local_hands(n_cores, [], processes)
    assert [hand.n_threads for hand in hands] == threads
    assert not any(hand.resources for hand in hands)


def test_the_cores_that_the_gpus_leave_render_for_them() -> None:
    hands = local_hands(16, ["0", "1"], None)
    assert Counter(next(iter(hand.resources)) for hand in hands) == {DEVICE: 2, RENDER: 14}
    assert {hand.n_threads for hand in hands} == {1}
    assert len(local_hands(128, ["0"], None)) == 1 + 16
    assert [hand.name for hand in local_hands(1, ["0"], None)] == ["gpu-0", "render-0"]
    assert [hand.name for hand in local_hands(64, ["0"], 1)] == ["gpu-0", "render-0"]


def test_a_gpu_that_nobody_renders_for_does_both() -> None:
    assert Crew(4, n_devices=4, n_renderers=0).batches_at_once == 4
    assert Crew(4, n_devices=0, n_renderers=0).batches_at_once == 4
    assert Crew(0, n_devices=0, n_renderers=0).batches_at_once == 1  # a cluster that grows with its work


def test_nobody_else_decodes_while_the_worker_of_a_gpu_is_restarted() -> None:
    before, meanwhile = Crew(3, n_devices=1, n_renderers=2), Crew(2, n_devices=0, n_renderers=2)
    assert before.joined_by(meanwhile) == before
    assert meanwhile.batches_at_once == before.batches_at_once == BATCHES_PER_DEVICE


def test_a_run_knows_for_whom_its_batches_wait() -> None:
    run = Registered("run", frozenset({"gpu"}), Crew(3, n_devices=1, n_renderers=2))
    assert run.lacks(Crew(3, 1, 2), {"gpu", "cpu"}) is None
    assert run.lacks(Crew(2, 0, 2), {"gpu", "cpu"}) == " with a GPU"
    assert run.lacks(Crew(2, 0, 2), {"cpu"}) is None  # rendering workers do all of it
    assert run.lacks(Crew(1, 1, 0), {"gpu"}) == " that renders"
    assert run.lacks(Crew(0, 0, 0), {"gpu"}) == ""
    devices_alone = Registered("run", frozenset({"gpu"}), Crew(2, n_devices=2, n_renderers=0))
    assert devices_alone.lacks(Crew(1, 0, 0), {"cpu"}) == " with a GPU"
    nobody_announces = Registered("run", frozenset({"gpu"}), Crew(2, 0, 0))
    assert nobody_announces.lacks(Crew(1, 0, 0), {"gpu"}) is None
