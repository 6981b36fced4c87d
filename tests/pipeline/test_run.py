"""From a configuration to the report, with the real model."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from asr_fair.cli.main import status_of
from asr_fair.errors import ExitStatus
from asr_fair.fairness.results import read_results
from fakes.demo import FASTER, OPENAI, write_small_manifest, write_small_run

pytestmark = pytest.mark.model

KEY = ["utterance_id", "condition", "system"]


def texts_of(run: Path) -> pd.DataFrame:
    parts = [pd.read_parquet(path) for path in sorted(run.glob("transcripts/part-*.parquet"))]
    return pd.concat(parts).sort_values(KEY, ignore_index=True)[[*KEY, "text", "error", "batch_id"]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and its run by two workers; the tests leave it as it is."""
    folder = tmp_path_factory.mktemp("whole")
    write_small_manifest(folder)
    assert status_of(["run", str(write_small_run(folder, probes=False))]) == ExitStatus.DONE
    return folder


def test_both_engines_hear_nearly_the_same_and_the_results_say_what_ran(tmp_path: Path) -> None:
    write_small_manifest(tmp_path)
    assert status_of(["run", str(write_small_run(tmp_path, systems=OPENAI + FASTER))]) == ExitStatus.DONE
    texts = texts_of(tmp_path / "run").pivot(index=KEY[:2], columns="system", values="text")
    assert texts.shape == (24, 2)
    assert (texts["openai"] == texts["faster"]).mean() > 0.8
    results = read_results(tmp_path / "run" / "results.json")
    digests = {system.model_digest for system in results.systems}
    assert digests == {"1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"}
    wer = {
        (each.condition, each.system): each.value
        for each in results.figures
        if (each.dimension, each.measure, each.normaliser) == ("overall", "wer", "whisper_en")
    }
    assert wer["clean", "openai"] < 0.5
    assert wer["clean", "openai"] < wer["scanner@5dB", "openai"]
    renders = pd.read_parquet(tmp_path / "run" / "renders.parquet")
    noisy = renders[renders["condition"] == "scanner@5dB"]
    assert len(renders) == 24
    assert np.allclose(noisy["snr_sounding_db"], 5, atol=0.1)


def test_the_number_of_workers_changes_no_text_and_no_sample(whole: Path, tmp_path: Path) -> None:
    write_small_manifest(tmp_path)
    config = write_small_run(tmp_path, processes=1, probes=False)
    assert status_of(["run", str(config)]) == ExitStatus.DONE
    pd.testing.assert_frame_equal(texts_of(tmp_path / "run"), texts_of(whole / "run"))
    one, two = (
        pd.read_parquet(folder / "run" / "renders.parquet").sort_values(KEY[:2], ignore_index=True)
        for folder in (tmp_path, whole)
    )
    pd.testing.assert_frame_equal(one, two)


def test_a_killed_run_continues_to_the_same_tables(whole: Path, tmp_path: Path) -> None:
    write_small_manifest(tmp_path)
    config = write_small_run(tmp_path, probes=False)
    command = [sys.executable, "-m", "asr_fair", "run", str(config), "--out", str(tmp_path / "killed")]
    running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed").glob("transcripts/part-*.parquet")):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (tmp_path / "killed" / "results.json").exists()
    n_before = len(texts_of(tmp_path / "killed"))
    assert 0 < n_before < 24
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == ExitStatus.DONE
    pd.testing.assert_frame_equal(texts_of(tmp_path / "killed"), texts_of(whole / "run"))
    order = [*KEY, "normaliser", "unit"]
    undisturbed, continued = (
        pd.read_parquet(run / "counts.parquet").sort_values(order, ignore_index=True)
        for run in (whole / "run", tmp_path / "killed")
    )
    pd.testing.assert_frame_equal(undisturbed, continued)


def test_another_plan_transcribes_nothing_again_and_is_exploratory(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "small.run.yaml"
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "transcripts").iterdir()}
    config.write_text(config.read_text() + "plan: {thresholds: {equivalence_ratio: 1.1}}\n")
    assert status_of(["run", str(config)]) == ExitStatus.DONE
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert set((tmp_path / "run" / "transcripts").iterdir()) == set(parts)
    assert read_results(tmp_path / "run" / "results.json").plan.exploratory


def test_bad_audio_stops_a_run_or_is_counted_as_lost(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    extra = {
        "utterance_id": "silent",
        "audio": "silent.wav",
        "reference": "hello",
        "speaker_id": "nobody",
        "accent": "Scotland",
        "handset": "wideband",
        "topic": "everyday",
    }
    manifest = write_small_manifest(tmp_path, n_utterances=4, extra=[extra])
    sidecar = manifest.with_suffix(".yaml")
    demo = Path(
        next(line for line in sidecar.read_text().splitlines() if "audio_root" in line).split(": ")[1]
    )
    for path in demo.glob("*.flac"):
        (tmp_path / path.name).symlink_to(path)
    sidecar.write_text(sidecar.read_text().replace(str(demo), "."))
    config = str(write_small_run(tmp_path, systems=FASTER, probes=False))
    # A link that leaves the audio root is refused before any audio is looked at.
    assert status_of(["run", config]) == ExitStatus.BAD_INPUT
    for path in tmp_path.glob("*.flac"):
        target = path.resolve()
        path.unlink()
        path.write_bytes(target.read_bytes())
    assert status_of(["run", config]) == ExitStatus.BAD_INPUT
    assert not (tmp_path / "run").exists()
    assert status_of(["run", config, "--allow-bad-audio"]) == ExitStatus.LOSSES
    texts = texts_of(tmp_path / "run")
    assert len(texts) == 5 * 2
    assert texts.loc[texts["utterance_id"] == "silent", "error"].tolist() == ["silent", "silent"]
    losses = {
        (each.group, each.condition): (each.n_errors, each.reasons)
        for each in read_results(tmp_path / "run" / "results.json").losses
    }
    assert losses["all", "clean"] == (1, {"silent": 1})
    assert losses["Scotland", "scanner@5dB"] == (1, {"silent": 1})
