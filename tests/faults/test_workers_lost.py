"""Workers that are killed, hang, or are killed by a recording, each time it is tried."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pandas as pd
import pytest

from asr_fair.errors import ExitStatus
from faults.conftest import Beside
from faults.harness import KEY, Runs, assert_same, make_runs, stored, table, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def disturb_a_worker(beside: Beside, name: str, sent: signal.Signals, config: Path | None = None) -> None:
    """Send a signal to the worker that began a batch last, in the middle of it."""
    runs, out = beside.runs, beside.runs.folder / name
    since = len(runs.log)
    running = runs.start(out, config=config, ASR_FAIR_TRAP_S="1.5")
    wait_until(lambda: len(begun(runs, since)) >= 3)
    os.kill(begun(runs, since)[-1], sent)
    assert running.wait(300) == 0, runs.said(out)
    assert_same(table(out), beside.table)


def begun(runs: Runs, since: int) -> list[int]:
    """Process ids of the workers that began a batch, batch by batch."""
    return [int(line[1]) for line in runs.log[since:] if line[0] == "started"]


def test_a_worker_killed_in_the_middle_of_a_batch_costs_nothing(beside: Beside) -> None:
    disturb_a_worker(beside, "worker-killed", signal.SIGKILL)
    assert "killed its worker" in beside.runs.said(Path("worker-killed"))


def test_a_worker_that_stands_still_is_restarted_and_costs_nothing(beside: Beside) -> None:
    config = beside.runs.folder / "impatient.run.yaml"
    text = beside.runs.config.read_text()
    config.write_text(text.replace("processes: 2", "processes: 2\n  batch_timeout_s: 8"))
    disturb_a_worker(beside, "worker-stopped", signal.SIGSTOP, config)
    assert "took far too long" in beside.runs.said(Path("worker-stopped"))


def test_recordings_that_kill_or_hang_their_worker_lose_only_themselves(tmp_path: Path) -> None:
    ids = [f"u{number:02d}" for number in range(20)]
    bad = {"u06": "dies-06", "u13": "hangs-13"}
    clean = make_runs(tmp_path / "clean", ids, conditions=1)
    poisoned = make_runs(
        tmp_path / "poisoned",
        [bad.get(each, each) for each in ids],
        conditions=1,
        workers={"batch_timeout_s": 6},
    )
    whole, out = tmp_path / "clean" / "out", tmp_path / "poisoned" / "out"
    assert clean.run(whole) == 0
    # Left to itself, Dask gives up a worker of this machine that is not back in time; here none would be.
    impatient = {"DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "100ms"}
    assert poisoned.run(out, timeout_s=500, **impatient) == ExitStatus.LOSSES, poisoned.said(out)
    found, expected = table(out), table(whole)
    lost = found[found["error"].notna()].set_index("utterance_id")["error"].to_dict()
    assert lost == {"dies-06": "worker_died", "hangs-13": "timed_out"}
    # All the others: the same words of the same samples; in another company only beside the two, and said so.
    kept = found[found["error"].isna()]
    both = kept.merge(expected, on=KEY, suffixes=("", "_expected"))
    assert len(both) == 18
    digest = both["text"].str.split(" ").str[0]
    assert (digest == both["text_expected"].str.split(" ").str[0]).all()
    assert (both["text"] == digest + " of " + both["batch_size"].astype(int).astype(str)).all()
    beside_them = both["batch_id"].isin(found.loc[found["error"].notna(), "batch_id"])
    assert (both["batch_size"] == both["batch_size_expected"]).eq(~beside_them).all()
    assert len(both[beside_them]) == 6
    assert the_deaths_of(poisoned, "dies-06") == 5  # in company, whole alone, half, twice by itself
    assert_losses_are_told(poisoned, out)


def the_deaths_of(runs: Runs, utterance_id: str) -> int:
    return sum(clip.startswith(utterance_id) for clip in runs.transcribed())


def assert_losses_are_told(runs: Runs, out: Path) -> None:
    """On the terminal by group and reason, and in the table of losses."""
    said = runs.said(out)
    told = [line.split(maxsplit=4) for line in said.splitlines()]
    assert ["everyone", "2", "20", "10.0%", "timed_out 1, worker_died 1"] in told
    assert "more than max_loss" in said
    losses = pd.read_csv(out / "tables" / "losses.csv")
    assert {"south", "north"} <= set(losses["group"])


def test_what_was_lost_to_a_passing_fault_is_tried_again_and_nothing_else(tmp_path: Path) -> None:
    runs = make_runs(tmp_path, ["a", "dies-b", "c", "d", "e", "f", "g", "h"], conditions=1)
    out = tmp_path / "out"
    assert runs.run(out) == ExitStatus.LOSSES
    before, since = stored(out), len(runs.log)
    trap = tmp_path / "packages" / "trap.py"
    trap.write_text(trap.read_text().replace('startswith("dies")', 'startswith("no more")'))
    assert runs.run(out) == 0, runs.said(out)
    assert before | {"dies-b/clean"} == stored(out)
    # With the company that it had in its batch, so that its text is what it would have been.
    assert sorted(runs.transcribed(since)) == ["a/clean", "c/clean", "d/clean", "dies-b/clean"]
    assert table(out).set_index("utterance_id")["batch_size"]["dies-b"] == 4
