"""What a watcher of a run is told: speed, time left, losses, requests and their cost."""

from __future__ import annotations

import io
import sys

import pytest

from asr_fair.asr.base import EngineInfo, Service
from asr_fair.cli import progress
from asr_fair.cli.progress import ProgressBars, in_words
from asr_fair.pipeline.meter import Meter
from asr_fair.progress import Pace
from asr_fair.records import Outcome
from asr_fair.run.worker import BatchResult, Timing

HOSTED = Service("api.example.org", requests_at_once=2, price_per_minute=0.06, currency="EUR")
ENGINES = {
    "here": EngineInfo("whisper", "tiny.en", "0" * 64, {}),
    "away": EngineInfo("openai-http", "whisper-1", "1" * 64, {}, service=HOSTED),
}


def result_of(system: str, *ids: str, lost: tuple[str, ...] = (), requests: int = 0) -> BatchResult:
    outcomes = [Outcome(each, "clean", system, "key", text="a") for each in ids]
    outcomes += [Outcome(each, "clean", system, "key", error="engine_error") for each in lost]
    billed_s = 30.0 * len(ids) if requests else 0.0
    timing = Timing(0, system, "clean", len(outcomes), 0.0, 0.0, 0.0, "0", requests, billed_s)
    return BatchResult(tuple(outcomes), (), timing)


def meter_of(*systems: str, n: int = 4, each_s: float = 10.0) -> Meter:
    return Meter(ENGINES, {(f"u{i}", "clean", system): each_s for system in systems for i in range(n)})


def test_speed_and_time_left_are_by_seconds_of_audio() -> None:
    meter = Meter(ENGINES, {("u0", "clean", "here"): 30.0, ("u1", "clean", "here"): 90.0})
    assert meter.pace(0.0) == Pace()
    assert meter.add(result_of("here", "u0")) == 1
    assert meter.pace(10.0) == Pace(audio_s_per_s=3.0, remaining_s=30.0)


def test_an_outcome_that_was_there_already_counts_for_nothing() -> None:
    meter = meter_of("here")
    assert meter.add(result_of("here", "u0", "u1")) == 2
    assert meter.add(result_of("here", "u1", "u2", "not asked for")) == 1
    assert meter.pace(1.0).audio_s_per_s == 30.0


def test_what_is_lost_is_counted_once() -> None:
    meter = meter_of("here")
    meter.add(result_of("here", "u0", lost=("u1",)))
    meter.add(result_of("here", lost=("u1",)))
    assert meter.pace(1.0).n_lost == 1


def test_requests_and_their_price_are_added_up_in_their_currency() -> None:
    meter = meter_of("here", "away")
    meter.add(result_of("here", "u0"))
    meter.add(result_of("away", "u0", "u1", requests=3))
    meter.add(result_of("away", "u2", "u3", requests=2))
    pace = meter.pace(1.0)
    assert (pace.n_requests, pace.cost) == (5, "0.12 EUR")  # four half minutes at 6 cents a minute
    assert in_words(pace).endswith("0 lost, 5 requests for 0.12 EUR")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_speed_losses_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with ProgressBars() as bars:
        bars("transcribing", 0, 10, Pace())
        bars("transcribing", 4, 10, Pace(12.34, 200.0, 2))
    assert "4/10, 12.3 s of audio a second, about 3 min left, 2 lost" in shown.getvalue()


def test_a_line_that_is_told_leaves_one_bar_and_it_below(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with ProgressBars() as bars:
        bars("transcribing", 0, 10, Pace())
        bars.say("told")
        bars("transcribing", 10, 10, Pace())
    lines = [line.rpartition("\r")[2] for line in shown.getvalue().split("\n")]
    assert lines[0] == "told"
    assert [line.partition(":")[0] for line in lines[1:] if line] == ["transcribing"]


def test_a_log_gets_a_line_of_a_long_stage_and_otherwise_none(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with ProgressBars() as bars:
        for done in range(1000):
            bars("transcribing", done, 1000, Pace(1.0, 60.0, 0))
        assert shown.getvalue() == ""
        clock[0] = progress.LOG_EVERY_S
        bars("transcribing", 999, 1000, Pace(1.0, 60.0, 0))
        bars("transcribing", 1000, 1000, Pace(1.0, 0.0, 0))
    (line,) = shown.getvalue().splitlines()
    assert line == "transcribing: 999 of 1,000, 1 left, 1.0 s of audio a second, about 60 s left, 0 lost"
