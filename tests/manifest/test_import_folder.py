"""A customer's folder and table as a manifest: what is taken, what is refused, what is said."""

from __future__ import annotations

import json
import stat
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from asr_fair.cli.main import status_of
from asr_fair.errors import AsrFairError, ConfigError, ExitStatus, FaultsError
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.folder import FolderOptions, FolderSummary, import_folder
from asr_fair.manifest.folder.exports import parse_export, read_export
from asr_fair.manifest.folder.files import find_recordings
from asr_fair.manifest.pseudonyms import pseudonym, read_key
from asr_fair.manifest.tables import read_table

MESSY = (
    "\ufeffSprecher;Datei;Transkript;Akzent ;Alter;Headset;;\r\n"
    'Müller, Anna;Müller_Anna-1;"Guten Tag; bitte";bayrisch;34;ja;;\r\n'
    "Müller, Anna;Müller_Anna-2;Noch einmal;Bayrisch;34;nein;;\r\n"
    "Cem;Tag 2\\CEM_01.mp3;Hallo;Türkisch|Berlinerisch;71;ja;;\r\n"
    "Cem;cem 2;Tschüss;;71;ja;;\r\n"
    "Bob;bob;Hi;Prefer not to say;19;ja;;\r\n"
    "Neu;neu_1;Fehlt;;50;ja;;\r\n"
    ";;;;;;;\r\n"
)
FILES = [
    "day 1/Müller Anna 01.WAV",
    "day 1/Müller Anna 02.WAV",
    "tag_2/cem 1.flac",
    "tag_2/cem 02.m4a",
    "Bob.wav",
]
SOURCES = {"Akzent": "self_report", "Alter": "self_report", "headset": "device_log"}
OPTIONS = {"sources": SOURCES, "bins": {"Alter": (18.0, 40.0)}, "language": "de"}


def write_files(folder: Path, names: list[str]) -> Path:
    for name in names:
        path = folder / unicodedata.normalize("NFD", name)  # as macOS writes them
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(MESSY, encoding="utf-8", newline="")
    return write_files(tmp_path / "recordings", [*FILES, "day 1/spare.wav", "day 1/notes.docx", "._Bob.wav"])


def imported(source: Path, **options: object) -> FolderSummary:
    given = {"table": source.parent / "table.csv", **OPTIONS, **options}
    return import_folder(source, source.parent / "m.jsonl", FolderOptions(**given))


def rows_of(summary: FolderSummary) -> pd.DataFrame:
    return read_table(summary.manifest).frame


def test_a_spreadsheets_export_and_messy_names_come_together(source: Path) -> None:
    summary = imported(source)
    manifest, warnings = read_manifest(summary.manifest)
    assert warnings == ()
    table = manifest.table
    assert [unicodedata.normalize("NFC", Path(path).name) for path in table["audio"]] == [
        "Müller Anna 01.WAV", "Müller Anna 02.WAV", "cem 1.flac", "cem 02.m4a", "Bob.wav",
    ]  # fmt: skip
    assert all(Path(path).is_file() for path in table["audio"])
    assert table["reference"].tolist() == ["Guten Tag; bitte", "Noch einmal", "Hallo", "Tschüss", "Hi"]
    assert table["language"].tolist() == ["de"] * 5
    assert table["akzent"].tolist() == [("Bayrisch",)] * 2 + [("Türkisch", "Berlinerisch")] * 2 + [
        ("declined",)
    ]
    assert table["alter"].tolist() == [("18 to 39",)] * 2 + [("40 and over",)] * 2 + [("18 to 39",)]
    levels = {name: spec.level for name, spec in manifest.sidecar.dimensions.items()}
    assert levels == {"akzent": "speaker", "alter": "speaker", "headset": "utterance"}


def test_what_was_taken_guessed_and_changed_is_said(source: Path) -> None:
    summary = imported(source)
    said = " ".join([*summary.taken, *summary.notes])
    for fact in (
        "'Datei' is audio",
        "'Sprecher' is speaker_id",
        "'Akzent' is the tag akzent (self_report, per speaker): Bayrisch 2",
        "semicolons between the cells",
        "5 of 6 rows matched a recording",
        "1 .docx",
        "'Prefer not to say' in 1 row read as 'declined'",
        "Akzent: 1 blank cell filled with the same person's own answer",
    ):
        assert fact in said


