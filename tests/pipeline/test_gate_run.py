"""A finished run is judged from its counts: wider bounds, a baseline, files and exit status."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asr_fair.cli.main import status_of
from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.errors import ExitStatus
from asr_fair.pipeline.gate.baseline import AgainstBaseline
from asr_fair.pipeline.gate.recount import Recount
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_run import StoredRun, open_run
from asr_fair.policy import Measure
from asr_fair.report.gate.outcome import Place
from asr_fair.report.redact import shown_in_report
from pipeline.gate_policies import make_policy, policy_text
from pipeline.test_score import WORDS, write_inputs

GROUPS = ("Indian", "Scottish")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs over one manifest: `run`, `worse` (a word more wrong in every Indian utterance), `same`."""
    folder = tmp_path_factory.mktemp("gate")
    manifest, transcripts = write_inputs(folder)
    few_draws = Thresholds(n_draws=1000)
    reference = Reference(group="Scottish", reason="most patients")
    plan = Plan(references={"accent": reference}, thresholds=few_draws)
    score(manifest, transcripts, folder / "run", plan=plan, normalisers=["whisper_en"])
    shutil.copytree(folder / "run", folder / "same")
    texts = pd.read_csv(transcripts)
    indian = texts["utterance_id"].str.startswith("Indian")
    number = np.arange(len(texts))
    worse = texts["text"].str.rsplit(n=1).str[0] + " oops" + np.where(number % 2 == 0, " oops", "")
    texts.loc[indian, "text"] = worse[indian]
    texts.to_csv(folder / "worse.csv", index=False)
    score(manifest, folder / "worse.csv", folder / "worse", plan=plan, normalisers=["whisper_en"])
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> StoredRun:
    return open_run(folder / "run")


def gate(folder: Path, run: str, *options: str, rules: list[dict[str, Any]], **keys: Any) -> int:
    """Exit status of the command."""
    policy = folder / "policy.yaml"
    policy.write_text(policy_text(*rules, **keys), encoding="utf-8")
    return status_of(["gate", str(folder / run), "--policy", str(policy), *options])


def place(group: str, versus: str | None = None, dimension: str = "accent") -> Place:
    return Place(dimension=dimension, group=group, condition="clean", system="system", versus=versus)


@pytest.mark.parametrize(
    ("measure", "stored", "of"),
    [
        (Measure.GROUP_WER, "wer", place("Indian")),
        (Measure.EVERYONE_WER, "wer", place("all", dimension="overall")),
        (Measure.GAP, "wer_gap", place("Indian", "Scottish")),
        (Measure.RATIO, "wer_ratio", place("Indian", "Scottish")),
    ],
)
def test_the_bound_of_one_place_is_that_of_the_results(
    run: StoredRun, measure: Measure, stored: str, of: Place
) -> None:
    figure = next(
        one
        for one in run.results.figures
        if (one.dimension, one.group, one.measure, one.versus, one.normaliser)
        == (of.dimension, of.group, stored, of.versus, "whisper_en")
    )
    found = Recount(run).lower_bounds(measure, [of])
    assert found == {of: pytest.approx(figure.low, rel=1e-9)}


def test_bounds_of_several_places_lie_lower_and_those_of_ratios_are_the_family_of_the_report(
    run: StoredRun,
) -> None:
    places = [place(group) for group in GROUPS]
    recount = Recount(run)
    alone = {one: recount.lower_bounds(Measure.GROUP_WER, [one])[one] for one in places}
    together = recount.lower_bounds(Measure.GROUP_WER, places)
    assert all(together[one] < alone[one] for one in places)
    (comparison,) = [one for one in run.results.comparisons if one.normaliser == "whisper_en"]
    ratio = place("Indian", "Scottish")
    assert recount.lower_bounds(Measure.RATIO, [ratio])[ratio] == pytest.approx(comparison.low, rel=1e-9)


@pytest.mark.parametrize(
    ("limit", "keys", "expected"),
    [
        ("90 %", {}, ExitStatus.DONE),
        ("1 %", {}, ExitStatus.GATE_FAILED),
        ("20 %", {}, ExitStatus.GATE_CANNOT_TELL),
        ("20 %", {"cannot_tell": "warn"}, ExitStatus.DONE),
    ],
)
def test_the_exit_status_is_what_the_policy_says(
    folder: Path, capsys: pytest.CaptureFixture[str], limit: str, keys: dict[str, Any], expected: ExitStatus
) -> None:
    assert gate(folder, "run", rules=[{"measure": "group_wer", "limit": limit}], **keys) == expected
    said = capsys.readouterr().out
    assert said.splitlines()[-1].endswith(".")
    assert f"Exit status {expected.value}: " in said
    assert ("only warns" in said) is (keys == {"cannot_tell": "warn"})


