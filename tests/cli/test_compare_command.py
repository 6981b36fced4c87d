"""`asr-fair compare`: what a person reads in the terminal, which files there are, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from asr_fair.cli.main import status_of
from asr_fair.errors import ExitStatus
from pipeline.made_runs import make_run, with_errors_in

FILES = {
    "compare.html",
    "compare.json",
    "compare.schema.json",
    "tables/compare.csv",
    "tables/matched_pairs.csv",
    "tables/left_out.csv",
}


def two_systems(texts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([texts.assign(system="old"), with_errors_in("Indian", 4)(texts).assign(system="new")])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "before")
    make_run(folder, "after", texts=with_errors_in("Indian", 4))
    make_run(folder, "both", texts=two_systems)
    return folder


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".lock"}


def test_the_terminal_says_for_whom_and_where_to_read_on(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["compare", str(runs / "before"), str(runs / "after")]) == ExitStatus.DONE
    said = capsys.readouterr().out
    folder = runs / "compare-before-to-after"
    assert written(folder) == FILES
    assert "A (before): system, transcripts that were handed in; run before" in said
    told, table = said.split("Under “clean”")
    more = told.split("For whom B makes more errors\n")[1].split("\n\n")[0]
    assert "“Indian” (Accent)" in more
    assert "Scottish" not in more
    assert "the gap widened" in told
    lines = {line.split()[0]: " ".join(line.split()) for line in table.splitlines() if line.startswith("  ")}
    assert lines["Indian"].endswith("more errors with B")
    assert lines["Scottish"].startswith("Scottish 12 4.2 4.2 0.0 ")
    assert "compare-before-to-after/compare.html" in table
    content = json.loads((folder / "compare.json").read_text())
    jsonschema.validate(content, json.loads((folder / "compare.schema.json").read_text()))


def test_two_systems_of_one_run_are_named_behind_a_colon(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(runs / "both")
    assert status_of(["compare", f"{run}:new", f"{run}:old"]) == ExitStatus.DONE
    assert "For whom B makes fewer errors\n- “Indian”" in capsys.readouterr().out
    assert written(runs / "compare-both-new-to-old") == FILES
    assert status_of(["compare", run, f"{run}:old"]) == ExitStatus.BAD_INPUT
    assert f"Name one of them behind a colon, such as {run}:new" in capsys.readouterr().err


def test_the_same_comparison_is_written_again_and_nothing_else_is_overwritten(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, out = str(runs / "before"), str(runs / "after"), str(tmp_path / "out")
    assert status_of(["compare", before, after, "--out", out]) == ExitStatus.DONE
    assert status_of(["compare", before, after, "--out", out]) == ExitStatus.DONE
    kept = (tmp_path / "out" / "compare.json").read_bytes()
    capsys.readouterr()
    assert status_of(["compare", after, before, "--out", out]) == ExitStatus.BAD_INPUT
    assert "holds the comparison of before:system with after:system" in capsys.readouterr().err
    plan = tmp_path / "plan.yaml"
    plan.write_text("thresholds: {n_draws: 1000, equivalence_ratio: 1.1}", encoding="utf-8")
    assert status_of(["compare", before, after, "--out", out, "--plan", str(plan)]) == ExitStatus.BAD_INPUT
    assert (tmp_path / "out" / "compare.json").read_bytes() == kept
    for place, words in ((before, "holds other files"), (str(plan), "is a file")):
        assert status_of(["compare", before, after, "--out", place]) == ExitStatus.BAD_INPUT
        assert words in capsys.readouterr().err
    elsewhere = ["--out", str(tmp_path / "other"), "--plan", str(plan)]
    assert status_of(["compare", before, after, *elsewhere]) == ExitStatus.DONE
    assert "(exploratory)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("a", "words"),
    [
        ("nowhere", "nowhere: holds no run.json"),
        ("before:nobody", "unknown system of"),
        ("of-before", "holds no"),
    ],
)
def test_what_is_no_run_is_refused_before_anything_is_written(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], a: str, words: str
) -> None:
    out = tmp_path / "out"
    refused = status_of(["compare", str(runs / a), str(runs / "after"), "--out", str(out)])
    assert refused == ExitStatus.BAD_INPUT
    assert words in capsys.readouterr().err
    assert not out.exists()
