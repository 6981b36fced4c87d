from pathlib import Path

import pandas as pd
import pytest

from asr_fair.errors import ConfigError, FaultsError
from asr_fair.manifest.transcripts import read_transcripts
from asr_fair.score.transcripts import find_losses

IDS = ["u1", "u2", "u3"]


def read(folder: Path, name: str, content: str | bytes) -> pd.DataFrame:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcripts(path, default_system="vendor", known_ids=IDS)


def messages(folder: Path, name: str, content: str) -> list[str]:
    with pytest.raises(FaultsError) as caught:
        read(folder, name, content)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_defaults_fill_blank_systems_and_conditions(tmp_path: Path) -> None:
    table = read(tmp_path, "t.csv", "utterance_id,text,system\nu1,hi,\nu2,ho,other\n")
    nothing = {"error": None, "language": None}
    assert table.to_dict("records") == [
        {"utterance_id": "u1", "condition": "clean", "system": "vendor", "text": "hi", **nothing},
        {"utterance_id": "u2", "condition": "clean", "system": "other", "text": "ho", **nothing},
    ]


@pytest.mark.parametrize("word", ["NA", "null", "nan", "None", "N/A", "a", "1", "1e5", "true"])
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_words_that_look_like_missing_values_or_numbers_stay_words(
    tmp_path: Path, word: str, ending: str
) -> None:
    line = {"csv": "utterance_id,text\nu1,{}\n", "tsv": "utterance_id\ttext\nu1\t{}\n"}[ending]
    assert read(tmp_path, f"t.{ending}", line.format(word))["text"].tolist() == [word]


def test_empty_cell_of_a_csv_is_an_empty_transcript(tmp_path: Path) -> None:
    table = read(tmp_path, "t.csv", "utterance_id,text,error\nu1,,\nu2,,timeout\n")
    assert table["text"].tolist() == ["", None]
    assert table["error"].tolist() == [None, "timeout"]


def test_null_text_without_an_error_is_a_fault(tmp_path: Path) -> None:
    lines = '{"utterance_id": "u1", "text": null}\n{"utterance_id": "u2", "text": ""}\n'
    assert messages(tmp_path, "t.jsonl", lines) == [
        "t.jsonl:1: text: the row has neither a text nor an error. "
        'Write "" where the system heard nothing, or name the error'
    ]


def test_text_and_error_together_are_a_fault(tmp_path: Path) -> None:
    found = messages(tmp_path, "t.csv", "utterance_id,text,error\nu1,hi,timeout\n")
    assert found == ["t.csv:2: error: the row has both a text and an error. Leave one of them out"]


def test_all_faults_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    lines = "utterance_id,text,condition\nu1,a,\nu9,b,\nu1,c,clean\nu1,d,noise\n"
    assert messages(tmp_path, "t.csv", lines) == [
        "t.csv:3: utterance_id: is not in the manifest, got 'u9'. Is this the manifest that was transcribed?",
        "t.csv:4: utterance_id: line 2 holds this utterance, condition and system already, got 'u1'. "
        "Keep one, or name the system or condition",
    ]


def test_unknown_id_gets_a_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("utterance_id,text\nspeaker01-utt-1,a\n")
    with pytest.raises(FaultsError, match="Did you mean 'speaker01-utt1'"):
        read_transcripts(path, default_system="s", known_ids=["speaker01-utt1", "speaker02-utt7"])


def test_unknown_and_missing_columns_are_named(tmp_path: Path) -> None:
    assert messages(tmp_path, "t.csv", "utterance_id,texts,wer\nu1,a,0\n") == [
        "t.csv: text: this column is missing. The table has: utterance_id, texts, wer",
        "t.csv: texts: unknown column. Did you mean 'text'?",
        "t.csv: wer: unknown column. "
        "Remove it; known: utterance_id, text, system, condition, error, language",
    ]


def test_cells_that_are_no_text_are_refused(tmp_path: Path) -> None:
    lines = '{"utterance_id": 7, "text": "a"}\n{"utterance_id": "u2", "text": ["so", "..."]}\n'
    assert messages(tmp_path, "t.jsonl", lines) == [
        "t.jsonl:1: utterance_id: must be a text, got 7. Put it in quotes",
        "t.jsonl:2: text: must be a text, got ['so', '...']. Hand in the transcript as one text",
    ]


def test_a_detected_language_is_a_code_or_blank(tmp_path: Path) -> None:
    lines = "utterance_id,text,language\nu1,a,en\nu2,b,\nu3,c,pt-BR\n"
    assert read(tmp_path, "t.csv", lines)["language"].tolist() == ["en", None, "pt-BR"]
    assert messages(tmp_path, "t.csv", lines.replace("pt-BR", "Portuguese")) == [
        "t.csv:4: language: is no language code, got 'Portuguese'. Write its code, such as en or pt-BR, "
        "or leave it blank where the system was told the language"
    ]


def test_blank_id_is_refused(tmp_path: Path) -> None:
    assert messages(tmp_path, "t.csv", "utterance_id,text\n ,a\n") == [
        "t.csv:2: utterance_id: is empty. Name the utterance"
    ]


def test_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"t\.csv:3: is not UTF-8"):
        read(tmp_path, "t.csv", b"utterance_id,text\nu1,a\nu2,caf\xe9\n")


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, "t.csv", b"\xef\xbb\xbfutterance_id,text\r\nu1,a\r\n")["text"].tolist() == ["a"]


def test_parquet_reads_like_the_others(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"utterance_id": ["u1", "u2"], "text": ["NA", None], "error": [None, "timeout"]})
    frame.to_parquet(path)
    table = read_transcripts(path, default_system="s", known_ids=IDS)
    assert table["text"].tolist() == ["NA", None]


def test_ids_without_transcript_and_errors_are_losses_of_every_system_and_condition(tmp_path: Path) -> None:
    lines = "utterance_id,text,system,condition,error\nu1,a,s,,\nu2,,s,,timeout\nu1,a,s,noise,\nu3,,t,,\n"
    losses = find_losses(read(tmp_path, "t.csv", lines), IDS)
    assert sorted(losses.values.tolist()) == [
        ["u1", "clean", "t", "missing", "no_transcript"],
        ["u2", "clean", "s", "error", "timeout"],
        ["u2", "clean", "t", "missing", "no_transcript"],
        ["u2", "noise", "s", "missing", "no_transcript"],
        ["u3", "clean", "s", "missing", "no_transcript"],
        ["u3", "noise", "s", "missing", "no_transcript"],
    ]


def test_nothing_lost_gives_an_empty_table(tmp_path: Path) -> None:
    table = read(tmp_path, "t.csv", "utterance_id,text\nu1,a\nu2,b\nu3,\n")
    assert find_losses(table, IDS).empty


def test_half_a_surrogate_pair_is_refused_and_a_whole_one_is_read(tmp_path: Path) -> None:
    rows = '{"utterance_id": "u1", "text": "\\ud83d\\ude00"}\n{"utterance_id": "u2", "text": "hi \\ud83d"}\n'
    assert messages(tmp_path, "t.jsonl", rows) == [
        "t.jsonl:2: text: holds half a surrogate pair, which is no character. Write the whole character"
    ]
    assert read(tmp_path, "t.jsonl", rows.splitlines()[0])["text"].tolist() == ["\U0001f600"]


def test_a_system_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("utterance_id,text\nu1,hi\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="name of the system must not be empty"):
        read_transcripts(path, default_system=" ", known_ids=IDS)
