"""What an installed asr-fair needs beside its modules is in the wheel."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from asr_fair.recipes import library

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
DATA = ("report/templates", "view/templates", "pipeline/project/templates")


def test_templates_lie_in_the_package_which_goes_into_the_wheel_whole() -> None:
    assert BUILD["wheel"]["packages"] == ["asr_fair"]
    assert "exclude" not in BUILD["wheel"]
    found = {
        path.parent
        for path in (REPOSITORY / "asr_fair").rglob("*.*")
        if path.suffix in (".jinja", ".css", ".js")
    }
    assert found == {REPOSITORY / "asr_fair" / folder for folder in DATA}


def test_the_profiles_go_where_an_installed_package_looks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel laid out as pyproject.toml says, in a folder of its own."""
    for source, target in BUILD["wheel"]["force-include"].items():
        (tmp_path / target).parent.mkdir(exist_ok=True)
        (tmp_path / target).symlink_to(REPOSITORY / source)
    module = tmp_path / "asr_fair" / "recipes" / "library.py"
    monkeypatch.setattr(library, "__file__", str(module))
    assert library.shipped_folder() == tmp_path / "asr_fair" / "_noise_profiles"
    assert (library.shipped_folder() / "scanner.yaml").is_file()
    assert (library.shipped_folder() / "handsets" / "landline.yaml").is_file()


def test_git_ignores_nothing_of_the_package() -> None:
    """Hatch leaves out of a wheel what .gitignore names."""
    files = [
        str(path.relative_to(REPOSITORY))
        for folder in ("asr_fair", "noise_profiles")
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert len(files) > 400
    if not (REPOSITORY / ".git").exists():
        pytest.skip("no repository here")
    asked = ["git", "-C", str(REPOSITORY), "check-ignore", "--no-index", "--stdin"]
    ignored = subprocess.run(asked, input="\n".join(files), capture_output=True, text=True, check=False)
    assert ignored.stdout == ""
