"""transcripts: a system whose texts stand in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asr_fair.asr import describe_engine, load_engine
from asr_fair.asr.base import Clip, Failure
from asr_fair.config import SystemConfig, parse_config
from asr_fair.errors import ConfigError, FaultsError
from asr_fair.records import Hypothesis

MakeSystem = Callable[..., SystemConfig]
SILENCE = np.zeros(8, dtype=np.float32)


def system_of(make_system: MakeSystem, path: Path, content: str) -> SystemConfig:
    path.write_text(content, encoding="utf-8")
    return make_system("transcripts", "vendor 3.1", path=path)


def test_each_utterance_gets_the_text_of_its_condition_or_a_reason(
    make_system: MakeSystem, tmp_path: Path
) -> None:
    table = '{"utterance_id": "a", "text": "hello"}\n{"utterance_id": "a", "condition": "noisy", '
    table += '"error": "timeout"}\n{"utterance_id": "b", "text": ""}\n'
    with pytest.raises(FaultsError, match=r"t\.jsonl:4: text: the row has neither"):
        describe_engine(system_of(make_system, tmp_path / "t.jsonl", table + '{"utterance_id": "c"}'))
    engine = load_engine(system_of(make_system, tmp_path / "t.jsonl", table))
    clips = [Clip(*key, SILENCE) for key in (("a", "clean"), ("a", "noisy"), ("b", "clean"), ("b", "noisy"))]
    first, second, third, fourth = engine.transcribe(clips)
    assert first == Hypothesis("hello", batch_size=1)
    assert isinstance(second, Failure)
    assert second.reason == "timeout"
    assert third == Hypothesis("", batch_size=1)
    assert isinstance(fourth, Failure)
    assert fourth.reason == "no_transcript"
    assert "no line for it under noisy" in fourth.message


def test_the_text_key_is_the_files_content_wherever_it_lies(make_system: MakeSystem, tmp_path: Path) -> None:
    one, two = "utterance_id,text\na,hello\n", "utterance_id,text\na,hallo\n"
    first = describe_engine(system_of(make_system, tmp_path / "one.csv", one))
    moved = describe_engine(system_of(make_system, tmp_path / "moved.csv", one))
    other = describe_engine(system_of(make_system, tmp_path / "one.csv", two))
    assert first.text_key == moved.text_key != other.text_key
    assert first.answers == {("a", "clean")}


def test_of_a_table_with_several_systems_the_one_of_that_name_counts(
    make_system: MakeSystem, tmp_path: Path
) -> None:
    table = "utterance_id,system,text\na,tested,mine\na,other,theirs\n"
    engine = load_engine(system_of(make_system, tmp_path / "t.csv", table))
    assert engine.transcribe([Clip("a", "clean", SILENCE)]) == [Hypothesis("mine", batch_size=1)]
    with pytest.raises(ConfigError, match="no line of the system 'tested'; it has other, third"):
        describe_engine(system_of(make_system, tmp_path / "t.csv", table.replace("a,tested", "a,third")))


def test_an_absent_file_is_named_and_a_path_is_seen_from_the_configuration(
    make_system: MakeSystem, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"gone\.csv: cannot be read: No such file"):
        describe_engine(make_system("transcripts", path=tmp_path / "gone.csv"))
    text = "name: r\nmanifest: m.csv\nsystems: [{name: s, engine: transcripts, path: t.csv}]\n"
    (system,) = parse_config(text, name="run.yaml", base=tmp_path).systems
    assert system.model_dump()["path"] == tmp_path / "t.csv"
