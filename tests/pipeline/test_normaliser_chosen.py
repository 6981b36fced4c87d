"""A rule that takes away one group's errors only, and what the literature measured, from table to results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from asr_fair.config import Plan, Reference
from asr_fair.fairness.results import Figure, Results, Verdict, read_results
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.score import score
from edacc_counts import WER

SIDECAR = """
name: ward
language: en
permitted_use: [evaluate]
dimensions:
  accent: {title: Accent, source: self_report, level: speaker}
"""
SAID = "please {} the nurse on duty for some cold water"
N_SPEAKERS, N_TAKES, N_WORDS = 12, 4, 10


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two groups whose speaker k has 1 + k % 3 words wrong in 40; one says aks, and ask is heard."""
    folder = tmp_path_factory.mktemp("planted")
    rows, texts = [], []
    for accent, word in (("one", "aks"), ("other", "ask")):
        for speaker in range(N_SPEAKERS):
            for take in range(N_TAKES):
                heard = SAID.format("ask")
                if take < 1 + speaker % 3:
                    heard = heard.replace("cold", "gold")
                key = {"utterance_id": f"{accent}-{speaker}-{take}"}
                rows.append(
                    key
                    | {"reference": SAID.format(word), "speaker_id": f"{accent}-{speaker}", "accent": accent}
                )
                texts.append(key | {"text": heard})
    write_table(pd.DataFrame(rows), folder / "ward.jsonl")
    (folder / "ward.yaml").write_text(SIDECAR, encoding="utf-8")
    write_table(pd.DataFrame(texts), folder / "texts.csv")
    plan = Plan(references={"accent": Reference(group="other", reason="the test says so")})
    score(folder / "ward.jsonl", folder / "texts.csv", folder / "run", plan=plan)
    return read_results(folder / "run" / "results.json")


def figures(results: Results, measure: str) -> dict[tuple[str, str], Figure]:
    """By group and normaliser; against the declared reference where there is one."""
    ordered = sorted(results.figures, key=lambda row: row.versus != "rest")
    return {(row.group, row.normaliser): row for row in ordered if row.measure == measure}


def test_shift_and_interaction_are_those_worked_by_hand(planted: Results) -> None:
    wer, shift = figures(planted, "wer"), figures(planted, "normaliser_shift")
    moved = figures(planted, "normaliser_shift_difference")
    # 24 words of 480 are wrong in both groups, and in one of them 48 more under rules that leave aks.
    for name in ("whisper_en", "basic", "raw"):
        assert (wer["one", name].value, wer["other", name].value) == (72 / 480, 24 / 480)
    assert wer["one", "whisper_en+dialect"].value == 24 / 480
    assert shift["one", "whisper_en+dialect"].value == pytest.approx(-48 / 480)
    assert shift["other", "whisper_en+dialect"].value == 0
    assert shift["one", "basic"].value == 0
    assert moved["one", "whisper_en+dialect"].value == pytest.approx(-48 / 480)
    # Everyone says aks as often, so taking it away differs between no two speakers.
    assert moved["one", "whisper_en+dialect"].low is None


def test_the_verdict_is_not_robust(planted: Results) -> None:
    (found,) = planted.robustness
    assert (found.group, found.versus, found.robust) == ("one", "other", False)
    assert found.ratios == pytest.approx({"whisper_en": 3.0, "basic": 3.0, "whisper_en+dialect": 1.0})
    assert found.verdicts["whisper_en"] is Verdict.DISPARITY
    assert found.reason == "disparity under whisper_en and basic, cannot tell under whisper_en+dialect"


def test_the_trace_names_the_rule_and_the_words(planted: Results) -> None:
    traces = {(row.group, row.normaliser, row.side): row for row in planted.normaliser_traces}
    assert {name for _, name, _ in traces} == {"whisper_en", "basic", "whisper_en+dialect"}
    one = traces["one", "whisper_en+dialect", "references"]
    assert (one.n_texts, one.n_words, one.n_altered, one.altered_share) == (48, 480, 48, 0.1)
    (rule,) = one.rules
    assert (rule.rule, rule.n_words, rule.n_speakers) == ("dialect", 48, 12)
    (example,) = rule.examples
    assert tuple(example.model_dump().values()) == ("aks", "ask", 48, 12)
    heard = traces["one", "whisper_en+dialect", "transcripts"]
    assert (heard.condition, heard.system, heard.n_altered) == ("clean", "system", 0)
    assert traces["other", "whisper_en+dialect", "references"].n_altered == 0
    assert traces["one", "whisper_en", "references"].n_altered == 0


@pytest.mark.shared
def test_edacc_under_basic_comes_out_as_measured_and_the_gap_moves(edacc_run: Path) -> None:
    results = read_results(edacc_run / "results.json")
    wer = figures(results, "wer")
    measured = WER["basic"]
    assert {group: wer[group, "basic"].value for group in measured} == pytest.approx(measured, abs=1e-3)
    gap, moved = figures(results, "wer_gap"), figures(results, "normaliser_shift_difference")
    jamaican = {name: gap["Jamaican English", name].value for name in ("basic", "whisper_en")}
    assert jamaican == pytest.approx({"basic": 0.034, "whisper_en": 0.054}, abs=5e-4)
    found = moved["Jamaican English", "basic"]
    assert found.value == pytest.approx(jamaican["basic"] - jamaican["whisper_en"], abs=1e-12)
    assert found.method == "jackknife-welch"
    assert found.low < found.value < found.high
    shift = figures(results, "normaliser_shift")
    for (group, name), row in shift.items():
        expected = wer[group, name].value - wer[group, "whisper_en"].value
        assert row.value == pytest.approx(expected, abs=1e-12)
