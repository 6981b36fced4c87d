"""The command is killed at twenty random moments, and by every signal that people and batch systems send."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faults.conftest import Beside
from faults.harness import KEY, Runs, assert_same, session_of, stored, table, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
SLOW = "0.25"
"""Seconds per batch: so that twenty of them by two workers last long enough to be hit."""
STAGES = {"starting": 4.0, "checking": 0.5, "transcribing": 2.0, "joining": 0.3, "writing": 0.6}
"""Seconds after its beginning within which a kill falls."""


def has_begun(stage: str, runs: Runs, out: Path, since: int) -> bool:
    """Whether a run that began at that line of the recogniser's log is at this stage."""
    match stage:
        case "starting":
            return True
        case "checking":  # follows upon the description of the systems
            return len(runs.log) > since
        case "transcribing":
            return bool(stored(out))
        case "joining":
            return len(stored(out)) == 80
        case _:
            return (out / "counts.parquet").is_file()


@pytest.mark.parametrize("moment", range(20))
def test_killed_at_a_random_moment_a_run_continues_to_the_same_table(beside: Beside, moment: int) -> None:
    runs, out = beside.runs, beside.runs.folder / f"killed-{moment}"
    stage = list(STAGES)[moment % len(STAGES)]
    delay_s = np.random.default_rng(moment).uniform(0, STAGES[stage])
    since = len(runs.log)
    running = runs.start(out, ASR_FAIR_TRAP_S=SLOW)
    wait_until(lambda: has_begun(stage, runs, out, since) or running.poll() is not None)
    time.sleep(delay_s)
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_until(lambda: not session_of(running), timeout_s=30)
    before, since = stored(out), len(runs.log)
    print(f"{stage} + {delay_s:.2f} s: {len(before)} of 80 stored")

    assert runs.run(out) == 0, runs.said(out)
    assert_same(table(out), beside.table)
    again = before & set(runs.transcribed(since))
    assert not again
    assert len(runs.transcribed(since)) == 80 - len(before)
    assert not list(out.rglob("*.tmp"))
    order = [*KEY, "normaliser", "unit"]
    ours, theirs = (pd.read_parquet(each / "counts.parquet") for each in (out, beside.whole))
    pd.testing.assert_frame_equal(
        ours.sort_values(order, ignore_index=True), theirs.sort_values(order, ignore_index=True)
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_command_leaves_no_process_behind_and_continues(
    beside: Beside, sent: signal.Signals
) -> None:
    runs, out = beside.runs, beside.runs.folder / f"stopped-{sent.name}"
    if signal.getsignal(sent) is signal.SIG_IGN:  # under nohup; the command would inherit it
        signal.signal(sent, signal.SIG_DFL)
    running = runs.start(out, ASR_FAIR_TRAP_S=SLOW)
    wait_until(lambda: stored(out))
    assert len(session_of(running)) > 2
    running.send_signal(sent)
    status = running.wait(60)
    wait_until(lambda: not session_of(running), timeout_s=30)
    assert status in (130, -sent)
    assert "Traceback" not in runs.said(out)
    assert runs.run(out) == 0
    assert_same(table(out), beside.table)
