"""The command line as its users meet it: exit status, messages, nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from asr_fair.cli.main import COMMANDS, status_of
from asr_fair.errors import ExitStatus
from asr_fair.manifest.tables import write_table
from fakes.demo import MANIFESTS, write_small_manifest, write_small_run

REPOSITORY = Path(__file__).resolve().parents[2]
SIDECAR = "name: own\nlanguage: en\n"


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asr_fair", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write_own(folder: Path, names: list[str]) -> Path:
    rows = [{"utterance_id": name, "audio": name, "reference": "hello", "speaker_id": "s"} for name in names]
    path = folder / "own.jsonl"
    write_table(pd.DataFrame(rows), path)
    path.with_suffix(".yaml").write_text(SIDECAR, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_and_stands_in_the_readme(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of([command, "--help"]) == ExitStatus.DONE
    assert "Usage: asr-fair" in capsys.readouterr().out
    assert f"asr-fair {command}" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_module_runs_as_a_program_and_suggests_commands() -> None:
    answer = run_command("scor")
    assert answer.returncode == ExitStatus.BAD_INPUT
    assert "Did you mean 'score'?" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_check_says_what_the_demo_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["check", str(MANIFESTS / "demo.jsonl")]) == ExitStatus.DONE
    out = capsys.readouterr().out
    assert "90 utterances, 30 speakers, no faults" in out
    assert "handset (synthetic, per utterance): telephone 8 kHz 45, wideband 45" in out


def test_check_names_every_bad_recording_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tone = 0.1 * np.sin(np.arange(16_000) / 10)
    soundfile.write(tmp_path / "good.wav", tone, 16_000)
    soundfile.write(tmp_path / "silent.wav", 0 * tone, 16_000)
    soundfile.write(tmp_path / "nan.wav", np.where(np.arange(16_000) == 99, np.nan, tone), 16_000, "FLOAT")
    soundfile.write(tmp_path / "none.wav", tone[:0], 16_000)
    (tmp_path / "text.wav").write_text("I am not audio")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "cut.wav").write_bytes((tmp_path / "good.wav").read_bytes()[:9_000])
    bad = ["silent.wav", "nan.wav", "none.wav", "text.wav", "empty.wav", "cut.wav", "absent.wav"]
    manifest = str(write_own(tmp_path, ["good.wav", *bad]))
    assert status_of(["check", manifest]) == ExitStatus.BAD_INPUT
    errors = capsys.readouterr().err
    for name in bad:
        assert f"utterance '{name}'" in errors
    assert "good.wav" not in errors
    assert status_of(["check", manifest, "--no-audio"]) == ExitStatus.DONE
    assert status_of(["check", manifest, "--allow-bad-audio"]) == ExitStatus.DONE


def test_check_shows_more_than_ten_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write_own(tmp_path, [f"{n}.wav" for n in range(25)])
    assert status_of(["check", str(manifest)]) == ExitStatus.BAD_INPUT
    errors = capsys.readouterr().err
    assert [line for line in range(1, 26) if f"own.jsonl:{line}: audio:" not in errors] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("engine: whisper", "engine: openai-whisper", "Write `engine: whisper`"),
        ("engine: whisper", "engine: wisper", "Did you mean 'whisper'?"),
        ("profile: scanner", "profile: scaner", "Did you mean 'scanner'?"),
        ("seed: 7", "sed: 7", "small.run.yaml: sed: unknown key"),
        ("model: tiny.en", "model: /nowhere/at/all", "/nowhere/at/all"),
        ("seed: 7", "normalisers: [whisper_em]", "Did you mean 'whisper_en'?"),
        ("seed: 7", "plan: {dimensions: [acent]}", "Did you mean 'accent'?"),
        ("seed: 7", "plan: {references: {accent: {group: Scotlan, reason: x}}}", "Did you mean 'Scotland'?"),
        ("small.jsonl", "absent.jsonl", "absent.jsonl: cannot be read"),
    ],
)
def test_a_faulty_configuration_stops_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    write_small_manifest(tmp_path)
    config = write_small_run(tmp_path)
    config.write_text(config.read_text().replace(old, new))
    assert status_of(["run", str(config)]) == ExitStatus.BAD_INPUT
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_report_is_rendered_again_only_from_a_finished_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["report", str(tmp_path)]) == ExitStatus.BAD_INPUT
    assert "holds no run.json" in capsys.readouterr().err
