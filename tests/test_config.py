"""The run configuration: what is refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.config import parse_config, read_config
from asr_fair.errors import AsrFairError, ConfigError, Fault, FaultsError, UnknownNameError

MINIMAL = """
name: ward
manifest: data/ward.jsonl
systems: [{name: tiny, engine: openai-whisper, model: tiny.en}]
"""


def refusal(text: str) -> str:
    with pytest.raises(AsrFairError) as caught:
        parse_config(text, name="run.yaml", base=Path("/home/me"))
    return str(caught.value)


def test_paths_are_seen_from_the_file_they_stand_in() -> None:
    config = parse_config(MINIMAL + "output: out\n", name="run.yaml", base=Path("/home/me"))
    assert config.manifest == Path("/home/me/data/ward.jsonl")
    assert config.run_dir == Path("/home/me/out")


def test_a_model_beside_the_configuration_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    text = MINIMAL.replace("tiny.en", "models")
    assert parse_config(text, name="run.yaml", base=tmp_path).systems[0].model == str(tmp_path / "models")
    assert parse_config(MINIMAL, name="run.yaml", base=tmp_path).systems[0].model == "tiny.en"


def test_all_unknown_and_missing_keys_are_named_at_once() -> None:
    message = refusal("name: a\nmanifst: m\nsystems: [{name: x, engine: e, model: m, beam: 5}]\n")
    assert "run.yaml: manifest: is missing" in message
    assert "run.yaml: manifst: unknown key" in message
    assert "run.yaml: systems.0.beam: unknown key" in message


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    assert (
        refusal(MINIMAL + "seed: 1\nseed: 2\n")
        == "run.yaml:6: is not valid YAML: the key 'seed' stands twice"
    )


def test_a_snr_must_be_a_finite_number() -> None:
    assert "snr_db" in refusal(MINIMAL + "conditions: [clean, {profile: scanner, snr_db: loud}]\n")
    assert "snr_db" in refusal(MINIMAL + "conditions: [clean, {profile: scanner, snr_db: .nan}]\n")


def test_a_single_snr_is_a_list_of_one() -> None:
    config = parse_config(
        MINIMAL + "conditions: [clean, {profile: scanner, snr_db: 5}]\n", name="c", base=Path()
    )
    assert [getattr(each, "snr_db", None) for each in config.conditions] == [None, (5.0,)]


def test_clean_must_be_among_the_conditions() -> None:
    assert "'clean' must be among them" in refusal(MINIMAL + "conditions: [{profile: scanner, snr_db: 5}]\n")


def test_two_systems_of_one_name_are_refused() -> None:
    twice = MINIMAL.replace("tiny.en}]", "tiny.en}, {name: tiny, engine: faster-whisper, model: tiny.en}]")
    assert "every name must be different" in refusal(twice)


def test_yaml_that_is_no_mapping_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    assert refusal("- a\n- b\n") == "run.yaml: must hold `key: value` lines, got list"
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_config(tmp_path / "absent.yaml")


def test_ten_faults_are_shown_and_the_rest_is_counted() -> None:
    faults = [
        Fault("m.jsonl", "must be a text", line=line, field="reference", value=3) for line in range(1, 13)
    ]
    lines = str(FaultsError(faults)).splitlines()
    assert lines[0] == "m.jsonl:1: reference: must be a text, got 3"
    assert len(lines) == 11
    assert lines[-1] == "... and 2 more"


def test_an_unknown_name_gets_a_suggestion() -> None:
    assert "Did you mean 'scanner'?" in str(UnknownNameError("noise profile", "scaner", ["alarm", "scanner"]))
