"""Profiles: what is refused, with which words, and what is shipped."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from asr_fair.errors import ConfigError, FaultsError, UnknownNameError
from asr_fair.recipes.library import (
    find_recipe,
    folders,
    load_recipes,
    parse_recipe,
    read_recipe,
    shipped_folder,
)
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.sources import Alarm, Tones
from conditions.recipes import ALARM, TONES, profile_of, source_of


def parse(**changes: Any) -> Profile:
    content: dict[str, Any] = {
        "id": "ward",
        "version": "1",
        "title": "Ward",
        "description": "A ward",
        "licence": "CC0-1.0",
        "sources": [source_of(TONES)],
    }
    content.update(changes)
    return parse_recipe(Profile, yaml.safe_dump(content), name="p/ward.yaml", stem="ward")


def test_a_whole_profile_is_read() -> None:
    profile = parse(tags=["a", "b"], sources=[source_of(TONES), source_of(ALARM, level_db=-6)])
    assert [type(source) for source in profile.sources] == [Tones, Alarm]
    assert profile.sources[1].level_db == -6
    assert pickle.loads(pickle.dumps(profile)) == profile  # noqa: S301 - made on this line


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licnce": "x"}, "p/ward.yaml: licnce: unknown key"),
        ({"sources": []}, "p/ward.yaml: sources: "),
        ({"sources": [source_of(TONES, kind="tone")]}, "unknown kind 'tone'. Did you mean 'tones'"),
        ({"sources": [source_of(TONES, fundamental=1)]}, "sources.0.fundamental: unknown key"),
        ({"sources": [source_of(TONES, fundamental_hz=-1)]}, "sources.0.fundamental_hz: .*got -1"),
        ({"sources": [source_of(TONES, fundamental_hz=float("nan"))]}, "fundamental_hz: .*finite number"),
        ({"sources": [source_of(TONES, duty=1.2)]}, "sources.0.duty"),
        (
            {"sources": [source_of(TONES, ramp_s=0.06)]},
            "two ramps of 0.06 s do not fit into a pulse of 0.1 s",
        ),
        ({"sources": [source_of(TONES, harmonics_db=[])]}, "harmonics_db"),
        (
            {"sources": [source_of(TONES, harmonics_db=[0, 400])]},
            r"harmonics_db\.1: must be 120 or less",
        ),
        ({"sources": [source_of(ALARM, burst_period_s=0.9)]}, "a burst lasts 1 s, longer than the 0.9 s"),
        (
            {"sources": [source_of(TONES, evidence=[])]},
            "no entry says where duty, fundamental_hz, .* comes from",
        ),
    ],
)
def test_a_fault_is_named_with_file_and_key(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FaultsError, match=message):
        parse(**changes)


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        ([{"figures": ["duty"], "origin": "guessed"}], "origin: .*'assumed'"),
        ([{"figures": ["duty"], "origin": "read"}], "'read' needs a `source`"),
        ([{"figures": ["duty"], "origin": "measured"}], "'measured' needs a `source`"),
        (
            [{"figures": [*list(TONES)[1:], "colour"], "origin": "assumed"}],
            "colour is not a figure given here",
        ),
        ([{"figures": [*list(TONES)[1:], "level_db"], "origin": "assumed"}], "level_db is not a figure"),
        ([{"figures": [*list(TONES)[1:], "duty"], "origin": "assumed"}], "duty has more than one entry"),
    ],
)
def test_evidence_without_substance_is_refused(evidence: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(FaultsError, match=message):
        parse(sources=[source_of(TONES, evidence=evidence)])


def test_an_optional_figure_that_is_given_needs_evidence_too() -> None:
    evidence = [{"figures": list(TONES)[1:], "origin": "assumed"}]
    assert parse(sources=[source_of(TONES, evidence=evidence)])
    with pytest.raises(FaultsError, match="no entry says where level_db comes from"):
        parse(sources=[source_of(TONES, level_db=-3, evidence=evidence)])


def test_the_id_must_be_the_files_name() -> None:
    with pytest.raises(ConfigError, match=r"p/ward.yaml: id: must be the file's name 'ward', got 'theatre'"):
        parse(id="theatre")


def test_the_digest_follows_the_content_and_not_the_layout(tmp_path: Path) -> None:
    shipped = shipped_folder() / "scanner.yaml"
    content = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    copy = tmp_path / "scanner.yaml"
    copy.write_text("# a comment\n" + yaml.safe_dump(content, sort_keys=True), encoding="utf-8")
    assert read_recipe(Profile, copy).recipe.digest == read_recipe(Profile, shipped).recipe.digest
    content["sources"][0]["duty"] = 0.61
    copy.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert read_recipe(Profile, copy).recipe.digest != read_recipe(Profile, shipped).recipe.digest


def test_an_unknown_profile_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown noise profile 'scaner'\. Did you mean 'scanner'\?"):
        find_recipe(Profile, "scaner", folders(None))


def test_a_profile_outside_the_folder_cannot_be_named(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "scanner.yaml").write_bytes((shipped_folder() / "scanner.yaml").read_bytes())
    with pytest.raises(UnknownNameError):
        find_recipe(Profile, "../scanner", [tmp_path / "inside"])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="noise_profiles: no such folder"):
        folders(tmp_path / "none")


def test_ones_own_recipe_comes_before_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    mine = (shipped_folder() / "scanner.yaml").read_text(encoding="utf-8").replace('"1.0"', '"mine"')
    (tmp_path / "scanner.yaml").write_text(mine, encoding="utf-8")
    where = folders(tmp_path)
    assert find_recipe(Profile, "scanner", where).recipe.version == "mine"
    assert find_recipe(Profile, "alarm", where).path == shipped_folder() / "alarm.yaml"
    assert load_recipes(Profile, where)["scanner"].path == tmp_path / "scanner.yaml"


def test_profiles_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        profile_of(source_of(TONES)).version = "2"  # type: ignore[misc]
