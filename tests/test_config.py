"""The run configuration: what is refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.config import parse_config, read_config, read_plan
from asr_fair.errors import AsrFairError, ConfigError, Fault, FaultsError, UnknownNameError

MINIMAL = """
name: ward
manifest: data/ward.jsonl
systems: [{name: tiny, engine: whisper, model: tiny.en}]
"""


def refusal(text: str) -> str:
    with pytest.raises(AsrFairError) as caught:
        parse_config(text, name="run.yaml", base=Path("/home/me"))
    return str(caught.value)


def test_margins_of_a_dimension_replace_those_of_the_thresholds() -> None:
    text = """
plan:
  thresholds: {equivalence_ratio: 1.3, equivalence_points: 4}
  margins: {age: {ratio: 1.1}, accent: {points: 2}}
  family: {conditions: [clean], across: dimensions}
"""
    plan = parse_config(MINIMAL + text, name="run.yaml", base=Path()).plan
    found = {name: plan.limits_of(name) for name in ("age", "accent", "gender")}
    assert {name: (one.equivalence_ratio, one.equivalence_points) for name, one in found.items()} == {
        "age": (1.1, 4),
        "accent": (1.3, 2),
        "gender": (1.3, 4),
    }
    assert plan.family.conditions == ("clean",)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("{margins: {age: {ratio: 0.9}}}", "plan.margins.age.ratio: must be more than 1"),
        (
            "{thresholds: {min_speakers_counted: 6}}",
            "plan.thresholds: min_speakers_counted 6 must not be more than min_speakers_shown 5",
        ),
        (
            "{thresholds: {min_speakers_shown: 12}}",
            "plan.thresholds: min_speakers_shown 12 must not be more than min_speakers_full 10",
        ),
        ("{margins: {age: {points: 0}}}", "plan.margins.age.points: must be more than 0"),
        ("{margins: {age: {point: 2}}}", "plan.margins.age.point: unknown key. Did you mean 'points'?"),
        ("{family: {conditions: []}}", "plan.family.conditions: needs 1 or more entries"),
        ("{family: {conditions: [clean, clean]}}", "must not stand there more than once"),
        ("{family: {across: systems}}", "plan.family.across: must be 'groups' or 'dimensions'"),
    ],
)
def test_faults_of_margins_and_family_are_told_with_their_place(plan: str, message: str) -> None:
    assert message in refusal(f"{MINIMAL}plan: {plan}\n")


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
    message = refusal("name: a\nmanifst: m\nsystems: [{name: x, engine: whisper, model: m, beam: 5}]\n")
    assert "run.yaml: manifest: is missing" in message
    assert "run.yaml: manifst: unknown key" in message
    assert "run.yaml: systems.0.beam: unknown key" in message


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    assert (
        refusal(MINIMAL + "seed: 1\nseed: 2\n")
        == "run.yaml:6: is not valid YAML: the key 'seed' stands twice"
    )


def test_a_band_given_as_a_number_and_as_text_stands_twice() -> None:
    assert "the key '63' stands twice" in refusal(MINIMAL + 'workers: {63: 1, "63": 2}\n')


@pytest.mark.parametrize(
    "text",
    ['title: "a\x07b"', "title: 2026-13-40", "? [a, b]\n: 1", "seed: " + "9" * 5000],
    ids=["control character", "thirteenth month", "list as key", "endless number"],
)
def test_what_yaml_cannot_read_is_refused_in_one_line(text: str) -> None:
    message = refusal(MINIMAL + text + "\n")
    assert message.startswith("run.yaml")
    assert "\n" not in message


def test_an_anchor_may_be_merged() -> None:
    text = MINIMAL + "plan:\n  thresholds: &base {few_words: 500}\n"
    assert parse_config(text, name="c", base=Path()).plan.thresholds.few_words == 500
    merged = "conditions: [clean, &one {profile: scanner, snr_db: 5}, {<<: *one, snr_db: 10}]\n"
    grids = parse_config(MINIMAL + merged, name="c", base=Path()).conditions[1:]
    assert [each.profile for each in grids] == [("scanner",), ("scanner",)]
    assert [each.snr_db for each in grids] == [(5.0,), (10.0,)]


@pytest.mark.parametrize("value", ["true", "[yes, 5]", "off"])
def test_yes_is_no_snr(value: str) -> None:
    message = refusal(MINIMAL + f"conditions: [clean, {{profile: scanner, snr_db: {value}}}]\n")
    assert "snr_db" in message
    assert "true or false" in message


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


def test_the_baseline_must_be_one_of_the_systems() -> None:
    message = refusal(MINIMAL + "plan: {baseline_system: base}\n")
    assert "plan: baseline_system: 'base' is not among the systems ['tiny']" in message


def test_yaml_that_is_no_mapping_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    assert refusal("- a\n- b\n") == "run.yaml: is a list: it must hold `key: value` lines"
    assert refusal("") == "run.yaml: is empty: it must hold `key: value` lines"
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


CONDITIONS = MINIMAL + "conditions: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            CONDITIONS + "[claen]\n",
            "conditions.0: must be 'clean', or a grid such as {profile: scanner, snr_db: 10}, got 'claen'",
        ),
        (
            CONDITIONS + "[clean, {profile: s, snr_db: loud}]\n",
            "conditions.1.snr_db: must be a number, such as 5.5, got 'loud'",
        ),
        (
            CONDITIONS + "[clean, {profile: s, snr_db: []}]\n",
            "conditions.1: snr_db: is missing: say at which signal-to-noise ratios the profile is heard",
        ),
        (
            MINIMAL.replace("tiny.en}", "tiny.en, batch_windows: 0}"),
            "systems.0.batch_windows: must be 1 or more, got 0",
        ),
        (MINIMAL + "plan: 3\n", "plan: must hold `key: value` lines, got 3"),
        (MINIMAL + "plan: {margins: 1.2}\n", "plan.margins: must hold `key: value` lines, got 1.2"),
        (
            MINIMAL + "plan: {references: {accent: {group: us, reason: ' '}}}\n",
            "plan.references.accent.reason: must say why this group: the report prints it, got ' '",
        ),
        (
            MINIMAL + "plan: {thresholds: {n_draws: 1000000000}}\n",
            "plan.thresholds.n_draws: must be 100000 or less, got 1000000000",
        ),
        (
            MINIMAL + "normalisers: [basic, whisper_en, basic]\n",
            "normalisers: 'basic' must not stand there more than once, got ['basic', 'whisper_en', 'basic']",
        ),
        (
            MINIMAL + "plan: {dimensions: [accent, accent]}\n",
            "plan.dimensions: 'accent' must not stand there more than once, got ['accent', 'accent']",
        ),
        (
            MINIMAL + "plan: {covariates: {accent: [topic, topic]}}\n",
            "plan.covariates.accent: 'topic' must not stand there more than once, got ['topic', 'topic']",
        ),
        (MINIMAL + "cache: 5\n", "cache: must be true, false or a folder, got 5"),
        (
            MINIMAL.replace(
                "tiny.en}",
                "tiny.en}, {name: a, engine: amazon-transcribe, beam_size: 2, "
                "language: en-US, bucket: b-1, region: eu-west-1}",
            ),
            "systems.1.beam_size: unknown key. Remove it or mend its name",
        ),
    ],
)
def test_one_mistake_gives_one_fault_in_the_words_of_the_file(text: str, message: str) -> None:
    assert refusal(text) == f"run.yaml: {message}"


@pytest.mark.parametrize(
    ("text", "field", "meant"),
    [
        (MINIMAL + "condition: [clean]\n", "condition", "conditions"),
        (MINIMAL.replace("tiny.en}", "tiny.en, langage: en}"), "systems.0.langage", "language"),
        (
            CONDITIONS + "[clean, {profile: s, snr_db: 5, profil: s}]\n",
            "conditions.1.profil",
            "profile",
        ),
        (
            MINIMAL + "plan: {references: {accent: {group: a, reason: b, reasn: c}}}\n",
            "plan.references.accent.reasn",
            "reason",
        ),
    ],
)
def test_an_unknown_key_gets_the_nearest_key_of_its_own_section(text: str, field: str, meant: str) -> None:
    assert refusal(text) == f"run.yaml: {field}: unknown key. Did you mean {meant!r}?"


def test_an_unknown_key_near_no_other_is_to_be_removed() -> None:
    assert refusal(MINIMAL + "zzz: 1\n") == "run.yaml: zzz: unknown key. Remove it or mend its name"


def test_an_analysis_plan_stands_alone_or_under_its_key(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("dimensions: [accent]\nthresholds: {few_words: 7}\n", encoding="utf-8")
    bare = read_plan(path)
    assert (bare.dimensions, bare.thresholds.few_words) == (("accent",), 7)
    path.write_text("plan:\n  dimensions: [accent]\n  thresholds: {few_words: 7}\n", encoding="utf-8")
    assert read_plan(path) == bare
    path.write_text("plan: {dimension: [accent]}\n", encoding="utf-8")
    with pytest.raises(
        FaultsError, match=r"plan\.yaml: plan\.dimension: unknown key\. Did you mean 'dimensions'"
    ):
        read_plan(path)


def test_keys_of_a_plan_beside_plan_itself_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("plan: {dimensions: [accent]}\nfaas: true\n", encoding="utf-8")
    with pytest.raises(FaultsError, match=r"plan: stands beside faas\. Put all keys under plan:"):
        read_plan(path)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("intersections: [[accent]]", "plan.intersections.0: must name two or three dimensions, such as"),
        ("intersections: [[a, b], [a, b, c, d]]", "plan.intersections.1: must name two or three dimensions"),
        ("intersections: [[]]", "plan.intersections.0: must name two or three dimensions"),
        (
            "intersections: [[accent, accent]]",
            "plan.intersections.0: 'accent' must not stand there more than once",
        ),
        (
            "intersections: [[a, b], [b, a]]",
            "plan.intersections: 'a × b' must not stand there more than once",
        ),
        ("intersections: [accent]", "plan.intersections.0: must be a list"),
        ("within: {accent: []}", "plan.within: accent: must list other dimensions"),
        ("within: {accent: [accent]}", "plan.within: accent: must list other dimensions"),
        ("within: {accent: [gender, gender]}", "plan.within: 'gender' must not stand there more than once"),
        ("within: {accent: gender}", "plan.within.accent: must be a list"),
    ],
)
def test_what_cannot_be_combined_is_refused_with_its_place(plan: str, message: str) -> None:
    assert f"run.yaml: {message}" in refusal(f"{MINIMAL}plan: {{{plan}}}\n")
