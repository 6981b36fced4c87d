"""The files on disk: complete or untouched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_people import render_card, write_report
from made_results import CLEAN_ONLY, make_results

from asr_fair.fairness.results import Results
from asr_fair.report import write
from asr_fair.report.card.model import Card

FILES = {
    "report.html",
    "card.md",
    "card.html",
    "card.tex",
    "tables/conditions.csv",
    "tables/groups.csv",
    "tables/rates.csv",
    "tables/noise.csv",
    "tables/noise_curves.csv",
    "tables/normaliser_traces.csv",
    "tables/normalisers.csv",
    "tables/summaries.csv",
    "tables/models.csv",
    "tables/within.csv",
    "tables/systems.csv",
    "tables/matched_pairs.csv",
    "tables/losses.csv",
    "tables/made_up.csv",
}


@pytest.fixture
def results() -> Results:
    return make_results(conditions=CLEAN_ONLY)


def test_all_files_are_written_and_no_temporary_one_stays(results: Results, tmp_path: Path) -> None:
    paths = write_report(results, tmp_path / "run")
    assert paths[0].name == "report.html"
    left = {p.relative_to(tmp_path / "run").as_posix() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    assert left == FILES == {path.relative_to(tmp_path / "run").as_posix() for path in paths}
    assert (tmp_path / "run" / "card.md").read_text(encoding="utf-8") == render_card(results)


def test_a_failure_leaves_the_old_report_whole(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("old")

    def fail(_: Card) -> dict[str, str]:
        raise RuntimeError

    monkeypatch.setattr(write, "render_cards", fail)
    with pytest.raises(RuntimeError):
        write_report(results, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "old"


def test_tables_without_rows_keep_their_headings(tmp_path: Path) -> None:
    write_report(make_results(conditions=CLEAN_ONLY, losses=()), tmp_path)
    assert (tmp_path / "tables" / "losses.csv").read_text().startswith("dimension,group,condition,system")


def test_report_imports_neither_torch_nor_dask_nor_audio_libraries() -> None:
    code = (
        "import sys, asr_fair.report;"
        "heavy = {'torch', 'dask', 'distributed', 'soundfile', 'av', 'librosa'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
