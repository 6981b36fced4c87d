"""Row F of the methods: real transcripts of five systems by `score`, with intersections, beside jiwer."""

from __future__ import annotations

from pathlib import Path

import jiwer
import pandas as pd
import pytest

from asr_fair.config import Plan, Reference
from asr_fair.fairness.results import Results, read_results
from asr_fair.manifest.corpora import import_corpus
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline.score import score
from asr_fair.score.normalise import load_normaliser

pytestmark = pytest.mark.shared

SYSTEMS = ["deepspeech-v0-7-3", "google-en-US"]
BOTH = "age × gender"


@pytest.fixture(scope="module")
def rows(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, Path]:
    """The manifest, what two of the systems heard, and that as a file."""
    folder = tmp_path_factory.mktemp("artie")
    summary = import_corpus("artie", shared_data / "artie_bias_corpus", folder / "artie.jsonl")
    assert summary.transcripts is not None
    heard = read_table(summary.transcripts).frame
    heard = heard[heard["system"].isin(SYSTEMS)]
    write_table(heard, folder / "two.jsonl")
    return folder / "artie.jsonl", heard, folder / "two.jsonl"


@pytest.fixture(scope="module")
def results(rows: tuple[Path, pd.DataFrame, Path], tmp_path_factory: pytest.TempPathFactory) -> Results:
    manifest, _, transcripts = rows
    reference = Reference(group="male", reason="most speakers")
    plan = Plan(
        references={"gender": reference}, intersections=[("age", "gender")], thresholds={"n_draws": 2000}
    )
    out = tmp_path_factory.mktemp("artie") / "run"
    score(manifest, transcripts, out, normalisers=["whisper_en"], plan=plan)
    return read_results(out / "results.json")


def test_rates_of_both_systems_are_those_of_jiwer(
    rows: tuple[Path, pd.DataFrame, Path], results: Results
) -> None:
    manifest, heard, _ = rows
    normaliser = load_normaliser("whisper_en")
    both = heard.merge(read_table(manifest).frame, on="utterance_id")
    for system, own in both.groupby("system"):
        women = own[own["gender"] == "female"]
        for group, said in (("all", own), ("female", women)):
            (found,) = (
                each
                for each in results.figures
                if (each.group, each.measure, each.system) == (group, "wer", system)
            )
            texts = [[normaliser.function(text) for text in said[name]] for name in ("reference", "text")]
            assert found.value == pytest.approx(jiwer.wer(*texts), abs=1e-12)


def test_systems_differ_by_their_rates_and_by_mapsswe_too(results: Results) -> None:
    rates = {(each.group, each.system): each.value for each in results.figures if each.measure == "wer"}
    segments = {each.group: each for each in results.matched_pairs}
    found = [each for each in results.system_comparisons if each.group in ("all", "female", "male")]
    assert len(found) == 3
    for row in found:
        own, other = (rates[row.group, system] for system in (row.system, row.other_system))
        assert row.difference.value == pytest.approx(own - other, abs=1e-12)
        assert row.ratio == pytest.approx(own / other, rel=1e-12)
        assert row.difference.low < row.difference.value < row.difference.high
        # Thirteen points and more, among a hundred speakers and more: no test could miss it.
        assert row.p_value < 0.001
        assert segments[row.group].z > 3


def test_combinations_of_age_and_gender_add_up_to_their_parts(results: Results) -> None:
    wer = [each for each in results.figures if each.measure == "wer"]
    for system in SYSTEMS:
        own = [each for each in wer if each.system == system]
        (women,) = (each for each in own if (each.dimension, each.group) == ("gender", "female"))
        parts = [each for each in own if each.dimension == BOTH and each.group.endswith("× female")]
        assert sum(each.n_speakers for each in parts) == women.n_speakers
        assert sum(each.n_words for each in parts) == women.n_words
        errors = sum(each.value * each.n_words for each in parts if each.n_words)
        assert errors / women.n_words == pytest.approx(women.value, abs=1e-12)
    (info,) = (each for each in results.dimensions if each.name == BOTH)
    large = {each.name for each in info.groups if each.n_speakers >= 10 and each.n_words >= 300}
    judged = {each.group for each in results.comparisons if each.dimension == BOTH}
    assert judged
    assert judged <= large
