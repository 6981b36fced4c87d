"""`asr-fair batch-check`: an engine whose texts depend on the batch is found out, group by group."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

from asr_fair.cli.main import status_of
from asr_fair.config import read_config
from asr_fair.errors import ConfigError, ExitStatus, UnknownNameError
from asr_fair.pipeline.batch_check import BatchCheck, check_batches
from asr_fair.pipeline.batch_sizes import other_sizes
from asr_fair.pipeline.run import run
from asr_fair.run.cluster import run_batches
from fakes.batch_engine import ALONE
from fakes.in_process import run_here

N_EACH = 24
LENGTHS_S = {"north": [1.0, 1.0, 1.1, 1.3], "south": [1.0, 1.1, 1.2, 1.3], "isles": [1.2]}
"""Lengths of the recordings of each speaker's, in turn; the engine changes those of 1.1 s and 1.2 s."""

ENGINES = """
[asr_fair.engines]
company = fakes.batch_engine:CompanyEngine
lonely = fakes.batch_engine:LonelyEngine
"""
SIDECAR = {
    "name": "made",
    "permitted_use": ["evaluate"],
    "language": "en",
    "dimensions": {"home": {"title": "Home", "source": "self_report", "level": "speaker"}},
}


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brings the fakes as another package would, so that worker processes find them, too."""
    folder = tmp_path / "site" / "fakes_of_batches-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes-of-batches\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(ENGINES)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches run in this process: a cluster of its own for every test takes seconds."""

    monkeypatch.setattr("asr_fair.pipeline.batch_check.run_batches", run_here)
    monkeypatch.setattr("asr_fair.pipeline.transcribe.run_batches", run_here)


def write_rows(folder: Path, lengths_s: list[tuple[str, str, float]]) -> None:
    """A manifest of (speaker, home, length of the recording in s)."""
    rows = []
    for number, (speaker, home, length_s) in enumerate(lengths_s):
        sound = np.random.default_rng(number).normal(0, 0.1, round(length_s * 16_000))
        soundfile.write(folder / f"u{number:03d}.wav", sound, 16_000)
        row = {"utterance_id": f"u{number:03d}", "audio": f"u{number:03d}.wav", "reference": ALONE}
        rows.append(row | {"speaker_id": speaker, "home": home})
    (folder / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "made.yaml").write_text(yaml.safe_dump(SIDECAR))


def write_config(folder: Path, systems: str | None = None, **changes: object) -> Path:
    content: dict[str, object] = {
        "name": "made",
        "manifest": "made.jsonl",
        "output": "run",
        "systems": yaml.safe_load(systems or "[{name: fake, engine: company, model: any}]"),
        "workers": {"processes": 1},
        "normalisers": ["whisper_en"],
    }
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(content | changes))
    return path


@pytest.fixture
def made(tmp_path: Path, engines: None, here: None) -> Path:
    """Twelve speakers north and twelve south, two recordings each; two of the isles."""
    homes = ["north"] * N_EACH + ["south"] * N_EACH + ["isles"] * 2
    rows = [
        (f"{home}{number % N_EACH // 2}", home, LENGTHS_S[home][number % len(LENGTHS_S[home])])
        for number, home in enumerate(homes)
    ]
    write_rows(tmp_path, rows)
    return write_config(tmp_path)


def checked(config: Path, **options: object) -> BatchCheck:
    return check_batches(read_config(config), **options)  # type: ignore[arg-type]


def test_what_a_batch_changes_is_counted_for_every_group(made: Path) -> None:
    assert_the_right_counts(checked(made))
    assert not (made.parent / "run").exists()


def assert_the_right_counts(check: BatchCheck) -> None:
    found = {
        each.group: (each.n_utterances, each.n_changed, each.n_words_changed, each.n_changed_as_written)
        for each in check.changes
    }
    # Of four recordings in turn, north has one changed by a word; south one by a word and one by three.
    assert found == {
        "all": (50, 6 + 12 + 2, 6 + 6 + 3 * 6 + 2 * 3, 20 + 12),
        "north": (24, 6, 6, 12),
        "south": (24, 12, 24, 18),
    }
    assert check.n_hidden == {"home": 1}  # the isles have one speaker
    everyone = check.changes[0]
    assert everyone.n_words == 50 * 5
    assert everyone.most_points == pytest.approx(100 * 36 / 250)
    assert check.sizes == {"fake": 4}
    assert check.n_smaller == 0


