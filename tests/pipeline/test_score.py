"""From somebody's transcripts to the report, without audio, model or cluster."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jiwer
import jsonschema
import pandas as pd
import pytest

from asr_fair.cli.losses_text import losses_lines
from asr_fair.config import Plan
from asr_fair.errors import ConfigError, FaultsError, RunConflictError
from asr_fair.fairness.results import SystemInfo, read_results
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.evaluations import with_detected_languages
from asr_fair.pipeline.score import score

SIDECAR = """
name: ward
version: 2
language: en
permitted_use: [evaluate, share_results]
dimensions:
  accent: {title: Accent, source: self_report, level: speaker}
"""
SENTENCE = "please bring the second tray to room nine before the morning round"
WORDS = SENTENCE.split()


def write_inputs(folder: Path, *, n_speakers: int = 12) -> tuple[Path, Path]:
    """Two accents with `n_speakers` each; speaker k of the second accent has k % 3 + 1 words wrong."""
    rows, texts = [], []
    for accent, offset in (("Scottish", 0), ("Indian", 1)):
        for speaker in range(n_speakers):
            for take in range(3):
                utterance_id = f"{accent}-{speaker}-{take}"
                n_wrong = (speaker + take) % 2 + offset * (speaker % 3 + 1)
                hypothesis = ["oops"] * n_wrong + WORDS[n_wrong:]
                row = {"utterance_id": utterance_id, "reference": SENTENCE, "accent": accent}
                rows.append(row | {"speaker_id": f"{accent}-{speaker}"})
                texts.append({"utterance_id": utterance_id, "text": " ".join(hypothesis)})
    manifest, transcripts = folder / "ward.jsonl", folder / "texts.csv"
    write_table(pd.DataFrame(rows), manifest)
    write_table(pd.DataFrame(texts), transcripts)
    manifest.with_suffix(".yaml").write_text(SIDECAR, encoding="utf-8")
    return manifest, transcripts


def test_figures_in_the_results_are_those_of_jiwer(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "run")
    results = read_results(tmp_path / "run" / "results.json")
    texts = pd.read_csv(transcripts)
    texts["accent"] = texts["utterance_id"].str.split("-").str[0]
    for accent, rows in texts.groupby("accent"):
        (figure,) = [
            each
            for each in results.figures
            if (each.group, each.measure, each.normaliser) == (accent, "wer", "whisper_en")
        ]
        # "second" and "nine" become 2nd and 9 on both sides, so that counts stay one to one.
        expected = jiwer.wer([SENTENCE] * len(rows), rows["text"].tolist())
        assert figure.value == pytest.approx(expected, abs=1e-12)
        assert (figure.n_speakers, figure.n_utterances, figure.n_words) == (12, 36, 36 * len(WORDS))
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high


def test_a_run_directory_holds_every_file_of_the_contract(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    finished = score(manifest, transcripts, tmp_path / "run")
    folder = tmp_path / "run"
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    expected = {"run.json", "manifest.parquet", "transcripts/part-000000.parquet", "counts.parquet"}
    expected |= {"results.json", "results.schema.json", "report.html", "card.md", "card.html", "card.tex"}
    assert expected <= written
    assert not [name for name in written if name.endswith(".tmp")]
    assert all(path.is_file() for path in finished.files)
    record = json.loads((folder / "run.json").read_text())
    assert record["plan_stored_at"] <= json.loads((folder / "results.json").read_text())["created_at"]
    assert record["packages"]["jiwer"] == "4.0.0"


def test_languages_that_a_system_detected_are_told_where_they_are_wrong(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    texts = pd.read_csv(transcripts)
    texts["language"] = [("en-US", "cy", None)[n % 3] for n in range(len(texts))]
    write_table(texts, transcripts)
    score(manifest, transcripts, tmp_path / "run")
    results = read_results(tmp_path / "run" / "results.json")
    found = {
        each.measure: each.value
        for each in results.figures
        if (each.group, each.normaliser) == ("Indian", "whisper_en")
    }
    assert (found["n_language_detected"], found["n_wrong_language"]) == (24, 12)
    assert found["share_wrong_language"] == 0.5


def test_a_language_that_a_system_was_told_is_not_taken_for_a_detected_one() -> None:
    systems = [
        SystemInfo(name="told", settings={"language": "en"}),
        SystemInfo(name="asked", settings={"language": "detect"}),
        SystemInfo(name="silent"),
    ]
    outcomes = pd.DataFrame({"system": ["told", "asked", "silent"], "language": ["en", "cy", "en"]})
    found = with_detected_languages(outcomes, systems)["language"]
    assert (found.isna().tolist(), found[1]) == ([True, False, True], "cy")


def test_character_errors_are_those_of_jiwer(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "run", normalisers=["basic"])
    results = read_results(tmp_path / "run" / "results.json")
    texts = pd.read_csv(transcripts)
    (cer,) = (each for each in results.figures if (each.group, each.measure) == ("all", "cer"))
    assert cer.value == pytest.approx(jiwer.cer([SENTENCE] * len(texts), texts["text"].tolist()))
    assert cer.low < cer.value < cer.high
    assert cer.n_words == len(texts) * len(WORDS)


def test_the_results_follow_their_json_schema_and_hold_no_nan(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "run")
    schema = json.loads((tmp_path / "run" / "results.schema.json").read_text())
    text = (tmp_path / "run" / "results.json").read_text()
    content = json.loads(text, parse_constant=lambda constant: pytest.fail(constant))
    jsonschema.validate(content, schema)
    content["figures"][0]["vale"] = content["figures"][0].pop("value")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)


def test_what_the_plan_combines_is_checked_before_anything_is_written(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    plan = Plan.model_validate({"intersections": [["accent", "gendr"]], "within": {"accent": ["age"]}})
    with pytest.raises(FaultsError, match="unknown analysed dimension 'gendr'") as caught:
        score(manifest, transcripts, tmp_path / "run", plan=plan)
    assert "within.accent: unknown analysed dimension 'age'" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_ids_without_a_transcript_are_counted_per_group_and_told(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    texts = pd.read_csv(transcripts)
    write_table(texts[~texts["utterance_id"].isin(["Indian-3-0", "Indian-3-1"])], transcripts)
    finished = score(manifest, transcripts, tmp_path / "run", max_loss=0.05)
    results = read_results(tmp_path / "run" / "results.json")
    lost = {(each.dimension, each.group): (each.n_missing, each.n_expected) for each in results.losses}
    assert lost == {("overall", "all"): (2, 72), ("accent", "Indian"): (2, 36)}
    told = {(each.dimension, each.group): (each.n_lost, each.n_expected) for each in finished.losses}
    assert told == lost
    assert [line.split() for line in losses_lines(finished.losses)][2:] == [
        ["everyone", "2", "72", "2.8%", "no_transcript", "2"],
        ["accent=Indian", "2", "36", "5.6%", "no_transcript", "2"],
    ]
    assert finished.excess_loss is not None
    assert "in 1 rows of losses" in finished.excess_loss  # 2 of 36 are above 5 %, 2 of 72 are not


def write_two_systems(folder: Path) -> tuple[Path, Path]:
    """The second system is right wherever the first one errs; it lost one utterance."""
    manifest, transcripts = write_inputs(folder)
    texts = pd.read_csv(transcripts)
    right = texts.assign(system="b", text=SENTENCE)[texts["utterance_id"] != "Indian-3-0"]
    write_table(pd.concat([texts.assign(system="a"), right]), transcripts)
    return manifest, transcripts


def test_two_systems_are_compared_on_what_both_transcribed(tmp_path: Path) -> None:
    manifest, transcripts = write_two_systems(tmp_path)
    score(manifest, transcripts, tmp_path / "run", max_loss=0.5)
    results = read_results(tmp_path / "run" / "results.json")
    (everyone,) = (row for row in results.system_comparisons if row.group == "all")
    assert (everyone.n_utterances, everyone.n_unpaired, everyone.other_wer) == (71, 1, 0.0)
    assert everyone.wer > 0.05
    (matched,) = (row for row in results.matched_pairs if row.group == "all")
    # Every error of the first system is in a segment, and the second made none.
    assert (matched.n_errors, matched.n_errors_other) == (round(everyone.wer * everyone.n_words), 0)
    assert matched.z > 3


def test_matched_pairs_are_skipped_with_a_warning_where_there_are_too_many_transcripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr_fair.pipeline.evaluate.MOST_ALIGNED", 10)
    manifest, transcripts = write_two_systems(tmp_path)
    score(manifest, transcripts, tmp_path / "run", max_loss=0.5)
    results = read_results(tmp_path / "run" / "results.json")
    assert {row.status.value for row in results.matched_pairs} == {"skipped"}
    assert any("MAPSSWE was not computed" in warning for warning in results.warnings)
    assert results.system_comparisons


def test_an_unknown_baseline_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    manifest, transcripts = write_two_systems(tmp_path)
    with pytest.raises(FaultsError, match=r"plan: baseline_system: unknown system 'c'\..* Known: "):
        score(manifest, transcripts, tmp_path / "run", plan=Plan(baseline_system="c"))
    assert not (tmp_path / "run").exists()


def test_all_that_is_wrong_with_a_plan_is_told_at_once_with_the_name_of_its_file(tmp_path: Path) -> None:
    manifest, transcripts = write_two_systems(tmp_path)
    plan = Plan.model_validate(
        {"baseline_system": "c", "family": {"conditions": ["ward"]}, "intersections": [["accent", "gendr"]]}
    )
    with pytest.raises(FaultsError) as caught:
        score(manifest, transcripts, tmp_path / "run", plan=plan, plan_source="my.yaml")
    places = [str(each).split(": unknown")[0] for each in caught.value.faults]
    assert places == [
        "my.yaml: baseline_system",
        "my.yaml: family.conditions",
        "my.yaml: intersections.0",
    ]
    assert not (tmp_path / "run").exists()


def test_a_system_that_was_not_run_in_a_condition_is_absent_there_not_lost(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    texts = pd.read_csv(transcripts)
    rows = [texts.assign(system="a", condition="clean"), texts.assign(system="a", condition="ward")]
    write_table(pd.concat([*rows, texts.assign(system="b", condition="clean")]), transcripts)
    finished = score(manifest, transcripts, tmp_path / "run")
    assert finished.excess_loss is None
    results = read_results(tmp_path / "run" / "results.json")
    pairs = {(each.condition, each.system) for each in results.figures}
    assert pairs == {("clean", "a"), ("ward", "a"), ("clean", "b")}


def test_the_same_directory_with_another_system_name_is_refused(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "run", default_system="a")
    with pytest.raises(RunConflictError, match=r"different: systems\)"):
        score(manifest, transcripts, tmp_path / "run", default_system="b")


def test_a_directory_of_other_inputs_is_refused_and_left_alone(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "run")
    score(manifest, transcripts, tmp_path / "run")
    before = (tmp_path / "run" / "results.json").read_bytes()
    manifest.with_suffix(".yaml").write_text(SIDECAR + "title: other\n", encoding="utf-8")
    with pytest.raises(RunConflictError, match=r"the manifest or its sidecar has changed since .* by --out"):
        score(manifest, transcripts, tmp_path / "run")
    assert (tmp_path / "run" / "results.json").read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunConflictError, match="is not empty and no run made it"):
        score(manifest, transcripts, tmp_path / "mine")


def test_faulty_input_writes_nothing(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    texts = pd.read_csv(transcripts)
    texts.loc[0, "utterance_id"] = "nobody"
    write_table(texts, transcripts)
    with pytest.raises(FaultsError, match=r"texts\.csv:2: utterance_id: is not in the manifest"):
        score(manifest, transcripts, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("covariates", [{"accent": ["hanset"]}, {"accent": ["accent"]}, {"acent": []}])
def test_covariates_that_cannot_be_write_nothing(tmp_path: Path, covariates: dict[str, list[str]]) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    references = {"accent": {"group": "Scottish", "reason": "home"}}
    plan = Plan.model_validate({"references": references, "covariates": covariates})
    with pytest.raises(FaultsError, match="covariates"):
        score(manifest, transcripts, tmp_path / "run", plan=plan)
    assert not (tmp_path / "run").exists()


def test_english_rules_are_refused_for_another_language_where_they_were_named(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    manifest.with_suffix(".yaml").write_text(SIDECAR.replace("language: en", "language: de"))
    with pytest.raises(ConfigError, match="made for en only"):
        score(manifest, transcripts, tmp_path / "run", normalisers=["whisper_en"])
    score(manifest, transcripts, tmp_path / "run", normalisers=["basic"])


def test_without_a_name_the_normalisers_suit_the_languages_and_a_line_says_so(tmp_path: Path) -> None:
    manifest, transcripts = write_inputs(tmp_path)
    score(manifest, transcripts, tmp_path / "english")
    english = read_results(tmp_path / "english" / "results.json")
    assert english.normalisers == ("whisper_en", "basic", "whisper_en+dialect", "raw")
    assert english.warnings == ()
    assert english.normaliser_versions.keys() == set(english.normalisers)
    manifest.with_suffix(".yaml").write_text(SIDECAR.replace("language: en", "language: de"))
    finished = score(manifest, transcripts, tmp_path / "german")
    german = read_results(tmp_path / "german" / "results.json")
    assert german.normalisers == ("basic", "raw")
    (line,) = [each for each in finished.warnings if "normaliser" in each]
    assert line == german.warnings[0]
    assert "the manifest holds de: figures are under basic, with raw beside it" in line


def test_scoring_loads_neither_torch_nor_dask() -> None:
    code = (
        "import sys, asr_fair.pipeline.score, asr_fair.cli.score;"
        "heavy = {'torch', 'torchaudio', 'dask', 'distributed', 'soundfile', 'av'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.shared
def test_edacc_comes_out_as_its_authors_published(shared_data: Path, edacc_run: Path) -> None:
    results = read_results(edacc_run / "results.json")
    wer = {
        each.group: each
        for each in results.figures
        if (each.measure, each.normaliser) == ("wer", "whisper_en")
    }
    assert wer["all"].value == pytest.approx(0.1991810027, abs=1e-9)
    assert (wer["all"].n_utterances, wer["all"].n_speakers) == (5087, 35)
    published = json.loads((shared_data / "edacc_whisper_turbo" / "published_summary.json").read_text())
    for group, figures in published["metrics"]["per_group"].items():
        assert wer[group].value == pytest.approx(figures["wer"], abs=1e-6)
        assert wer[group].n_words == figures["ref_words"]
        assert wer[group].n_speakers == figures["n_speakers"]
    # Three speakers each: a visitor of the report must not see these rates (display rules).
    page = (edacc_run / "report.html").read_text()
    for group, rate, is_shown in (("Indian English", "10.5", False), ("Vietnamese", "28.4", True)):
        rows = re.findall(rf"<bdi>{group}</bdi>.*?</tr>", page)
        assert rows
        assert any(rate in row for row in rows) is is_shown
