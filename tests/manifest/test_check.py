"""The manifest contract: what is accepted, what is refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from asr_fair.errors import AsrFairError, ConfigError, FaultsError
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import parse_sidecar
from asr_fair.manifest.tables import write_table

SIDECAR = """
name: ward
language: en
audio_root: audio
dimensions:
  accent: {title: Accent, source: self_report, level: speaker, values: [Scottish, Indian, NA], multiple: true}
  age:
    title: Age
    source: self_report
    level: speaker
    bins: [{label: up to 17, high: 18}, {label: adult, low: 18}]
  handset: {title: Handset, source: device_log, level: utterance, blanks: [NA]}
"""

ROW = {
    "utterance_id": "u1",
    "audio": "a.wav",
    "reference": "hello there",
    "speaker_id": "s1",
    "accent": "Scottish",
    "age": 30,
    "handset": "phone",
}


def write_manifest(folder: Path, rows: list[dict[str, object]], *, ending: str = ".jsonl") -> Path:
    path = folder / f"ward{ending}"
    write_table(pd.DataFrame(rows, dtype=object), path)
    path.with_suffix(".yaml").write_text(SIDECAR, encoding="utf-8")
    return path


def faults_of(path: Path, *, need_audio: bool = True) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        read_manifest(path, need_audio=need_audio)
    return [str(fault).removeprefix(f"{path}") for fault in caught.value.faults]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_table_format_gives_the_same_manifest(tmp_path: Path, ending: str) -> None:
    rows = [ROW | {"age": 30.0}, ROW | {"utterance_id": "u2", "age": 30.0, "handset": "headset"}]
    manifest, warnings = read_manifest(write_manifest(tmp_path, rows, ending=ending))
    table = manifest.table
    assert warnings == ()
    assert table["utterance_id"].tolist() == ["u1", "u2"]
    assert table["accent"].tolist() == [("Scottish",), ("Scottish",)]
    assert table["age"].tolist() == [("adult",), ("adult",)]
    assert table["handset"].tolist() == [("phone",), ("headset",)]
    assert table["audio"].tolist() == [str((tmp_path / "audio" / "a.wav").resolve())] * 2
    assert table["language"].tolist() == ["en", "en"]


def test_several_values_of_one_person_are_a_list_or_barred_text(tmp_path: Path) -> None:
    as_list = write_manifest(tmp_path, [ROW | {"accent": ["Scottish", "Indian"]}])
    manifest, _ = read_manifest(as_list)
    assert manifest.table["accent"].tolist() == [("Scottish", "Indian")]
    as_text = write_manifest(tmp_path, [ROW | {"accent": "Scottish | Indian"}], ending=".csv")
    manifest, _ = read_manifest(as_text)
    assert manifest.table["accent"].tolist() == [("Scottish", "Indian")]


def test_declined_differs_from_unknown_and_a_blank_is_unknown(tmp_path: Path) -> None:
    rows = [
        ROW | {"accent": "declined"},
        ROW | {"utterance_id": "u2", "speaker_id": "s2", "accent": None},
        ROW | {"utterance_id": "u3", "speaker_id": "s3", "accent": "unknown", "age": None},
    ]
    manifest, _ = read_manifest(write_manifest(tmp_path, rows))
    assert manifest.table["accent"].tolist() == [("declined",), ("unknown",), ("unknown",)]
    assert manifest.table["age"].tolist()[2] == ("unknown",)


def test_na_is_a_text_unless_the_sidecar_calls_it_a_blank(tmp_path: Path) -> None:
    manifest, _ = read_manifest(
        write_manifest(tmp_path, [ROW | {"accent": "NA", "handset": "NA"}], ending=".csv")
    )
    assert manifest.table["accent"].tolist() == [("NA",)]
    assert manifest.table["handset"].tolist() == [("unknown",)]


def test_every_faulty_cell_is_named_at_once_with_line_field_value_and_remedy(tmp_path: Path) -> None:
    rows = [
        ROW,
        ROW | {"utterance_id": "u2", "accent": "Scotish", "duration_s": -1},
        ROW | {"utterance_id": "", "speaker_id": "s3", "age": "thirty"},
        ROW | {"utterance_id": "u1", "reference": None},
        ROW | {"utterance_id": "u5", "handset": ["a", "b"], "audio_sha256": "abc"},
        ROW | {"utterance_id": "u6", "start_s": "soon"},
    ]
    found = faults_of(write_manifest(tmp_path, rows))
    expected = [
        ":2: accent: is not among the allowed values (Scottish, Indian, NA), got 'Scotish'",
        ":2: duration_s: must be seconds in (0, 3600], got -1",
        ":3: utterance_id: must not be empty, got ''",
        ":3: age: must be a number, 'declined', 'unknown' or blank, got 'thirty'",
        ":4: utterance_id: stands in line 1 already, got 'u1'",
        ':4: reference: is missing; write "" where nothing was said',
        ":5: handset: holds several values, but the sidecar does not say `multiple: true`, got ['a', 'b']",
        ":5: audio_sha256: must be a SHA-256: 64 hexadecimal digits, got 'abc'",
        ":6: start_s: must be seconds, at least 0, got 'soon'",
    ]
    assert len(found) == len(expected)
    for start in expected:
        assert any(fault.startswith(start) for fault in found), start


def test_a_label_of_level_speaker_must_not_change_within_a_person(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"utterance_id": "u2", "accent": "Indian"}]
    (fault,) = faults_of(write_manifest(tmp_path, rows))
    assert fault.startswith(":2: accent: speaker 's1' has 'Scottish' in line 1, got 'Indian'")
    assert "level: utterance" in fault


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "/etc/passwd",
        "a/../../secret.wav",
        "file:///etc/passwd",
        "simplecache::s3://b/k",
        "link/x",
    ],
)
def test_audio_paths_cannot_leave_the_audio_root(tmp_path: Path, path: str) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "audio" / "link").symlink_to(tmp_path / "outside")
    (fault,) = faults_of(write_manifest(tmp_path, [ROW | {"audio": path}]))
    assert fault.startswith(":1: audio:")


def test_a_remote_url_is_an_audio_path(tmp_path: Path) -> None:
    manifest, _ = read_manifest(write_manifest(tmp_path, [ROW | {"audio": "s3://bucket/a.wav"}]))
    assert manifest.table["audio"].tolist() == ["s3://bucket/a.wav"]


def test_audio_is_not_needed_for_scoring(tmp_path: Path) -> None:
    rows = [{key: value for key, value in ROW.items() if key != "audio"}]
    path = write_manifest(tmp_path, rows)
    assert "the column is required but absent" in faults_of(path)[0]
    manifest, _ = read_manifest(path, need_audio=False)
    assert manifest.table["audio"].tolist() == [None]


def test_a_manifest_without_speakers_is_accepted_with_a_warning(tmp_path: Path) -> None:
    rows = [{key: value for key, value in ROW.items() if key != "speaker_id"}]
    manifest, warnings = read_manifest(write_manifest(tmp_path, rows))
    assert not manifest.has_speakers
    assert "no intervals" in warnings[0]


def test_a_row_without_speaker_among_rows_with_speakers_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(write_manifest(tmp_path, [ROW, ROW | {"utterance_id": "u2", "speaker_id": None}]))
    assert fault.startswith(":2: speaker_id: is empty, but other rows name a speaker")


def test_the_cluster_is_the_unit_of_evidence_where_there_is_one(tmp_path: Path) -> None:
    rows = [ROW | {"cluster": "household 1"}, ROW | {"utterance_id": "u2", "speaker_id": "s2"}]
    manifest, _ = read_manifest(write_manifest(tmp_path, rows))
    assert manifest.clusters.tolist() == ["household 1", "s2"]


def test_a_declared_dimension_without_a_column_gets_a_hint(tmp_path: Path) -> None:
    rows = [{("acent" if key == "accent" else key): value for key, value in ROW.items()}]
    (fault,) = faults_of(write_manifest(tmp_path, rows))
    assert fault == ": accent: the column is declared in the sidecar but absent. Did you mean 'acent'?"


def test_an_undeclared_column_is_ignored_with_a_warning(tmp_path: Path) -> None:
    _, warnings = read_manifest(write_manifest(tmp_path, [ROW | {"mood": "good"}]))
    assert "'mood'" in warnings[0]


def test_a_manifest_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW, ROW | {"utterance_id": "u2"}], ending=".csv")
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"hello", b"h\xe9llo")
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(ConfigError, match=r"ward.csv:3: is not UTF-8 \(byte 0xe9\)"):
        read_manifest(path)


def test_the_digest_changes_with_the_table_and_with_the_sidecar(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW])
    first, _ = read_manifest(path)
    again, _ = read_manifest(path)
    path.with_suffix(".yaml").write_text(SIDECAR + "title: changed\n", encoding="utf-8")
    other, _ = read_manifest(path)
    assert first.digest == again.digest != other.digest


def sidecar_faults(text: str) -> str:
    with pytest.raises(AsrFairError) as caught:
        parse_sidecar(text, name="m.yaml")
    return str(caught.value)


def test_inferred_labels_are_refused_with_the_reason() -> None:
    text = "name: m\ndimensions: {gender: {title: G, source: inferred, level: speaker}}"
    message = sidecar_faults(text)
    assert message.startswith("m.yaml: dimensions.gender.source: labels inferred from audio")
    assert "self-reports" in message


def test_an_annotators_impression_of_gender_is_refused_but_of_accent_is_not() -> None:
    refused = "name: m\ndimensions: {gender: {title: G, source: annotator, level: speaker}}"
    assert "annotator's impression of gender is refused" in sidecar_faults(refused)
    allowed = parse_sidecar(refused.replace("gender", "accent"), name="m.yaml")
    assert allowed.dimensions["accent"].source == "annotator"


def test_unknown_keys_and_reserved_values_of_a_sidecar_are_refused() -> None:
    assert "m.yaml: licens: unknown key" in sidecar_faults("name: m\nlicens: MIT")
    text = "name: m\ndimensions: {a: {title: A, source: self_report, level: speaker, values: [x, unknown]}}"
    assert "'unknown' is reserved" in sidecar_faults(text)
    assert "put it in quotes" in sidecar_faults(text.replace("unknown", "no"))


def test_a_use_that_is_not_permitted_is_refused(tmp_path: Path) -> None:
    from asr_fair.manifest.sidecar import Use

    manifest, _ = read_manifest(write_manifest(tmp_path, [ROW]))
    manifest.require(Use.EVALUATE, why="this is an evaluation")
    with pytest.raises(AsrFairError, match="does not hold 'hosted_engines'"):
        manifest.require(Use.HOSTED_ENGINES, why="this engine sends audio away")