def test_worker_processes_find_the_same(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr_fair.pipeline.batch_check.run_batches", run_batches)
    assert_the_right_counts(checked(made))


def test_a_sample_is_drawn_by_the_seed_and_a_smaller_one_is_a_part_of_it(made: Path, tmp_path: Path) -> None:
    names = []
    for sample in (9, 17):
        out = tmp_path / f"{sample}.json"
        arguments = ["batch-check", str(made), "--sample", str(sample), "--out", str(out)]
        assert status_of(arguments) == ExitStatus.DONE
        everyone = json.loads(out.read_text())["changes"][0]
        assert everyone["n_utterances"] == sample
        names.append(everyone["n_changed"])
    assert names[0] <= names[1]
    assert checked(made, sample=9) == checked(made, sample=9)


def test_batches_that_had_to_be_divided_are_told(tmp_path: Path, engines: None, here: None) -> None:
    """One recording that fails in company, one that always fails, and six others in two batches of four.

    By length, the longest first: each batch has one of the two.
    """
    lengths_s = [1.6, 1.0, 1.6, 1.4, 1.0, 1.6, 1.0, 1.5]
    write_rows(tmp_path, [(f"s{number}", "north", each) for number, each in enumerate(lengths_s)])
    check = checked(write_config(tmp_path))
    everyone = check.changes[0]
    assert (everyone.n_utterances, everyone.n_lost) == (7, 1)
    assert check.n_smaller == 7  # every text


def test_a_run_tells_what_was_made_in_another_batch_size(made: Path) -> None:
    run(read_config(made))
    folder = made.parent / "run"
    assert other_sizes(folder) == ()
    (part,) = (folder / "transcripts").glob("part-*.parquet")
    outcomes = pq.read_table(part).to_pandas()
    outcomes.loc[outcomes["utterance_id"].isin(["u000", "u001", "u049"]), "batch_size"] = 1
    pq.write_table(pa.Table.from_pandas(outcomes, preserve_index=False), part)
    found = {each.group: (each.n_other_size, each.n_texts) for each in other_sizes(folder)}
    assert found == {"all": (3, 50), "north": (2, 24)}


def test_the_table_and_the_sentence_say_it(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "changes.csv"
    assert status_of(["batch-check", str(made), "--out", str(out)]) == ExitStatus.DONE
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    south = next(line for line in lines if "home=south" in line).split()
    assert south == ["home=south", "12", "24", "120", "12", "(50.0%)", "24", "18", south[-1]]
    assert "home=isles" not in printed
    sentence = " ".join(lines[-4:])
    assert "20 of 50 transcripts changed by 36 words" in sentence
    assert "at most 14.40 points" in sentence
    assert "that of home=south, where it matters most, by at most 20.00 points" in sentence
    table = pd.read_csv(out).set_index("group")
    assert table.loc["south", "n_words_changed"] == 24
    assert "isles" not in table.index


def test_no_change_is_said_plainly(
    tmp_path: Path, engines: None, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path, [(f"s{number}", "north", 1.0 + 0.3 * (number == 0)) for number in range(6)])
    assert status_of(["batch-check", str(write_config(tmp_path))]) == ExitStatus.DONE
    sentence = " ".join(capsys.readouterr().out.splitlines()[-2:])
    assert "batches changed no word of 6 transcripts (1 differ in how they are written)" in sentence


TWO = "[{name: fake, engine: company, model: any}, {name: service, engine: lonely, model: any}]"


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"systems": ["nobody"]}, UnknownNameError, "nobody"),
        ({"conditions": ["rain@5dB"]}, UnknownNameError, "rain@5dB"),
        ({"systems": ["service"]}, ConfigError, "no batches to check"),
        ({"sample": 7}, ConfigError, "has 6 recordings that can be used"),
        ({"batch": 1}, ConfigError, "Give --batch 2 or more"),
    ],
)
def test_bad_input_is_refused_before_anything_is_transcribed(
    tmp_path: Path, engines: None, here: None, options: dict[str, object], kind: type[Exception], message: str
) -> None:
    write_rows(tmp_path, [(f"s{number}", "north", 1.0) for number in range(6)])
    with pytest.raises(kind, match=message):
        checked(write_config(tmp_path, TWO), **options)


def test_a_system_without_batches_is_left_out_and_said(tmp_path: Path, engines: None, here: None) -> None:
    write_rows(tmp_path, [(f"s{number}", "north", 1.0) for number in range(6)])
    check = checked(write_config(tmp_path, TWO))
    assert set(check.sizes) == {"fake"}
    assert any("'service' is left out" in each for each in check.warnings)


def test_without_permission_to_evaluate_nothing_is_transcribed(made: Path) -> None:
    made.with_name("made.yaml").write_text(yaml.safe_dump(SIDECAR | {"permitted_use": ["play_audio"]}))
    assert status_of(["batch-check", str(made)]) == ExitStatus.BAD_INPUT


@pytest.mark.parametrize("out", ["changes.txt", "nowhere/changes.csv"])
def test_a_table_that_cannot_be_written_is_refused_at_once(made: Path, out: str) -> None:
    arguments = ["batch-check", str(made), "--out", str(made.parent / out)]
    assert status_of(arguments) == ExitStatus.BAD_INPUT
