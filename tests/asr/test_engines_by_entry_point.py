"""Engines of other packages: what docs/engines.md shows is installed and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from asr_fair.asr import describe_engine, engine_names, load_engine
from asr_fair.asr.registry import shadowed_engines
from asr_fair.config import SystemConfig
from asr_fair.errors import ConfigError, FaultsError
from fakes.demo import write_small_manifest, write_small_run

MakeSystem = Callable[..., SystemConfig]
REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "docs" / "engines.md"
PROGRAM = """#!/usr/bin/env python3
import hashlib, sys
print("heard", hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:8], sys.argv[2])
"""


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(found)


def install(folder: Path, name: str, entry: str, modules: dict[str, str]) -> None:
    """A distribution as pip leaves it behind: modules, and the folder that tells about them."""
    for module, code in modules.items():
        (folder / f"{module}.py").write_text(code, encoding="utf-8")
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[asr_fair.engines]\n{entry}\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which packages are imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def guide(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The guide's package, installed, and a program that it can run."""
    project = tomllib.loads(block("toml"))["project"]
    ((name, target),) = project["entry-points"]["asr_fair.engines"].items()
    install(site, project["name"], f"{name} = {target}", {"program_engine": block("python")})
    monkeypatch.delitem(sys.modules, "program_engine", raising=False)
    program = site.parent / "bin" / "recognise"
    program.parent.mkdir()
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    return program


def test_the_guides_engine_is_known_by_its_name(guide: Path, make_system: MakeSystem) -> None:
    assert "program" in engine_names()
    info = describe_engine(make_system("program", guide, beam=5))
    assert info.settings == {"beam": 5, "language": "en"}
    assert load_engine(make_system("program", guide, beam=5)).info == info


def test_wrong_keys_of_another_packages_engine_are_named_with_their_place(
    guide: Path, make_system: MakeSystem
) -> None:
    with pytest.raises(FaultsError) as caught:
        describe_engine(make_system("program", guide, beam="wide", baem=2), place="run.yaml: systems.0")
    assert str(caught.value).splitlines() == [
        "run.yaml: systems.0: beam: must be a whole number, got 'wide'",
        "run.yaml: systems.0: baem: unknown key. Did you mean 'beam'?",
    ]


@pytest.mark.model  # no weights, but worker processes: as long as the tests that have some
def test_the_guides_engine_runs_in_worker_processes(guide: Path, tmp_path: Path) -> None:
    write_small_manifest(tmp_path, n_utterances=4)
    systems = re.sub(r"systems:\n", "", block("yaml"))
    config = write_small_run(tmp_path, systems=systems)
    config.write_text(config.read_text() + "probes: false\nmax_loss: 1\n", encoding="utf-8")
    paths = [str(guide.parents[1] / "site"), str(REPOSITORY)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "asr_fair", "run", str(config)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (part,) = (tmp_path / "run" / "transcripts").glob("part-*.parquet")
    texts = pd.read_parquet(part)["text"]
    assert len(texts) == 8
    assert texts.str.fullmatch(r"heard [0-9a-f]{8} 5").all()
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["configuration"]["systems"][0]["beam"] == 5


def test_a_package_that_cannot_be_imported_is_named(site: Path, make_system: MakeSystem) -> None:
    install(site, "acme-asr", "acme = acme_engine:Acme", {"acme_engine": "import no_such_package_of_acme\n"})
    with pytest.raises(ConfigError, match=r"of acme-asr 1\.0 \(acme_engine:Acme\) cannot be imported: Mod"):
        describe_engine(make_system("acme"))


def test_what_is_no_engine_is_refused_with_the_packages_name(site: Path, make_system: MakeSystem) -> None:
    install(site, "empty-asr", "empty = empty_engine:Empty", {"empty_engine": "class Empty: ...\n"})
    with pytest.raises(ConfigError, match=r"of empty-asr 1\.0 .* is not a class with `config`"):
        describe_engine(make_system("empty"))


def test_a_name_of_ours_stays_ours_and_somebody_is_told(site: Path, make_system: MakeSystem) -> None:
    install(site, "bold-asr", "transcripts = bold_engine:Bold", {"bold_engine": "raise SystemError\n"})
    (site / "t.csv").write_text("utterance_id,text\na,hello\n")
    info = describe_engine(make_system("transcripts", path=site / "t.csv"))
    (warning,) = shadowed_engines([info])
    assert warning == (
        "engine 'transcripts' is asr-fair's own; the one that bold-asr 1.0 brings under this name is not used"
    )


def test_two_packages_with_one_name_are_an_error(site: Path, make_system: MakeSystem) -> None:
    for name in ("one-asr", "two-asr"):
        install(site, name, "twice = x:X", {})
    with pytest.raises(ConfigError, match=r"'twice' is brought by one-asr 1\.0 and two-asr 1\.0"):
        describe_engine(make_system("twice"))
