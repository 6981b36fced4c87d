"""Somebody forgotten: what is left is what there would be, had they never been recorded."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

from asr_fair.cli.main import status_of
from asr_fair.config import Plan
from asr_fair.errors import ConfigError, ExitStatus
from asr_fair.fairness.results import Results, read_results, write_results
from asr_fair.files import write_text
from asr_fair.manifest.pseudonyms import new_key, pseudonym, write_key
from asr_fair.manifest.rewrite import rows_naming, without_rows
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline.evaluate import Evaluation, evaluate
from asr_fair.pipeline.forget import forget
from asr_fair.pipeline.forget_person import find_person
from asr_fair.pipeline.forget_tables import take_out
from asr_fair.pipeline.score import score
from asr_fair.pipeline.share import share
from asr_fair.pipeline.stored_run import open_run
from asr_fair.records import RenderRecord
from asr_fair.run.store import SCHEMAS
from asr_fair.run.worker import Timing
from fakes.demo import write_small_manifest, write_small_run

WHO = "zqwho-Indian-3"
SENTENCE = "please bring the second tray to room nine before the morning round"
SIDECAR = {
    "name": "ward",
    "language": "en",
    "permitted_use": ["evaluate", "share_results"],
    "dimensions": {"accent": {"title": "Accent", "source": "self_report", "level": "speaker"}},
}


def write_inputs(folder: Path) -> tuple[Path, Path]:
    """Two systems; the texts of the person to be forgotten begin with zqwho, as their names do."""
    folder.mkdir()
    rows, texts = [], []
    for accent in ("Scottish", "Indian"):
        for speaker in range(6):
            for take in range(2):
                name = f"zqwho-{accent}-{speaker}"
                row = {"utterance_id": f"{name}-{take}", "reference": f"{name} {SENTENCE}", "accent": accent}
                rows.append(row | {"speaker_id": name, "cluster": f"zqhouse-{accent}-{speaker // 2}"})
                for system in ("ours", "theirs"):
                    heard = " ".join(["oops"] * ((speaker + take) % 3) + SENTENCE.split()[speaker % 2 :])
                    texts.append({"utterance_id": row["utterance_id"], "system": system, "text": heard})
    manifest, transcripts = folder / "ward.csv", folder / "texts.jsonl"
    write_table(pd.DataFrame(rows), manifest)
    write_table(pd.DataFrame(texts), transcripts)
    manifest.with_suffix(".yaml").write_text(yaml.safe_dump(SIDECAR), encoding="utf-8")
    return manifest, transcripts


PLAN = Plan.model_validate({"references": {"accent": {"group": "Scottish", "reason": "asked for"}}})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest, transcripts and a run of them."""
    folder = tmp_path_factory.mktemp("forget") / "with"
    score(*write_inputs(folder), folder / "run", plan=PLAN)
    return folder


@pytest.fixture(scope="module")
def without(inputs: Path) -> Path:
    """The same, had the person never been recorded."""
    folder = inputs.parent / "without"
    manifest, transcripts = write_inputs(folder)
    raw = read_table(manifest)
    gone = rows_naming(raw, "speaker_id", frozenset({WHO}))
    manifest.write_bytes(without_rows(manifest, raw, gone))
    texts = read_table(transcripts).frame
    write_table(texts[~texts["utterance_id"].str.startswith(WHO)], transcripts)
    score(manifest, transcripts, folder / "run", plan=PLAN)
    return folder


@pytest.fixture
def folder(inputs: Path, tmp_path: Path) -> Path:
    """A copy of the inputs and the run, as if it had been made there."""
    shutil.copytree(inputs, tmp_path / "copy")
    record = tmp_path / "copy" / "run" / "run.json"
    record.write_text(record.read_text().replace(str(inputs), str(tmp_path / "copy")))
    return tmp_path / "copy"


