"""What docs/ci shows works: keys, policies, and the commands and exit status of the workflow."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel

from asr_fair.cli.main import cli
from asr_fair.policy import UNITS, Measure, Policy, Rule, read_policy
from asr_fair.recipes.library import folders

CI = Path(__file__).resolve().parents[1] / "docs" / "ci"
GUIDE = (CI / "README.md").read_text(encoding="utf-8")
POLICIES = sorted(path for path in CI.glob("*.yaml"))
WORKFLOW = yaml.safe_load((CI / "github-actions.yml").read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["gate"]["steps"]


def commands_in(script: str) -> Iterator[list[str]]:
    """The calls of asr-fair in a shell script, as words."""
    for line in script.replace("\\\n", " ").splitlines():
        if line.strip().removeprefix("- ").startswith("asr-fair "):
            yield shlex.split(line.strip().removeprefix("- ").split("||")[0])[1:]


def scripts() -> list[str]:
    fenced = re.findall(r"```(?:sh|yaml)\n(.*?)```", GUIDE, flags=re.DOTALL)
    return [*fenced, *(step["run"] for step in STEPS if "run" in step)]


def step(name: str) -> dict[str, object]:
    return next(each for each in STEPS if each.get("name") == name)


@pytest.mark.parametrize("model", [Policy, Rule])
def test_every_key_of_a_policy_is_described(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if f"| `{key}` |" not in GUIDE] == []


def test_every_measure_is_described_with_its_unit() -> None:
    for measure in Measure:
        (row,) = [line for line in GUIDE.splitlines() if line.startswith(f"| `{measure}` |")]
        unit = row.rstrip(" |").rsplit("| ", 1)[1]
        assert unit == ("none" if UNITS[measure] == "×" else UNITS[measure])


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_every_policy_is_valid_and_says_why(path: Path) -> None:
    policy = read_policy(path)
    assert all(len(rule.reason.split()) > 5 for rule in policy.rules)
    assert path.name in GUIDE


def test_the_conditions_of_the_hospital_are_of_a_noise_that_there_is() -> None:
    known = {path.stem for folder in folders(None) for path in Path(str(folder)).rglob("*.yaml")}
    rules = read_policy(CI / "hospital.yaml").rules
    named = {name.split("@")[0] for rule in rules for name in rule.conditions or ()}
    assert named - {"clean"} <= known
    assert named > {"clean"}


def test_every_command_shown_has_the_options_that_it_is_shown_with() -> None:
    shown = [words for script in scripts() for words in commands_in(script)]
    assert len(shown) >= 6
    assert {words[0] for words in shown} == {"score", "gate"}
    for words in shown:
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None
        command.make_context(words[0], words[1:])


@pytest.mark.parametrize(
    ("status", "blocks", "expected"),
    [(0, "true", 0), (1, "false", 1), (2, "false", 2), (3, "true", 3), (3, "false", 0), (70, "false", 70)],
)
def test_the_step_of_the_workflow_ends_as_the_gate_says(
    tmp_path: Path, status: int, blocks: str, expected: int
) -> None:
    program = tmp_path / "asr-fair"
    program.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "BLOCK_ON_CANNOT_TELL": blocks}
    # As GitHub starts it.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", str(step("Gate")["run"])]
    ended = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == expected
    assert ("::warning" in ended.stdout) is (status == 3 and expected == 0)


def test_the_summary_is_appended_whatever_the_outcome_and_no_run_directory_is_uploaded(
    tmp_path: Path,
) -> None:
    assert step("Summary")["if"] == step("Keep the outcome")["if"] == "always()"
    summary = tmp_path / "summary"
    summary.write_text("before\n", encoding="utf-8")
    command = ["bash", "-eo", "pipefail", "-c", str(step("Summary")["run"])]
    environment = {"PATH": os.environ["PATH"], "GITHUB_STEP_SUMMARY": str(summary)}
    subprocess.run(command, env=environment, cwd=tmp_path, check=True)
    (tmp_path / "gate.md").write_text("## Gate\n", encoding="utf-8")
    subprocess.run(command, env=environment, cwd=tmp_path, check=True)
    assert summary.read_text(encoding="utf-8") == "before\n## Gate\n"
    uploaded = str(step("Keep the outcome")["with"])
    assert "gate.xml" in uploaded
    assert "runs" not in uploaded


def test_links_in_the_guide_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", GUIDE):
        assert (CI / target).exists(), target


RUN = CI.parents[1] / ".ci" / "run"
TOLD = 'echo "$(basename "$0") $*" >> "$TOLD"'


def ci_run(folder: Path, apt: str, *, user: int = 0, has_browser: bool = False) -> tuple[list[str], str]:
    """What a copy of `.ci/run` called, and its stderr; commands of this machine are out of its reach."""
    (folder / ".ci").mkdir()
    (folder / "bin").mkdir()
    shutil.copy(RUN, folder / ".ci")
    commands = {"apt-get": f"{TOLD}; {apt}", "make": TOLD, "id": f"echo {user}"}
    for name, line in (commands | ({"chromium": "true"} if has_browser else {})).items():
        (folder / "bin" / name).write_text(f"#!{shutil.which('bash')}\n{line}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    for name in ("bash", "dirname", "basename"):
        (folder / "bin" / name).symlink_to(str(shutil.which(name)))
    told = folder / "told"
    told.touch()
    done = subprocess.run(
        [folder / "bin" / "bash", folder / ".ci" / "run"],
        env={"PATH": str(folder / "bin"), "TOLD": str(told)},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.read_text(encoding="utf-8").splitlines(), done.stderr


def test_a_submission_is_tested_with_a_browser_where_one_can_be_installed(tmp_path: Path) -> None:
    called, said = ci_run(tmp_path, "true")
    assert called[0].startswith("apt-get update")
    assert re.fullmatch(r"apt-get install .*\bchromium", called[1])
    assert called[2:] == ["make test"]
    assert said == ""


def test_a_submission_is_tested_all_the_same_where_no_browser_can_be_installed(tmp_path: Path) -> None:
    called, said = ci_run(tmp_path, "exit 100")
    assert called == ["apt-get update -qq", "make test"]
    assert "the tests of pages will be skipped" in said


@pytest.mark.parametrize("machine", [{"has_browser": True}, {"user": 1000}])
def test_nothing_is_installed_where_a_browser_is_or_nobody_may(
    tmp_path: Path, machine: dict[str, int]
) -> None:
    assert ci_run(tmp_path, "true", **machine)[0] == ["make test"]  # type: ignore[arg-type]
