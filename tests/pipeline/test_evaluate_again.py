"""A stored run evaluated again: the same figures, from what its directory holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asr_fair.config import Plan
from asr_fair.errors import ConfigError
from asr_fair.fairness.results import Results
from asr_fair.pipeline.evaluate import evaluate
from asr_fair.pipeline.evaluate_again import audio_of, evaluation_again
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_audio import read_audio_facts, write_audio_facts
from asr_fair.pipeline.stored_run import StoredRun, open_run
from asr_fair.records import AudioFacts
from pipeline.test_score import write_two_systems

PLAN = Plan.model_validate({"references": {"accent": {"group": "Indian", "reason": "asked for"}}})


def without_time(results: Results) -> Results:
    return results.model_copy(update={"created_at": results.plan.stored_at})


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Two systems, one of which lost an utterance."""
    folder = tmp_path_factory.mktemp("scored")
    score(*write_two_systems(folder), folder / "run", plan=PLAN, max_loss=0.5)
    return open_run(folder / "run")


def test_handed_in_transcripts_come_to_the_same_results_again(scored: StoredRun, tmp_path: Path) -> None:
    again = evaluate(evaluation_again(scored), tmp_path)
    assert without_time(again) == without_time(scored.results)


def test_a_run_whose_manifest_is_gone_can_still_be_evaluated(scored: StoredRun, tmp_path: Path) -> None:
    shutil.copytree(scored.folder, tmp_path / "run")
    stored = open_run(tmp_path / "run")
    moved = {**stored.record.configuration, "manifest": str(tmp_path / "gone.jsonl")}
    stored = StoredRun(stored.folder, stored.record.model_copy(update={"configuration": moved}))
    again = evaluate(evaluation_again(stored), tmp_path)
    assert again.figures == scored.results.figures


def test_results_under_a_plan_that_nobody_stored_are_not_made_again(scored: StoredRun) -> None:
    nobodys = StoredRun(scored.folder, scored.record.model_copy(update={"plan": None}))
    with pytest.raises(ConfigError, match=r"run\.json does not hold the plan of its results"):
        evaluation_again(nobodys)


def test_lengths_and_reasons_of_recordings_are_kept_and_their_paths_are_not(tmp_path: Path) -> None:
    facts = [
        AudioFacts("a", 1.25, "0" * 64),
        AudioFacts("b", reason="silent", message="/home/somebody/b.wav is silent"),
    ]
    assert read_audio_facts(tmp_path) is None
    write_audio_facts(facts, tmp_path)
    assert read_audio_facts(tmp_path) == [facts[0], AudioFacts("b", reason="silent")]
    assert b"somebody" not in (tmp_path / "audio.parquet").read_bytes()


def test_recordings_of_an_early_run_are_looked_at_again(
    scored: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "asr_fair.pipeline.prepare.probe_all", lambda manifest: [AudioFacts("Indian-3-0", 2.0)]
    )
    assert audio_of(scored, scored.manifest) == {"Indian-3-0": AudioFacts("Indian-3-0", 2.0)}
