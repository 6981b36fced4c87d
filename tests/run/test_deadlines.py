"""When a worker is taken to hang."""

from __future__ import annotations

from dataclasses import replace

from asr_fair.records import AudioSource
from asr_fair.run.batch import Batch, Item
from asr_fair.run.deadlines import FIRST_BATCH_S, Clocks, Deadlines
from asr_fair.run.worker import Timing

BATCH = Batch(0, "tiny", "clean", tuple(Item(AudioSource(each, each), each, n_windows=2) for each in "ab"))
TIMING = Timing(0, "tiny", "clean", 2, 90.0, render_s=4.0, transcribe_s=36.0, load_s=5.0)


def is_ours(task: str) -> bool:
    return task.startswith("run")


def test_a_system_that_is_not_known_on_a_host_yet_has_time_to_fetch_its_model() -> None:
    deadlines = Deadlines()
    assert deadlines.of(BATCH, "h1") == FIRST_BATCH_S
    deadlines.learn(BATCH, TIMING, "h1")
    assert deadlines.of(BATCH, "h1") == 20 * (5 + 40)
    assert deadlines.of(BATCH, "h2") == FIRST_BATCH_S
    assert deadlines.of(replace(BATCH, system="base"), "h1") == FIRST_BATCH_S


def test_the_time_for_a_batch_grows_with_its_windows_and_the_slowest_seen() -> None:
    deadlines = Deadlines()
    deadlines.learn(BATCH, TIMING, "h1")
    deadlines.learn(BATCH, replace(TIMING, render_s=0.0, transcribe_s=1.0, load_s=0.0), "h1")
    recording = replace(BATCH, items=(Item(AudioSource("long", "long"), "long", n_windows=120),))
    assert deadlines.of(recording, "h1") == 20 * (5 + 10 * 120)


def test_no_batch_is_given_less_than_a_minute_unless_the_configuration_says_so() -> None:
    deadlines = Deadlines()
    deadlines.learn(BATCH, replace(TIMING, render_s=0.0, transcribe_s=0.01, load_s=0.0), "h1")
    assert deadlines.of(BATCH, "h1") == 60
    assert Deadlines(3.5).of(BATCH, "h1") == 3.5


def test_a_clock_starts_anew_when_a_task_is_finished_and_not_when_one_is_added() -> None:
    clocks = Clocks()
    clocks.look(0.0, {"w": ["run-a"], "idle": []}, is_ours)
    clocks.look(5.0, {"w": ["run-a", "run-b"]}, is_ours)
    assert clocks.busy_s(7.0) == {"w": 7.0}
    clocks.look(8.0, {"w": ["run-b"]}, is_ours)
    assert clocks.busy_s(9.0) == {"w": 1.0}
    assert clocks.tasks("w") == {"run-b"}


def test_a_worker_with_somebody_elses_tasks_is_not_taken_to_hang() -> None:
    clocks = Clocks()
    clocks.look(0.0, {"w": ["run-a", "theirs"]}, is_ours)
    clocks.look(50.0, {"w": ["run-a", "theirs"]}, is_ours)
    assert clocks.busy_s(51.0) == {"w": 1.0}
    clocks.look(60.0, {"w": ["run-a"]}, is_ours)
    assert clocks.busy_s(61.0) == {"w": 1.0}


def test_a_worker_that_was_restarted_or_is_gone_has_no_clock() -> None:
    clocks = Clocks()
    clocks.look(0.0, {"w": ["run-a"], "v": ["run-b"]}, is_ours)
    clocks.forget("w")
    assert clocks.busy_s(1.0) == {"v": 1.0}
    clocks.look(2.0, {"w": ["run-c"]}, is_ours)
    assert clocks.busy_s(3.0) == {"w": 1.0}
