"""Writing a project: all of its files, or none."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jinja2
import yaml

from asr_fair.asr.registry import engine_names
from asr_fair.config import RunConfig, parse_config
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.files import folder_beside
from asr_fair.manifest.sidecar import parse_sidecar
from asr_fair.pipeline.project.answers import TABLE_COLUMNS, Answers
from asr_fair.recipes.library import find_recipe, parse_recipe, shipped_folder
from asr_fair.recipes.profile import Profile

MANIFEST = "manifest.jsonl"
EXAMPLE_PROFILE = "own-place"
COPIED_PROFILE = "ward-ventilation"
TEMPLATES = {
    "README.md": "README.md.jinja",
    "run.yaml": "run.yaml.jinja",
    "manifest.yaml": "manifest.yaml.jinja",
    "questionnaire.md": "questionnaire.md.jinja",
    ".gitignore": "gitignore.jinja",
    "noise_profiles/README.md": "noise.md.jinja",
}
FOLDERS = ("recordings",)
EXAMPLES = (
    ("EXAMPLE day 1/p01 001.wav", "please bring the second tray", "p01"),
    ("EXAMPLE day 1/p02 001.wav", "the drip is nearly empty", "p02"),
)
"""Rows of the table that show how it is filled: they match no recording, and `import folder` says so."""


def project_files(answers: Answers) -> dict[str, str]:
    """The text of every file of a project, by its path in it; pure, but for reading the shipped profile.

    Raises FaultsError and ConfigError where what was answered makes no valid configuration.
    """
    files = {path: _render(template, answers) for path, template in TEMPLATES.items()}
    files["table.csv"] = _table(answers)
    files[f"noise_profiles/{EXAMPLE_PROFILE}.yaml"] = _example_profile()
    parse_sidecar(files["manifest.yaml"], name="manifest.yaml")
    config = parse_config(files["run.yaml"], name="run.yaml", base=Path())
    _refuse_unknown(config)
    return files


def _refuse_unknown(config: RunConfig) -> None:
    """An engine that does not exist is refused now, rather than by the first run."""
    for system in config.systems:
        if system.engine not in engine_names():
            raise UnknownNameError("engine", system.engine, engine_names())


def write_project(folder: Path, answers: Answers) -> list[Path]:
    """Write a project's files into a folder, which is made where there is none; gives their paths.

    Raises ConfigError, before anything is written, where one of them is there already.
    """
    files = project_files(answers)
    names = sorted({path.split("/")[0] for path in (*files, *FOLDERS)})
    if folder.exists() and not folder.is_dir():
        msg = f"{folder}: is a file. Name a folder"
        raise ConfigError(msg)
    if taken := [name for name in names if (folder / name).exists() or (folder / name).is_symlink()]:
        msg = f"{folder}: holds {', '.join(taken)} already, which are not replaced. Name another folder"
        raise ConfigError(msg)
    with folder_beside(folder) as temporary:
        for path, text in files.items():
            (temporary / path).parent.mkdir(parents=True, exist_ok=True)
            (temporary / path).write_text(text, encoding="utf-8", newline="")
        for name in FOLDERS:
            (temporary / name).mkdir()
        _move(temporary, folder, names)
    return [folder / path for path in files]


def _move(temporary: Path, folder: Path, names: list[str]) -> None:
    """Rename the whole folder; into one that is there, each of its entries, or none."""
    if not folder.exists():
        temporary.rename(folder)
        return
    moved: list[str] = []
    try:
        for name in names:
            (temporary / name).rename(folder / name)
            moved.append(name)
    except OSError:
        for name in moved:
            (folder / name).rename(temporary / name)
        raise


def _render(template: str, answers: Answers) -> str:
    environment = jinja2.Environment(  # noqa: S701 - YAML and Markdown; texts are quoted by the filter
        loader=jinja2.PackageLoader("asr_fair.pipeline.project"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = _quoted
    own = [place for place in answers.places if place != "quiet"]
    return environment.get_template(template).render(
        answers=answers,
        tags=answers.tags,
        own=own,
        system=_system_name(answers),
        manifest=MANIFEST,
        example_profile=EXAMPLE_PROFILE,
        columns=TABLE_COLUMNS,
    )


def _quoted(text: object) -> str:
    """A text as JSON writes it, which YAML reads as that text whatever it holds."""
    return json.dumps(text, ensure_ascii=False)


def _system_name(answers: Answers) -> str:
    stem = re.sub(r"[^\w.+-]+", "-", Path(answers.model).name)
    return f"whisper-{stem}".strip("-")


def _table(answers: Answers) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*TABLE_COLUMNS, *(tag.name for tag in answers.tags)])
    for number, row in enumerate(EXAMPLES):
        writer.writerow([*row, *(tag.known.examples[number] for tag in answers.tags)])
    return text.getvalue()


def _example_profile() -> str:
    """A copy of a shipped profile under a name of its own, to be replaced by one of the customer's place."""
    found = find_recipe(Profile, COPIED_PROFILE, (shipped_folder(),))
    content: dict[str, Any] = yaml.safe_load(found.path.read_text(encoding="utf-8"))
    content |= {
        "id": EXAMPLE_PROFILE,
        "title": "Our place (a stand-in)",
        "description": f"A copy of {COPIED_PROFILE}, to be replaced by a profile of the place itself.",
        "tags": ["stand-in"],
    }
    head = f"# A copy of asr-fair's profile {COPIED_PROFILE}. README.md says how to make your own.\n"
    text = head + yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )
    parse_recipe(Profile, text, name=f"{EXAMPLE_PROFILE}.yaml", stem=EXAMPLE_PROFILE)
    return text