def test_whatever_did_not_match_is_counted_and_listed(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(source, [f"more/{n}.wav" for n in range(1000, 1030)])
    write_files(source, ["a/Bob.wav", "b/bob.WAV"])
    (source / "Bob.wav").unlink()
    table, out = str(source.parent / "table.csv"), source.parent / "m.jsonl"
    tags = ("--source", "Akzent=self_report", "--ignore", "Alter", "--ignore", "Headset")
    arguments = ["import", "folder", str(source), "--table", table, "--out", str(out), *tags]
    assert status_of(arguments) == ExitStatus.DONE
    errors = capsys.readouterr().err
    assert "rows that mean no recording: 1\n  line 7: 'neu_1'" in errors
    assert "recordings that no row means: 31" in errors
    assert errors.count("'more/") == 9  # ten are shown, 'day 1/spare.wav' among them
    assert f"and 21 more; all of them are in {source.parent / 'private/m.import.txt'}" in errors
    assert "line 6: 'bob': 'a/Bob.wav' or 'b/bob.WAV'" in errors
    listing = (source.parent / "private/m.import.txt").read_text(encoding="utf-8")
    assert [n for n in range(1000, 1030) if f"'more/{n}.wav'" not in listing] == []
    assert "line 4: 'Tag 2\\\\CEM_01.mp3' = 'tag_2/cem 1.flac' (leading zeros)" in listing
    assert len(read_table(out).lines) == 4


def test_no_name_of_a_person_is_left_in_ids_and_the_key_gives_them_again(source: Path) -> None:
    summary = imported(source)
    table = rows_of(summary)
    ids = " ".join([*table["utterance_id"], *table["speaker_id"]]).casefold()
    assert [name for name in ("müller", "anna", "cem", "bob") if name in ids] == []
    assert table["utterance_id"].is_unique
    key = read_key(summary.manifest)
    assert key is not None
    assert table["speaker_id"].iloc[0] == pseudonym(key, "Müller, Anna")
    assert summary.key is not None
    assert stat.S_IMODE(summary.key.stat().st_mode) == 0o600


def test_importing_again_gives_the_same_people_and_ids_also_beside_new_recordings(source: Path) -> None:
    before = rows_of(imported(source)).set_index("audio")
    sidecar = (source.parent / "m.yaml").read_bytes()
    write_files(source, ["aaa.wav", "neu 1.wav"])
    after = rows_of(imported(source, bins={})).set_index("audio")
    assert len(after) == len(before) + 1
    assert after.loc[before.index, ["utterance_id", "speaker_id"]].equals(
        before[["utterance_id", "speaker_id"]]
    )
    assert (source.parent / "m.yaml").read_bytes() == sidecar


def test_names_are_kept_only_when_asked(source: Path) -> None:
    summary = imported(source, keep_speaker_ids=True, keep_file_names=True)
    table = rows_of(summary)
    assert table["speaker_id"].tolist() == ["Müller, Anna"] * 2 + ["Cem"] * 2 + ["Bob"]
    assert table["utterance_id"].tolist()[-1] == "Bob"
    assert summary.key is None
    assert not list(source.parent.glob("private/*key"))
    assert any("keep their names" in note for note in summary.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sources": {}}, "'Akzent', 'Alter' and 'Headset': a label must say where it comes from"),
        (
            {"sources": SOURCES | {"Akzent": "inferred"}},
            "Akzent=inferred: source: labels inferred from audio",
        ),
        ({"sources": SOURCES | {"Akzent": "rumour"}}, "must be 'self_report'"),
        ({"sources": SOURCES | {"Acent": "self_report"}}, "no column 'Acent'. Did you mean 'Akzent'"),
        ({"sources": SOURCES | {"Datei": "self_report"}}, "is the manifest's, and no label"),
        ({"columns": {"adio": "Datei"}}, "Did you mean 'audio'"),
        ({"columns": {"audio": "Date"}}, "Did you mean 'Datei'"),
        (
            {"columns": {"audio": "Transkript"}, "ignored": ("Datei",)},
            "no row means a recording: the table says 'Guten Tag; bitte', ",
        ),
        ({"table": Path("m.xlsx")}, "Save As > 'CSV UTF-8"),
        ({"table": Path("absent.csv")}, "absent.csv: cannot be read"),
        ({"table": None}, "--column, --source and --ignore are about the columns of a table"),
        ({"table": None, "sources": {}}, "no words: neither a column"),
        ({"encoding": "klingon"}, "no such encoding"),
        ({"encoding": "ascii"}, "is not ascii"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_written(
    source: Path, options: dict[str, object], message: str
) -> None:
    before = sorted(source.parent.rglob("*"))
    with pytest.raises(AsrFairError) as error:
        imported(source, **options)
    assert message in str(error.value)
    assert sorted(source.parent.rglob("*")) == before


def test_many_different_numbers_need_bands(tmp_path: Path) -> None:
    rows = "".join(f"{n}.wav,hi,p{n},{20 + n}\n" for n in range(8))
    (tmp_path / "table.csv").write_text("file,text,speaker,age\n" + rows)
    source = write_files(tmp_path / "recordings", [f"{n}.wav" for n in range(8)])
    with pytest.raises(ConfigError, match=r"8 different numbers.*--bins 'age=18,40,65'"):
        imported(source, sources={"age": "self_report"}, bins={})
    bins = rows_of(imported(source, sources={"age": "self_report"}, bins={"age": (24.0,)}))
    manifest, _ = read_manifest(tmp_path / "m.jsonl")
    assert len(bins) == 8
    assert manifest.groups("age") == ("24 and over", "below 24")


@pytest.mark.parametrize("bins", ["Alter=40,18", "Alter=old", "Alter=", "18,40"])
def test_bands_that_are_none_are_refused(source: Path, bins: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["import", "folder", str(source), "--out", str(source.parent / "m.csv"), "--bins", bins]
    assert status_of(arguments) == ExitStatus.BAD_INPUT
    assert "Invalid value for '--bins'" in capsys.readouterr().err


def test_names_of_people_do_not_become_labels_unnoticed(tmp_path: Path) -> None:
    rows = "".join(f"{n}.wav,hi,p{n},Person {'abcdefgh'[n]}\n" for n in range(8))
    source = write_files(tmp_path / "recordings", [f"{n}.wav" for n in range(8)])
    (tmp_path / "table.csv").write_text("file,text,speaker_id,remark\n" + rows)
    notes = imported(source, sources={"remark": "self_report"}, bins={}).notes
    assert any("remark: 8 different answers of 8 speakers" in note for note in notes)
    (tmp_path / "m.yaml").unlink()
    (tmp_path / "table.csv").write_text("file,text,speaker_id,Participant\n" + rows)
    with pytest.raises(ConfigError, match=r"'Participant' may be 'speaker_id', which 'speaker_id'"):
        imported(source, sources={"Participant": "self_report"}, bins={})


def test_a_blank_is_filled_with_self_reports_alone(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("file,text,speaker,accent,mic\n1.wav,a,p,Scottish,x\n2.wav,b,p,,\n")
    source = write_files(tmp_path / "recordings", ["1.wav", "2.wav"])
    table = rows_of(imported(source, sources={"accent": "self_report", "mic": "device_log"}, bins={}))
    assert table["accent"].tolist() == ["Scottish", "Scottish"]
    assert table["mic"].tolist() == ["x", None]


def test_answers_of_a_form_are_read_as_people_gave_them(tmp_path: Path) -> None:
    cells = ["Scottish;Indian;", "indian", "NA", "keine Lust", "Unknown", "Indian"]
    rows = "".join(f'{n}.wav,hi,p{n},"{cell}"\n' for n, cell in enumerate(cells))
    (tmp_path / "table.csv").write_text("file,text,speaker,accent\n" + rows)
    source = write_files(tmp_path / "recordings", [f"{n}.wav" for n in range(6)])
    how = {"sources": {"accent": "self_report"}, "bins": {}, "several": {"accent": ";"}}
    summary = imported(source, **how, declined=("Keine Lust",))
    assert rows_of(summary)["accent"].tolist() == [
        ["Scottish", "Indian"], "Indian", "NA", "declined", "unknown", "Indian",
    ]  # fmt: skip
    assert any("'NA' in 1 row is kept as a group of its own" in note for note in summary.notes)
    summary.sidecar.unlink()
    assert rows_of(imported(source, **how, blanks=("na",)))["accent"].tolist()[2] is None


def test_a_sidecar_that_is_there_rules(source: Path) -> None:
    sidecar = source.parent / "m.yaml"
    sidecar.write_text(
        "# mine\nname: ward\naudio_root: .\npermitted_use: [evaluate, play_audio]\ndimensions:\n"
        "  accent: {title: Akzent, source: self_report, level: speaker, values: [BAYRISCH, Türkisch, "
        "Berlinerisch], multiple: true}\n",
        encoding="utf-8",
    )
    text = sidecar.read_bytes()
    summary = imported(source, sources={}, bins={}, ignored=("Alter", "Headset"))
    assert sidecar.read_bytes() == text
    table = rows_of(summary)
    assert table["accent"].tolist()[0] == "BAYRISCH"
    assert table["audio"].tolist()[-1] == "recordings/Bob.wav"
    with pytest.raises(ConfigError, match=r"does not declare it. Add under its `dimensions`: `alter: "):
        imported(source, sources={"Alter": "self_report"}, bins={}, ignored=("Headset",))
    with pytest.raises(ConfigError, match="says that its source is 'self_report'"):
        imported(source, sources={"Akzent": "device_log"}, bins={}, ignored=("Alter", "Headset"))
    sidecar.write_text(text.decode().replace("audio_root: .", "audio_root: private"), encoding="utf-8")
    with pytest.raises(ConfigError, match="does not lie in the audio_root 'private'"):
        imported(source, sources={}, bins={}, ignored=("Alter", "Headset"))


def test_a_dimension_that_the_table_lacks_and_a_faulty_row_are_named_with_the_tables_line(
    source: Path,
) -> None:
    (source.parent / "m.yaml").write_text(
        "name: w\naudio_root: recordings\ndimensions:\n"
        "  dialect: {title: Dialect, source: self_report, level: speaker}\n"
    )
    with pytest.raises(FaultsError, match=r"table\.csv: dialect: the sidecar declares this dimension"):
        imported(source, sources={}, bins={})
    (source.parent / "m.yaml").unlink()
    (source.parent / "table.csv").write_text(MESSY.replace("Cem;cem 2", ";cem 2"), encoding="utf-8")
    with pytest.raises(FaultsError, match=r"table\.csv:5: speaker_id: is empty, but other rows"):
        imported(source)


def test_every_column_that_says_no_source_is_in_the_proposed_command(source: Path) -> None:
    names = "Akzent", "Alter", "Headset", "Station"
    (source.parent / "table.csv").write_text("Datei;Transkript;" + ";".join(names) + "\nbob;Hi;a;1;b;c\n")
    with pytest.raises(ConfigError) as caught:
        imported(source, sources={}, bins={})
    for name in names:
        assert f"--source '{name}=self_report'" in str(caught.value)
    assert "who speaks, --column speaker_id='Akzent'" in str(caught.value)


def doubts(folder: Path, rows: list[str], *columns: str, **options: object) -> str:
    """What an import of rows `name;words;person;...` says besides what it always says."""
    write_files(folder / "recordings", [f"{row.split(';')[0]}.wav" for row in rows])
    (folder / "table.csv").write_text("\n".join([";".join(["file", "words", *columns]), *rows]) + "\n")
    return "\n".join(imported(folder / "recordings", language="en", **options).notes)


def test_several_answers_with_another_sign_between_them_are_doubted(tmp_path: Path) -> None:
    rows = ["r1;a;p1;Scottish", "r2;b;p2;Scottish, Indian", "r3;c;p3;Newcastle, England"]
    given = {"sources": {"accent": "self_report"}, "bins": {}}
    notes = doubts(tmp_path, rows, "speaker", "accent", **given)
    assert "accent: 'Scottish, Indian' in 1 row is kept as one answer" in notes
    assert "--several 'accent=,'" in notes
    assert "Newcastle" not in notes
    (tmp_path / "m.yaml").unlink()
    notes = "\n".join(imported(tmp_path / "recordings", **given, several={"accent": ","}).notes)
    assert "kept as one answer" not in notes


def test_ages_in_bands_are_not_taken_for_names_or_remarks(tmp_path: Path) -> None:
    rows = [f"r{number};a;p{number};{20 + number}" for number in range(12)]
    sources = {"age": "self_report"}
    notes = doubts(tmp_path, rows, "speaker", "age", sources=sources, bins={"age": (18.0, 25.0)})
    assert "hardly anybody" not in notes
    assert (tmp_path / "m.yaml").is_file()  # now the sidecar declares the bands
    assert "hardly anybody" not in "\n".join(imported(tmp_path / "recordings", sources={}, bins={}).notes)


def test_nothing_is_said_of_how_many_share_an_answer_where_nobody_is_known(tmp_path: Path) -> None:
    rows = [f"r{number};a;place {number}" for number in range(12)]
    notes = doubts(tmp_path, rows, "place", sources={"place": "device_log"}, bins={})
    assert "no column says who speaks" in notes
    assert "hardly anybody" not in notes


def test_texts_beside_the_recordings_do_without_a_table(tmp_path: Path) -> None:
    source = write_files(tmp_path / "recordings", ["a.wav", "b/c.WAV", "d.wav"])
    (source / "a.txt").write_text("\ufeffHello\r\nthere.\r\n", encoding="utf-8")
    (source / "b/c.txt").write_text("", encoding="utf-8")
    summary = import_folder(source, tmp_path / "m.csv", FolderOptions())
    assert sorted(rows_of(summary)["reference"]) == ["", "Hello there."]
    assert summary.left_out == {"recordings without words": ["'d.wav'"]}
    notes = " ".join(summary.notes)
    assert "no column says who speaks" in notes
    assert "1 blank transcript" in notes
    assert read_manifest(tmp_path / "m.csv")[0].sidecar.dimensions == {}


def test_segments_of_one_recording_are_rows_of_their_own(tmp_path: Path) -> None:
    source = write_files(tmp_path / "recordings", ["a.wav"])
    (tmp_path / "table.csv").write_text(
        "file;text;speaker;start_s;duration_s\na;one;p;0;1,5\na;two;p;1,5;2\n"
    )
    table = rows_of(imported(source, sources={}, bins={}))
    assert table["start_s"].tolist() == ["0", "1.5"]
    assert table["utterance_id"].is_unique
    assert read_manifest(tmp_path / "m.jsonl")[0].table["duration_s"].tolist() == [1.5, 2.0]


def test_the_table_is_never_overwritten(source: Path) -> None:
    table = source.parent / "table.csv"
    with pytest.raises(ConfigError, match="is the table itself"):
        import_folder(source, table, FolderOptions(table=table))


def test_speakers_called_almost_alike_are_pointed_out(tmp_path: Path) -> None:
    source = write_files(tmp_path / "recordings", ["1.wav", "2.wav"])
    (tmp_path / "table.csv").write_text("file,text,speaker\n1,a,P01\n2,b,p1\n")
    assert "almost alike are taken for different people: 'P01' and 'p1'" in " ".join(
        imported(source, sources={}, bins={}).notes
    )


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a\u202ewav.exe",
    "a\x1b[31mred",
    "😀",
    "شريط",
    "'; --",
]


def test_hostile_names_reach_neither_terminal_nor_listing_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [name.replace("/", "_") for name in HOSTILE]
    source = write_files(tmp_path / "recordings", [f"{name}.wav" for name in names] + ["ok.wav"])
    lines = [{"file": name, "text": "hi", "speaker": name, "who": name} for name in [*names[:4], "ok"]]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "m.csv"
    arguments = ["--table", str(tmp_path / "t.jsonl"), "--out", str(out), "--ignore", "who"]
    assert status_of(["import", "folder", str(source), *arguments]) == ExitStatus.DONE
    listing = (tmp_path / "private/m.import.txt").read_text(encoding="utf-8")
    for text in (*capsys.readouterr(), listing):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert len(read_manifest(out)[0].table) == 5


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    source = write_files(tmp_path / "recordings", ["ok.wav"])
    (source / b"M\xfcller.wav".decode("utf-8", "surrogateescape")).touch()
    with pytest.raises(FaultsError, match=r"name is not UTF-8, got b'M\\xfcller.wav'. Rename it"):
        find_recordings(source)


def test_a_folder_without_recordings_says_what_it_holds(tmp_path: Path) -> None:
    write_files(tmp_path / "docs", ["a.docx", "b.docx", "c.pdf"])
    with pytest.raises(ConfigError, match=r"holds no recording, only 2 \.docx, 1 \.pdf"):
        find_recordings(tmp_path / "docs")
    with pytest.raises(ConfigError, match="is not a folder"):
        find_recordings(tmp_path / "absent")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x y\n",
        "a;b\n1;x y\n",
        "a\tb\r\n1\tx y\r\n",
        "sep=;\na;b\n1;x y\n",
        'a;b;;\n"1"; x y ;;\n;;;\n\n',
        " a ;b\n1;x y",
    ],
)
def test_every_way_of_exporting_gives_the_same_table(text: str) -> None:
    frame = parse_export(text, name="t.csv").raw.frame
    assert frame.to_dict("records") == [{"a": "1", "b": "x y"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_of_a_spreadsheet_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes("Name;Text\nMüller;Grüße\n".encode(encoding))
    export = read_export(tmp_path / "t.csv")
    assert export.raw.frame.to_dict("records") == [{"Name": "Müller", "Text": "Grüße"}]
    assert any("'Müller', 'Grüße' must be right" in note for note in export.notes) == (encoding == "cp1252")


def test_lines_are_those_of_the_file_also_behind_empty_rows_and_line_breaks() -> None:
    raw = parse_export('a,b\n\n"one\ntwo",x\n,,\n3,y\n', name="t.csv").raw
    assert raw.lines.tolist() == [3, 6]
