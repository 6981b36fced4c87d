"""The manifest contract: what is accepted, what is refused, and what the refusal says."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asr_fair.errors import AsrFairError, ConfigError, FaultsError
from asr_fair.manifest.check import read_faulty_manifest, read_manifest
from asr_fair.manifest.sidecar import parse_sidecar
from asr_fair.manifest.tables import read_table, write_table

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
    (folder / "audio").mkdir(exist_ok=True)
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
        "LOCAL:///etc/passwd",
        "memory://a.wav",
        "arrow_hdfs:///a.wav",
        "reference://a.wav",
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


@pytest.mark.parametrize("clusters", [["session 1", "session 2"], ["session 1", None], [None, "session 1"]])
def test_a_cluster_finer_than_a_speaker_is_refused(tmp_path: Path, clusters: list[str | None]) -> None:
    first, second = clusters
    rows = [
        ROW | {"cluster": first},
        ROW | {"utterance_id": "u2", "speaker_id": "s2", "cluster": "session 2"},
        ROW | {"utterance_id": "u3", "cluster": second},
    ]
    (fault,) = faults_of(write_manifest(tmp_path, rows))
    found = "no cluster" if first is None else f"the cluster {first!r}"
    assert fault == (
        f":3: cluster: speaker 's1' has {found} in line 1, got {second or ''!r}. A cluster must be coarser "
        "than a speaker (household, ward): every row of a speaker needs the same one"
    )


def test_a_cluster_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    rows = [ROW | {"cluster": "w"}, ROW | {"utterance_id": "u2", "cluster": 7}]
    (fault,) = faults_of(write_manifest(tmp_path, rows))
    assert fault.startswith(":2: cluster: must be a text, got 7")


def test_two_people_may_share_a_cluster(tmp_path: Path) -> None:
    rows = [ROW | {"utterance_id": f"u{i}", "speaker_id": f"s{i % 2}", "cluster": "ward 3"} for i in range(4)]
    manifest, _ = read_manifest(write_manifest(tmp_path, rows))
    assert manifest.clusters.unique().tolist() == ["ward 3"]


@pytest.mark.parametrize("first", [["5"], [5]])
def test_a_number_in_a_list_is_no_text_whatever_stands_before_it(tmp_path: Path, first: list[object]) -> None:
    other = [5] if first == ["5"] else ["5"]
    rows = [ROW | {"handset": first}, ROW | {"utterance_id": "u2", "handset": other}]
    (fault,) = faults_of(write_manifest(tmp_path, rows))
    assert fault.startswith(f":{1 if first == [5] else 2}: handset: must be a text, got [5]")


@pytest.mark.parametrize("cell", [{"a": 1}, [{"a": 1}], [["phone"]]])
def test_a_nested_label_is_a_fault(tmp_path: Path, cell: object) -> None:
    (fault,) = faults_of(write_manifest(tmp_path, [ROW | {"handset": cell}]))
    assert fault.startswith(f":1: handset: must be a text, got {cell!r}")


def test_a_number_beyond_every_float_is_a_fault(tmp_path: Path) -> None:
    found = faults_of(write_manifest(tmp_path, [ROW | {"age": 10**400, "start_s": 10**400}]))
    assert sorted(fault.split(", got")[0] for fault in found) == [
        ":1: age: must be a number, 'declined', 'unknown' or blank",
        ":1: start_s: must be seconds, at least 0",
    ]


@pytest.mark.parametrize("column", ["utterance_id", "reference", "handset", "accent"])
def test_half_a_surrogate_pair_is_a_fault_of_its_cell(tmp_path: Path, column: str) -> None:
    path = write_manifest(tmp_path, [ROW])
    cell: object = ["Scottish", "\udc00"] if column == "accent" else "a\ud83d"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW | {column: cell}) + "\n", encoding="utf-8")
    (fault,) = faults_of(path)
    assert fault.startswith(f":2: {column}: holds half a surrogate pair")


def test_a_text_of_a_parquet_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW], ending=".parquet")
    offsets, characters = pa.py_buffer(struct.pack("<2i", 0, 1)), pa.py_buffer(b"\xff")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, characters])
    pq.write_table(pa.table({"utterance_id": broken}), path)
    with pytest.raises(ConfigError, match=r"ward.parquet: cannot be read as Parquet: .*UTF8"):
        read_manifest(path)


def test_an_empty_value_beside_a_bar_is_named(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW | {"accent": " Indian | Scottish|"}], ending=".csv")
    (fault,) = faults_of(path)
    assert fault.startswith(":2: accent: has an empty value beside '|'")
    (fault,) = faults_of(write_manifest(tmp_path, [ROW | {"accent": ["Indian", None]}]))
    assert fault.startswith(":1: accent: has an empty value in its list")


def test_names_that_differ_only_in_case_or_spacing_are_pointed_out(tmp_path: Path) -> None:
    handsets = ["Phone", "phone", "desk  phone", "desk phone", "headset", "Unknown"]
    rows = [ROW | {"utterance_id": f"u{i}", "handset": each} for i, each in enumerate(handsets)]
    _, warnings = read_manifest(write_manifest(tmp_path, rows))
    named = [warning.split(" differ only")[0].split("handset: ")[1] for warning in warnings]
    assert named == ["'Phone', 'phone'", "'Unknown', 'unknown'", "'desk  phone', 'desk phone'"]


@pytest.mark.parametrize("url", ["file:///data", "memory://data", "simplecache::s3://b"])
def test_an_audio_root_on_this_machine_must_be_a_path(url: str) -> None:
    message = sidecar_faults(f"name: m\naudio_root: '{url}'")
    assert message.startswith("m.yaml: audio_root: must")
    assert parse_sidecar("name: m\naudio_root: s3://b", name="m").audio_root == "s3://b"


def test_the_allowed_schemes_are_named(tmp_path: Path) -> None:
    (fault,) = faults_of(write_manifest(tmp_path, [ROW | {"audio": "memory://a.wav"}]))
    assert "begins with one of http, https, s3," in fault


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAKEY:tops/ecret@bucket/a.wav",
        "https://me:topsecret@example.org/a.wav",
        "https://topsecret@example.org/a.wav",
        "https://b.s3.amazonaws.com/a.wav?X-Amz-Date=1&X-Amz-Signature=topsecret&x=1",
        "https://a.blob.core.windows.net/c/a.wav?sv=1&sig=topsecret",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    (fault,) = faults_of(write_manifest(tmp_path, [ROW | {"audio": url}]))
    assert fault.startswith(":1: audio: must not hold a user, a password or a signature")
    assert "environment" in fault
    of_root = sidecar_faults(f"name: m\naudio_root: '{url}'")
    assert of_root.startswith("m.yaml: audio_root: must not hold a user")
    assert not re.search("tops|ecret|AKIAKEY|me:", fault + of_root)


@pytest.mark.parametrize(
    "url",
    [
        "abfs://container@account.dfs.core.windows.net/a.wav",
        "https://h.org:8080/me@home.wav",
        "s3://b/a@b.wav",
    ],
)
def test_an_at_sign_is_no_password(tmp_path: Path, url: str) -> None:
    manifest, _ = read_manifest(write_manifest(tmp_path, [ROW | {"audio": url}]))
    assert manifest.table["audio"].tolist() == [url]


def test_a_missing_audio_root_is_one_fault_and_leaves_nothing_to_open(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"utterance_id": "u2"}, ROW | {"utterance_id": "u3", "audio": "s3://b/a.wav"}]
    path = write_manifest(tmp_path, rows)
    (tmp_path / "audio").rmdir()
    manifest, faults, _ = read_faulty_manifest(path)
    sidecar = path.with_suffix(".yaml")
    assert [str(fault) for fault in faults] == [
        f"{sidecar}: audio_root: no such folder, got 'audio'. Mend it: it is seen from the folder of the "
        "sidecar"
    ]
    assert [source.path for source in manifest.sources()] == ["s3://b/a.wav"]
    assert read_faulty_manifest(path, need_audio=False)[1] == ()


def test_rows_keep_their_line_and_the_name_of_their_table(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW])
    path.write_text(f"\n{json.dumps(ROW)}\n\n{json.dumps(ROW | {'utterance_id': 'u2'})}\n", encoding="utf-8")
    manifest, _ = read_manifest(path)
    assert manifest.lines.tolist() == [2, 4]
    assert manifest.name == str(path)
    faulty, _, _ = read_faulty_manifest(write_manifest(tmp_path, [{"utterance_id": "u1"}]))
    assert len(faulty.lines) == len(faulty.table) == 0


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_missing_table_is_named_before_its_sidecar(tmp_path: Path, ending: str) -> None:
    with pytest.raises(ConfigError, match=rf"nope\{ending}: cannot be read: No such file"):
        read_manifest(tmp_path / f"nope{ending}")


def test_a_missing_sidecar_is_asked_for(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, [ROW])
    path.with_suffix(".yaml").unlink()
    with pytest.raises(ConfigError, match=r"ward.yaml: no such file. A manifest needs a sidecar .*README"):
        read_manifest(path)


@pytest.mark.parametrize("name", [".", "/", "folder"])
def test_a_folder_is_no_manifest(name: str) -> None:
    with pytest.raises(ConfigError, match="a table's name must end in"):
        read_manifest(Path(name))


def test_a_folder_name_with_an_equals_sign_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "handset=phone").mkdir()
    path = write_manifest(tmp_path / "handset=phone", [{**ROW, "handset": "x"}], ending=".parquet")
    assert read_table(path).frame["handset"].tolist() == ["x"]
    _, warnings = read_manifest(path)
    assert warnings == ()


def test_a_misspelt_column_gets_a_suggestion_beside_the_faults_too(tmp_path: Path) -> None:
    rows = [{("speakr_id" if key == "speaker_id" else key): value for key, value in ROW.items()}]
    _, warnings = read_manifest(write_manifest(tmp_path, rows))
    assert warnings[0].endswith("it is ignored; did you mean 'speaker_id'?")
    del rows[0]["accent"]
    _, faults, warnings = read_faulty_manifest(write_manifest(tmp_path, rows))
    assert [fault.field for fault in faults] == ["accent"]
    assert [warning.split("; did")[-1] for warning in warnings] == [" you mean 'speaker_id'?"]


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


@pytest.mark.parametrize(
    ("accent", "handset", "expected"),
    [
        ("synthetic", "synthetic", True),
        ("synthetic", "device_log", True),
        ("self_report", "synthetic", False),
        ("self_report", "device_log", False),
    ],
)
def test_voices_are_synthetic_where_a_label_of_the_speaker_is_a_setting(
    accent: str, handset: str, expected: bool
) -> None:
    text = (
        f"name: m\ndimensions:\n  accent: {{title: A, source: {accent}, level: speaker}}\n"
        f"  handset: {{title: H, source: {handset}, level: utterance}}\n"
    )
    assert parse_sidecar(text, name="m.yaml").synthetic is expected