def texts_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """All files as text; Parquet, which is compressed, as its cells."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            buffer = io.StringIO()
            pq.read_table(path).to_pandas().to_json(buffer, orient="records")
            yield path, f"{pq.read_metadata(path).metadata} {buffer.getvalue()}"
        elif path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")


def names_left(folder: Path) -> list[str]:
    return [path.name for path, text in texts_in(folder) if WHO in text]


def in_common(results: Results) -> dict[str, object]:
    """The results without the times at which they and their plan were stored."""
    content = results.model_dump(mode="json")
    del content["created_at"], content["plan"]["stored_at"]
    return content


def run_forget(folder: Path, *more: str) -> int:
    command = ["forget", WHO, "--manifest", str(folder / "ward.csv"), "--run", str(folder / "run"), "--yes"]
    return status_of([*command, *more])


def test_what_is_left_equals_a_run_that_never_had_the_person(folder: Path, without: Path) -> None:
    assert len(names_left(folder)) >= 5
    assert run_forget(folder) == ExitStatus.DONE
    assert names_left(folder) == []
    for name in ("ward.csv", "texts.jsonl"):
        assert (folder / name).read_bytes() == (without / name).read_bytes()
    found, expected = (read_results(each / "run" / "results.json") for each in (folder, without))
    assert in_common(found) == in_common(expected)
    assert (folder / "run" / "tables" / "rates.csv").read_text() == (
        without / "run" / "tables" / "rates.csv"
    ).read_text()


def test_the_same_command_continues_the_run_afterwards(folder: Path) -> None:
    assert run_forget(folder) == ExitStatus.DONE
    score(folder / "ward.csv", folder / "texts.jsonl", folder / "run", plan=PLAN)
    record = json.loads((folder / "run" / "run.json").read_text())
    (note,) = record["forgotten"]
    assert note["at"].endswith("Z")
    assert record["later_plans"] == []
    assert not open_run(folder / "run").results.plan.exploratory


class Killed(BaseException):
    """As if the machine had been switched off."""


def analysed_once() -> Callable[[Evaluation, Path], Results]:
    """`evaluate` that computes once and then writes the same results: what is written when is asked here."""
    known: list[Results] = []

    def evaluate_once(evaluation: Evaluation, folder: Path) -> Results:
        if not known:
            known.append(evaluate(evaluation, folder))
        write_results(known[0], folder / "results.json")
        return known[0]

    return evaluate_once


def short_report(results: Results, _: Results, folder: Path) -> list[Path]:
    """A report that is written quickly."""
    write_text(f"WER of {len(results.figures)} kinds", folder / "report.html")
    return [folder / "report.html"]


def dying_at(last: int | None, died: list[str]) -> Callable[[Path, Path], Path]:
    """`Path.replace`, by which every file is put in place, that dies at one of its calls, and notes where."""
    replace, calls = Path.replace, count(1)

    def counted(self: Path, target: Path) -> Path:
        if next(calls) == last:
            died.append(target.name)
            raise Killed
        return replace(self, target)

    return counted


def test_a_second_call_finishes_what_a_killed_one_began(
    folder: Path, without: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, analyse, died = folder / "ward.csv", analysed_once(), []
    # What is done is not done again, so that each call comes further: the run, then the two tables.
    for last in (1, 2, 3, 4, 3, 4, 5, 6, 1, 2, None):
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", dying_at(last, died))
            patched.setattr("asr_fair.pipeline.forget.evaluate", analyse)
            patched.setattr("asr_fair.pipeline.forget.write_report", short_report)
            try:
                forget(find_person(WHO, manifest, [folder / "run"]))
            except Killed:
                assert WHO in manifest.read_text()  # so that a second call knows whom
                for path in folder.rglob("*.parquet"):
                    pq.read_table(path)
    expected_deaths = ["part-000000.parquet", "counts.parquet", *["results.schema.json"] * 2, "report.html"]
    expected_deaths += ["run.json", "manifest.parquet", "manifest.yaml", "texts.jsonl", "ward.csv"]
    assert died == expected_deaths
    assert names_left(folder) == []
    found, expected = (read_results(each / "run" / "results.json") for each in (folder, without))
    assert in_common(found) == in_common(expected)
    assert len(json.loads((folder / "run" / "run.json").read_text())["forgotten"]) == 1
    score(manifest, folder / "texts.jsonl", folder / "run", plan=PLAN)


def test_a_dry_run_and_a_no_change_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run_forget(folder, "--dry-run") == ExitStatus.DONE
    assert "2 utterances of one speaker" in capsys.readouterr().out
    command = ["forget", WHO, "--manifest", str(folder / "ward.csv"), "--run", str(folder / "run")]
    assert status_of(command) != ExitStatus.DONE  # nobody is there to say yes
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_an_unknown_name_is_refused_and_at_most_one_other_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, told in (("zqwho-Indian-33", 1), ("somebody", 0)):
        assert (
            status_of(["forget", name, "--manifest", str(folder / "ward.csv"), "--yes"])
            == ExitStatus.BAD_INPUT
        )
        error = capsys.readouterr().err
        assert f"no speaker {name!r}" in error
        assert error.replace(name, "").count("zqwho") == told


def test_others_of_the_household_stay(folder: Path) -> None:
    assert run_forget(folder) == ExitStatus.DONE
    manifest = open_run(folder / "run").manifest
    assert "zqwho-Indian-2" in set(manifest.table["speaker_id"])
    assert "zqhouse-Indian-1" in set(manifest.table["cluster"])
    person = find_person("zqwho-Indian-2", folder / "ward.csv", [])
    assert person.cluster == "zqhouse-Indian-1"  # who is alone there now
    assert find_person("zqwho-Indian-0", folder / "ward.csv", []).cluster is None


def test_the_name_that_became_a_pseudonym_is_known(folder: Path) -> None:
    key = new_key()
    write_key(folder / "ward.csv", key)
    manifest = folder / "ward.csv"
    hidden = pseudonym(key, "Anna Smith")
    manifest.write_text(manifest.read_text().replace(WHO, hidden))
    assert find_person("Anna Smith", manifest, []).speaker == hidden
    assert find_person(hidden, manifest, []).speaker == hidden


def test_somebody_whose_rows_went_by_hand_is_taken_out_of_the_run(folder: Path) -> None:
    manifest = folder / "ward.csv"
    raw = read_table(manifest)
    content = without_rows(manifest, raw, rows_naming(raw, "speaker_id", frozenset({WHO})))
    manifest.write_bytes(content)
    assert run_forget(folder) == ExitStatus.DONE
    assert names_left(folder) == []
    assert manifest.read_bytes() == content


def test_a_run_that_cannot_be_analysed_any_more_loses_its_figures_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sidecar = folder / "ward.yaml"
    sidecar.write_text(yaml.safe_dump(SIDECAR | {"permitted_use": []}), encoding="utf-8")
    assert run_forget(folder) == ExitStatus.DONE
    assert "could not be made again" in capsys.readouterr().err
    assert names_left(folder) == []
    left = {path.name for path in (folder / "run").rglob("*") if path.is_file()}
    assert not left & {"results.json", "report.html", "card.md", "card.html", "card.tex", "rates.csv"}


def test_a_run_of_another_manifest_and_the_only_speaker_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("utterance_id,reference,speaker_id,accent\na,b,c,d\n")
    shutil.copy(folder / "ward.yaml", tmp_path / "other.yaml")
    with pytest.raises(ConfigError, match="is a run of another manifest"):
        find_person("c", other, [folder / "run"])
    with pytest.raises(ConfigError, match="holds nobody else"):
        find_person("c", other, [])


def test_runs_are_found_and_what_was_made_before_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runs").mkdir()
    run = (folder / "run").rename(folder / "runs" / "first")
    share(run, run / "handed-out")
    (folder / "ward.jsonl").touch()
    monkeypatch.chdir(folder)
    assert status_of(["forget", WHO, "--manifest", "ward.csv", "--yes"]) == ExitStatus.DONE
    told = capsys.readouterr()
    assert "runs/first" in told.out
    assert "handed-out/report.html" in told.err
    assert "first/card.tex" not in told.err  # made again, as all of the run's own
    assert "ward.jsonl" in told.err
    assert names_left(run) == []


def write_recordings(folder: Path) -> Path:
    """One recording of the person alone, one of two people, one that is outside of the root."""
    for name in ("alone", "both", "other"):
        soundfile.write(folder / f"{name}.wav", [0.0] * 100, 16_000)
    rows = [
        {"utterance_id": "a", "audio": "alone.wav", "speaker_id": WHO},
        {"utterance_id": "b", "audio": "both.wav", "speaker_id": WHO},
        {"utterance_id": "c", "audio": "both.wav", "speaker_id": "other"},
        {"utterance_id": "d", "audio": "../outside.wav", "speaker_id": WHO},
        {"utterance_id": "e", "audio": "other.wav", "speaker_id": "other"},
    ]
    manifest = folder / "heard.jsonl"
    write_table(pd.DataFrame(rows).assign(reference="x"), manifest)
    manifest.with_suffix(".yaml").write_text("name: heard\n", encoding="utf-8")
    return manifest


def test_recordings_are_deleted_on_request_only_and_only_those_of_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside.wav").touch()
    root = tmp_path / "root"
    root.mkdir()
    command = ["forget", WHO, "--manifest", str(write_recordings(root)), "--yes"]
    assert status_of(command) == ExitStatus.DONE
    assert "alone.wav" in capsys.readouterr().err
    assert (root / "alone.wav").exists()
    write_recordings(root)
    assert status_of([*command, "--delete-audio"]) == ExitStatus.DONE
    told = capsys.readouterr()
    assert "alone.wav" in told.out
    assert "both.wav" in told.err
    assert sorted(path.name for path in root.glob("*.wav")) == ["both.wav", "other.wav"]
    assert (tmp_path / "outside.wav").exists()


def test_nothing_is_deleted_behind_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, own = tmp_path / "corpus", tmp_path / "own"
    corpus.mkdir()
    own.mkdir()
    manifest = write_recordings(corpus)
    for name in ("heard.jsonl", "heard.yaml"):
        shutil.move(corpus / name, own / name)
    (own / "audio").symlink_to(corpus)
    (own / "heard.yaml").write_text("name: heard\naudio_root: audio\n", encoding="utf-8")
    command = ["forget", WHO, "--manifest", str(own / manifest.name), "--yes", "--delete-audio"]
    assert status_of(command) == ExitStatus.DONE
    assert (corpus / "alone.wav").exists()
    assert "alone.wav" in capsys.readouterr().err


def render(utterance_id: str, clips: str) -> dict[str, object]:
    record = RenderRecord(utterance_id, "babble@5dB", "0" * 64, clips=clips)
    return {name: getattr(record, name) for name in SCHEMAS["renders"].names}


def test_a_voice_in_others_babble_loses_its_name_and_is_told(tmp_path: Path) -> None:
    rows = [
        render("mine", "other from 0.100 s"),
        render("theirs", f"{WHO} from 1.250 s; {WHO}4 from 0.000 s"),
        render("third", f"x{WHO} from 1.250 s"),
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS["renders"]), tmp_path / "renders.parquet")
    (tmp_path / "transcripts").mkdir()
    texts = [
        {"utterance_id": each, "batch_id": n, "system": "a", "condition": "babble@5dB"}
        for n, each in enumerate(("mine", "theirs"))
    ]
    pq.write_table(pa.Table.from_pylist(texts), tmp_path / "transcripts" / "part-000000.parquet")
    timings = [Timing(n, "a", "babble@5dB", 1, 1.0 + n, 0.1, 0.1) for n in range(2)]
    rows = [{name: getattr(each, name) for name in SCHEMAS["timings"].names} for each in timings]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS["timings"]), tmp_path / "timings.parquet")
    for _ in range(2):  # a second call finishes a first one, and tells the same
        assert take_out(tmp_path, frozenset({"mine"}), WHO) == ("babble@5dB",)
        clips = pq.read_table(tmp_path / "renders.parquet")["clips"].to_pylist()
        assert clips == [f"removed from 1.250 s; {WHO}4 from 0.000 s", f"x{WHO} from 1.250 s"]
        # How long a batch took tells how long its recordings are.
        assert pq.read_table(tmp_path / "timings.parquet")["batch_id"].to_pylist() == [1]


@pytest.mark.model
def test_a_run_continues_without_the_person_and_transcribes_nothing(tmp_path: Path) -> None:
    manifest = write_small_manifest(tmp_path)
    config = write_small_run(tmp_path, probes=False)
    assert status_of(["run", str(config)]) == ExitStatus.DONE
    who = str(read_table(manifest).frame["speaker_id"].iloc[3])
    before = pd.read_parquet(tmp_path / "run" / "transcripts")
    command = ["forget", who, "--manifest", str(manifest), "--run", str(tmp_path / "run"), "--yes"]
    assert status_of(command) == ExitStatus.DONE
    found = read_results(tmp_path / "run" / "results.json")
    parts = {path: path.read_bytes() for path in (tmp_path / "run" / "transcripts").iterdir()}
    assert status_of(["run", str(config)]) == ExitStatus.DONE
    assert {path: path.read_bytes() for path in parts} == parts
    assert set((tmp_path / "run" / "transcripts").iterdir()) == set(parts)
    again = read_results(tmp_path / "run" / "results.json")
    assert status_of(["run", str(config), "--out", str(tmp_path / "fresh")]) == ExitStatus.DONE
    fresh = read_results(tmp_path / "fresh" / "results.json")
    assert in_common(found) == in_common(again) == in_common(fresh)
    assert len(before) > len(pd.read_parquet(tmp_path / "run" / "transcripts"))
