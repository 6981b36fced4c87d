"""The notebooks run from beginning to end, and are stored as they were before anybody ran them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from asr_fair.fairness.results import write_results
from asr_fair.pipeline.score import score
from pipeline.test_score import write_inputs
from report.made_results import make_results

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
EVERY = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(autouse=True)
def _no_traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Jupyter keeps for a user stays out of the home folder."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def run_notebooks(folder: Path, *names: str) -> nbformat.NotebookNode:
    """Run notebooks in `folder`, one after the other in one kernel; raises where a cell fails."""
    whole, *others = (nbformat.read(NOTEBOOKS / name, as_version=4) for name in names)
    for other in others:  # a kernel takes seconds to start
        whole.cells += other.cells
    for number, cell in enumerate(whole.cells):
        cell.id = f"cell-{number}"
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(whole, timeout=600, kernel_name="python3", resources=resources).execute()


def run_here(name: str) -> dict[str, Any]:
    """Run a notebook's cells in this process, with nothing imported for it; gives its names."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOKS / name, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, name, "exec"), names)  # noqa: S102 - our own
    return names


def said(notebook: nbformat.NotebookNode) -> str:
    """All that the cells printed or showed as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.fixture(scope="module")
def scored_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    score(*write_inputs(folder), folder / "run")
    return folder / "run"


def test_the_three_notebooks_are_there() -> None:
    assert [path.stem for path in EVERY] == ["a_first_look", "own_recordings_own_noise", "reading_a_report"]


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_a_notebook_is_valid_holds_no_output_and_names_no_kernel_of_its_own(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in cells if cell.outputs or cell.execution_count is not None] == []
    assert notebook.metadata.kernelspec.name == "python3"
    assert max(len(cell.source.splitlines()) for cell in cells) <= 25


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        for target in re.findall(r"\]\(([^)#:]+)\)", cell.source):
            assert (path.parent / target).exists(), target


def test_a_first_look_and_reading_a_report_run_in_a_kernel(
    scored_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_FAIR_RUN", str(scored_run))
    notebook = run_notebooks(tmp_path, "a_first_look.ipynb", "reading_a_report.ipynb")
    text = said(notebook)
    for fact in ("Scottish", "disparity: Accent, “Indian”", "3.0\nnoise", "no tolerance"):
        assert fact in text
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    pictures = [each["data"]["image/svg+xml"] for each in outputs if "image/svg+xml" in each.get("data", {})]
    assert len(pictures) == 1
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", pictures[0])
    assert [each for each in outputs if each.get("name") == "stderr"] == []


def test_reading_a_report_shows_verdicts_tolerances_and_what_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_results(make_results(), tmp_path / "results.json")
    monkeypatch.setenv("ASR_FAIR_RUN", str(tmp_path))
    names = run_here("reading_a_report.ipynb")
    assert "limit: 0.3" in capsys.readouterr().out
    hidden = {group.name for dimension in make_results().dimensions for group in dimension.groups} - {
        group.name for dimension in names["shown"].results.dimensions for group in dimension.groups
    }
    assert hidden
    for table in ("verdicts", "unclear", "tolerance"):
        assert len(names[table]) > 0
        assert not hidden & set(names[table]["group"])


@pytest.mark.model
@pytest.mark.timeout(900)
def test_own_recordings_in_own_noise_go_from_a_messy_folder_to_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    text = said(run_notebooks(tmp_path, "own_recordings_own_noise.ipynb"))
    for fact in (
        "12 of 13 rows matched a recording",
        "line 14: 'lost_99'",
        "12 speakers, no faults",
        "742",
        "own-place@10dB",
    ):
        assert fact in text
    (report,) = tmp_path.glob("asr-fair-*/ward/runs/ward/report.html")
    assert "scanner next door" in report.read_text(encoding="utf-8")