def test_every_file_is_written_whatever_the_outcome(folder: Path) -> None:
    paths = {name: folder / f"gate.{name}" for name in ("junit", "markdown", "json")}
    options = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    rules = [{"measure": "group_wer", "limit": "1 %"}]
    assert gate(folder, "run", *options, rules=rules) == ExitStatus.GATE_FAILED
    document = ET.parse(paths["junit"]).getroot()  # noqa: S314 - our own
    assert document.attrib["failures"] == "2"
    assert paths["markdown"].read_text(encoding="utf-8").startswith("## Release\n\n**FAIL: ")
    found = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert (found["outcome"], found["exit_status"]) == ("fail", 1)


@pytest.mark.parametrize(
    ("rules", "options", "said"),
    [
        ([{"measure": "group_wer", "limit": "1 %", "groups": ["Indan"]}], [], "Did you mean 'Indian'?"),
        ([{"measure": "gap", "worse_by": "1 point"}], [], "Name one with --baseline RUN"),
        (
            [{"measure": "gap", "worse_by": "1 point"}],
            ["--baseline", "nowhere"],
            "nowhere: holds no run.json",
        ),
        ([{"measure": "group_wer", "limit": 5}], [], "must be a number with the unit"),
    ],
)
def test_a_policy_that_does_not_suit_is_bad_input_before_anything_is_written(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rules: list[dict[str, Any]],
    options: list[str],
    said: str,
) -> None:
    junit = tmp_path / "gate.xml"
    assert gate(folder, "run", "--junit", str(junit), *options, rules=rules) == ExitStatus.BAD_INPUT
    assert said in capsys.readouterr().err
    assert not junit.exists()


def test_a_run_is_judged_against_its_baseline_on_paired_differences(folder: Path) -> None:
    out = folder / "compared.json"
    rules = [
        {"measure": "group_wer", "worse_by": "5 points"},
        {"measure": "group_wer", "worse_by": "30 points", "groups": ["Indian"]},
        {"measure": "gap", "worse_by": "5 points"},
        {"measure": "everyone_wer", "worse_by": "0 points"},
    ]
    options = ("--baseline", str(folder / "run"), "--json", str(out))
    assert gate(folder, "worse", *options, rules=rules) == ExitStatus.GATE_FAILED
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [rule["outcome"] for rule in found["rules"]] == ["fail", "pass", "fail", "fail"]
    by_group = {check["place"]["group"]: check for check in found["rules"][0]["checks"]}
    # Twelve people of whom none changed do not tell of those not heard; thirty would.
    assert (by_group["Scottish"]["outcome"], by_group["Scottish"]["value"]) == ("cannot_tell", 0.0)
    # An Indian utterance has its last word wrong, and every second one word more: 12 words each.
    assert by_group["Indian"]["value"] == pytest.approx(1.5 / len(WORDS), abs=0.2 / len(WORDS))
    assert (found["run"], found["baseline"]) == ("worse", "run")
    # The other way round it is better, which no rule minds.
    assert gate(folder, "run", "--baseline", str(folder / "worse"), rules=rules[2:]) == ExitStatus.DONE


def test_a_run_that_changed_nothing_is_no_worse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [{"measure": measure, "worse_by": "0 points"} for measure in ("group_wer", "gap", "everyone_wer")]
    assert gate(folder, "same", "-v", "--baseline", str(folder / "run"), rules=rules) == ExitStatus.DONE
    assert "no speaker's number of errors has changed" in capsys.readouterr().out


def test_the_bound_of_m_differences_is_that_of_a_t_interval_at_one_mth_of_the_error(folder: Path) -> None:
    policy = make_policy({"measure": "group_wer", "worse_by": "1 point"})
    run = open_run(folder / "worse")
    against = AgainstBaseline(run, open_run(folder / "run"), policy)
    found = against.look(place("Indian"), Measure.GROUP_WER, shown_in_report(run.results)).figure
    assert found is not None
    # Twelve speakers with as many words each: eleven degrees of freedom.
    error = (found.value - found.low) / stats.t.ppf(0.975, 11)
    for m in (1, 7):
        (bound,) = set(against.lower_bounds(Measure.GROUP_WER, [place("Indian")] * m).values())
        assert bound == pytest.approx(found.value - stats.t.ppf(1 - 0.025 / m, 11) * error, rel=1e-6)
