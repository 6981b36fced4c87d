"""`asr-fair plan`: what a person reads who decides whom to record next."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from asr_fair.cli.main import status_of
from asr_fair.errors import ExitStatus
from asr_fair.manifest.tables import write_table
from fakes.demo import MANIFESTS

SIDECAR = {
    "name": "calls",
    "title": "Calls to a ward",
    "language": "en",
    "dimensions": {
        "accent": {
            "title": "Accent",
            "source": "self_report",
            "level": "speaker",
            "values": ["Irish", "Scottish", "Welsh"],
        },
        "handset": {"title": "Handset", "source": "device_log", "level": "utterance"},
    },
}


def write_calls(folder: Path, *, named: bool = True) -> Path:
    """Fourteen Scottish speakers on a cheap phone, 24 Irish on headsets, two of them on both; no Welsh."""
    rows = [
        {"accent": accent, "handset": handset, "speaker_id": f"{accent}{number}"}
        for accent, n, handset in (("Scottish", 14, "cheap phone"), ("Irish", 24, "headset"))
        for number in range(n)
    ]
    rows += [{"accent": "Irish", "handset": "cheap phone", "speaker_id": f"Irish{n}"} for n in (3, 8)]
    table = pd.DataFrame(rows)
    table.insert(0, "utterance_id", [f"u{number}" for number in range(len(rows))])
    table["reference"] = "the nurse um said " + "that the patient is doing well today " * 8
    path = folder / "calls.jsonl"
    write_table(table if named else table.drop(columns="speaker_id"), path)
    path.with_suffix(".yaml").write_text(yaml.safe_dump(SIDECAR), encoding="utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert status_of(["plan", *map(str, arguments)]) == ExitStatus.DONE
    return capsys.readouterr().out


def test_cells_hold_speakers_utterances_and_normalised_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.split() for line in told(capsys, write_calls(tmp_path)).splitlines()]
    # Three words and eight times seven: `um` is no word under the headline normaliser.
    assert ["Scottish", "14", "14", "826", "few", "words"] in lines
    assert ["Irish", "24", "26", "1,534"] in lines
    assert ["Welsh", "0", "0", "0", "empty"] in lines


def test_declared_intersections_are_counted_with_their_empty_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, config, json_path = write_calls(tmp_path), tmp_path / "run.yaml", tmp_path / "outlook.json"
    plan = {"intersections": [["accent", "handset"]]}
    system = {"name": "tiny", "engine": "whisper", "model": "tiny.en"}
    config.write_text(
        yaml.safe_dump({"name": "x", "manifest": str(manifest), "systems": [system], "plan": plan})
    )
    out = told(capsys, manifest, "--config", config, "--json", json_path)
    table = out[out.index("accent × handset: Accent × Handset") :].splitlines()[2:7]
    cells = {line[:30].strip(): line[30:].split()[:3] for line in table}
    assert cells["Scottish × cheap phone"] == ["14", "14", "826"]
    assert cells["Irish × cheap phone"] == ["2", "2", "118"]
    # Nobody is Welsh, and no Scottish speaker has a headset.
    assert (
        "3 of 6 combinations are empty: Scottish × headset, Welsh × cheap phone, Welsh × headset"
        in " ".join(out.split())
    )
    (crossing,) = json.loads(json_path.read_text())["intersections"]
    assert crossing["outlook"]["family_size"] == 2


def test_confounded_tags_are_told_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(told(capsys, write_calls(tmp_path)).split())
    assert (
        'all 14 speakers in "Scottish" (accent) are in "cheap phone" (handset) only; of the other 24 '
        "speakers, 2 are in it at all"
    ) in out
    assert 'in "headset" (handset) are in "Irish" (accent) only' in out
    assert "accent × handset" in out


def test_every_figure_stands_with_what_it_assumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, write_calls(tmp_path))
    for assumption in ("15.0%", "σ = 0.40", "3.0 times", "correlation 0.5", "words per speaker"):
        assert assumption in out
    assert "defaults of asr-fair" in out
    assert '"Welsh" (accent) is empty: 10 more for any verdict' in out


def test_json_holds_what_the_text_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.json"
    out = told(capsys, write_calls(tmp_path), "--json", path)
    found = json.loads(path.read_text(encoding="utf-8"))
    accent = next(each for each in found["dimensions"] if each["name"] == "accent")
    scottish = next(each for each in accent["groups"] if each["info"]["name"] == "Scottish")
    assert scottish["info"]["n_words"] == 826
    assert f"{scottish['smallest_ratio']:.2f}" in out
    assert found["assumptions"]["speaker_sigma"] == 0.4
    assert found["sentences"]
    assert all(each in " ".join(out.split()) for each in found["sentences"])


def test_configuration_names_references_conditions_and_normaliser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_calls(tmp_path)
    config = tmp_path / "run.yaml"
    config.write_text(
        "name: calls\nmanifest: calls.jsonl\nnormalisers: [basic]\n"
        "conditions: [clean, {profile: scanner, snr_db: [10, 5]}]\n"
        "systems: [{name: tiny, engine: whisper, model: tiny.en}]\n"
        "plan: {dimensions: [accent], references: {accent: {group: Irish, reason: most speakers}}}\n",
        encoding="utf-8",
    )
    out = told(capsys, manifest, "--config", config)
    assert 'accent, each group against "Irish": 3 comparisons in 3 conditions' in out
    assert "(basic)" in out
    assert "handset" not in out
    assert any(line.split()[:4] == ["Scottish", "14", "14", "840"] for line in out.splitlines())


def test_an_earlier_run_gives_the_spread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write_calls(tmp_path)
    table = pd.read_json(manifest, lines=True)
    # One word in six is wrong for half of the speakers, none for the others.
    wrong = table["reference"].str.replace("well", "bell")
    table["text"] = wrong.where(table["speaker_id"].str[-1].astype(int) % 2 == 0, table["reference"])
    transcripts = tmp_path / "heard.jsonl"
    write_table(table[["utterance_id", "text"]], transcripts)
    arguments = ["--manifest", manifest, "--transcripts", transcripts, "--out", tmp_path / "run"]
    assert status_of(["score", *map(str, arguments)]) == ExitStatus.DONE
    capsys.readouterr()
    out = " ".join(told(capsys, manifest, "--from", tmp_path / "run").split())
    assert "clean, whisper_en; spread within accent, 36 degrees of freedom" in out
    # Eight of 59 words in 20 of the 40 utterances.
    assert "word error rate 6.8%" in out
    assert "the default, as the run shows none" not in out


def test_a_run_with_an_intersection_gives_the_spread_within_its_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_calls(tmp_path)
    table = pd.read_json(manifest, lines=True)
    table["site"] = table["speaker_id"].str[-1].astype(int).map(lambda number: ("north", "south")[number % 2])
    table["text"] = table["reference"].str.replace("well", "bell")
    write_table(table.drop(columns="text"), manifest)
    write_table(table[["utterance_id", "text"]], tmp_path / "heard.jsonl")
    site = {"title": "Site", "source": "self_report", "level": "speaker"}
    sidecar = SIDECAR | {"dimensions": SIDECAR["dimensions"] | {"site": site}}
    manifest.with_suffix(".yaml").write_text(yaml.safe_dump(sidecar), encoding="utf-8")
    plan = tmp_path / "plan.yaml"
    plan.write_text("intersections: [[accent, site]]\n", encoding="utf-8")
    arguments = ["--manifest", manifest, "--transcripts", tmp_path / "heard.jsonl", "--plan", plan]
    assert status_of(["score", *map(str, arguments), "--out", str(tmp_path / "run")]) == ExitStatus.DONE
    capsys.readouterr()
    out = " ".join(told(capsys, manifest, "--from", tmp_path / "run").split())
    assert "spread within accent × site" in out


def test_a_run_in_which_speakers_do_not_differ_leaves_the_default_spread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_calls(tmp_path)
    table = pd.read_json(manifest, lines=True)
    table["text"] = table["reference"].str.replace("nurse", "curse")
    transcripts = tmp_path / "heard.jsonl"
    write_table(table[["utterance_id", "text"]], transcripts)
    arguments = ["--manifest", manifest, "--transcripts", transcripts, "--out", tmp_path / "run"]
    assert status_of(["score", *map(str, arguments)]) == ExitStatus.DONE
    capsys.readouterr()
    out = " ".join(told(capsys, manifest, "--from", tmp_path / "run").split())
    assert "word error rate 1.7%" in out  # one of 59 words
    assert "the default, as the run shows none" in out
    assert "σ = 0.40" in out


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write_calls(tmp_path)
    assert status_of(["plan", str(manifest), "--from", str(tmp_path)]) == ExitStatus.BAD_INPUT
    assert "run.json" in capsys.readouterr().err


def test_without_speakers_there_are_cells_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, write_calls(tmp_path, named=False))
    assert "no intervals and no verdicts" in out
    assert "smallest ratio" not in out


def test_the_demo_is_too_small_for_verdicts_on_accents(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, MANIFESTS / "demo.jsonl")
    assert "30 speakers, 90 utterances, 752 reference words" in out
    assert '"Scotland" (accent) has 5 speakers: 5 more for any verdict' in out
    assert "no group lies wholly inside one group of another tag" in out


def test_faults_of_the_manifest_are_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_calls(tmp_path)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("Scottish", "Scotish"), encoding="utf-8")
    path = tmp_path / "plan.json"
    assert status_of(["plan", str(manifest), "--json", str(path)]) == ExitStatus.BAD_INPUT
    assert "Scotish" in capsys.readouterr().err
    assert not path.exists()
