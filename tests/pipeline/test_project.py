"""`asr-fair init`: a project that leads from recordings to a run, whatever is answered; all or nothing."""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from asr_fair.cli.main import COMMANDS, status_of
from asr_fair.cli.permitted_use import USES
from asr_fair.conditions.plan import expand_conditions
from asr_fair.config import read_config
from asr_fair.errors import ExitStatus
from asr_fair.manifest.check import read_manifest
from asr_fair.manifest.sidecar import Use, read_sidecar
from asr_fair.manifest.tables import read_table, write_table
from asr_fair.pipeline.project.tags import KNOWN
from asr_fair.pipeline.project.write import TEMPLATES
from asr_fair.recipes.library import find_recipe, folders
from asr_fair.recipes.profile import Profile
from fakes.demo import MANIFESTS

ALL = {*TEMPLATES, "table.csv", "noise_profiles/own-place.yaml"}


def init(folder: Path, *options: str) -> int:
    return status_of(["init", str(folder), *options])


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the demo's recordings in folders, and its table filled in by somebody."""
    folder = tmp_path_factory.mktemp("customer") / "ward 7"
    assert (
        init(folder, "--tag", "accent", "--tag", "handset", "--conditions", "ward", "--conditions", "own")
        == 0
    )
    demo = read_table(MANIFESTS / "demo.jsonl").frame.iloc[::5]
    for audio in demo["audio"]:
        target = folder / "recordings" / audio.split("-")[0] / audio.replace("-", " ").upper()
        target.parent.mkdir(exist_ok=True)
        shutil.copy(MANIFESTS / "demo" / audio, target)
    header = (folder / "table.csv").read_text().splitlines()[0].split(",")
    columns = ["audio", "reference", "speaker_id", "accent", "handset"]
    rows = demo[columns].set_axis(header, axis=1)
    text = (folder / "table.csv").read_text() + rows.to_csv(index=False, header=False)
    (folder / "table.csv").write_text(text)
    return folder


def commands_of(folder: Path) -> list[list[str]]:
    """The commands of the README, each as its words."""
    (block,) = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), flags=re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


def test_the_readmes_commands_lead_from_the_recordings_to_a_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    sidecar = Path("manifest.yaml").read_bytes()
    commands = commands_of(project)
    assert [command[:2] for command in commands] == [
        ["asr-fair", name] for name in ("import", "check", "plan", "run", "run")
    ]
    said = []
    for command in commands[:-1]:
        assert status_of(command[1:]) == ExitStatus.DONE
        said.append(capsys.readouterr())
    imported, checked, planned, dry = said
    assert "left out, rows that mean no recording: 2\n  line 2: 'EXAMPLE day 1/p01 001.wav'" in imported.err
    assert "18 utterances" in imported.out
    assert "18 utterances, 18 speakers, no faults" in checked.out
    assert "accent" in planned.out
    for condition in (
        "clean:",
        "ward-ventilation@10dB:",
        "infusion-pump-alarm-medium@0dB:",
        "own-place@0dB:",
    ):
        assert condition in dry.out
    assert Path("manifest.yaml").read_bytes() == sidecar
    manifest, warnings = read_manifest(project / "manifest.jsonl")
    assert warnings == ()
    demo = read_table(MANIFESTS / "demo.jsonl").frame.set_index("reference")
    for row in manifest.table.itertuples():
        twin = demo.loc[[row.reference]]
        assert Path(row.audio).name.lower().replace(" ", "-") in set(twin["audio"])
        assert row.accent[0] in set(twin["accent"])
    assert not (project / "runs").exists()


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--tag", "age=corpus_metadata", "--conditions", "quiet", "--language", "de"),
        ("--tag", "shift", "--tag", "mic=device_log", "--conditions", "own", "--model", "/no/such: model #1"),
        tuple(part for name in KNOWN for part in ("--tag", name)),
        ("--permitted-use", "evaluate", "--permitted-use", "play_audio", "--engine", "faster-whisper"),
    ],
)
def test_whatever_is_answered_the_files_are_valid(tmp_path: Path, options: tuple[str, ...]) -> None:
    folder = tmp_path / "new/project"
    assert init(folder, "--yes", *options) == ExitStatus.DONE
    assert files_in(folder) == ALL
    assert (folder / "recordings").is_dir()
    config = read_config(folder / "run.yaml")
    assert config.manifest == folder / "manifest.jsonl"
    assert expand_conditions(config.conditions, folders(config.noise_profiles))[0].name == "clean"
    sidecar = read_sidecar(folder / "manifest.jsonl")
    assert list(read_table(folder / "table.csv").frame.columns)[3:] == list(sidecar.dimensions)
    assert sidecar.audio_root == "recordings"
    if "--model" in options:
        assert config.systems[0].model == "/no/such: model #1"


def test_the_example_rows_fit_the_sidecar(tmp_path: Path) -> None:
    every = [part for name in KNOWN for part in ("--tag", name)]
    assert init(tmp_path / "p", *every) == ExitStatus.DONE
    frame = read_table(tmp_path / "p/table.csv").frame
    frame = frame.rename(columns={"recording": "audio", "words": "reference", "speaker": "speaker_id"})
    write_table(frame.assign(utterance_id=["1", "2"]), tmp_path / "p/manifest.csv")
    manifest, warnings = read_manifest(tmp_path / "p/manifest.csv")
    assert warnings == ()
    assert manifest.table["accent"].tolist() == [("Scottish",), ("Indian", "Scottish")]
    assert manifest.table["age"].tolist() == [("18 to 39",), ("declined",)]


def test_the_questionnaire_asks_for_self_reports_and_lets_people_decline(tmp_path: Path) -> None:
    assert init(tmp_path / "p", "--tag", "accent", "--tag", "handset", "--tag", "age") == ExitStatus.DONE
    text = (tmp_path / "p/questionnaire.md").read_text()
    assert KNOWN["accent"].question in text
    assert KNOWN["handset"].question not in text
    assert text.count("☐ prefer not to say") == 2
    assert text.count("You may give several answers") == 1
    assert "`declined`" in text


def test_the_example_profile_is_a_copy_under_a_name_of_its_own(tmp_path: Path) -> None:
    assert init(tmp_path / "p", "--yes") == ExitStatus.DONE
    own, shipped = (
        find_recipe(Profile, name, folders(tmp_path / "p/noise_profiles")).recipe
        for name in ("own-place", "ward-ventilation")
    )
    assert own.sources == shipped.sources
    assert own.licence == shipped.licence
    assert own.title != shipped.title


def test_commands_in_the_guides_exist_with_their_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "p", "--yes") == ExitStatus.DONE
    text = "".join((tmp_path / "p" / name).read_text() for name in ("README.md", "noise_profiles/README.md"))
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("asr-fair ")]
    assert len(lines) == 5 + 3
    for line in lines:
        command, *words = shlex.split(line)[1:]
        assert command in COMMANDS
        within = words[:1] if command in ("noise", "import") else []
        assert status_of([command, *within, "--help"]) == ExitStatus.DONE
        usage = capsys.readouterr().out
        assert [word for word in words if word.startswith("--") and word not in usage] == []


@pytest.mark.parametrize("there", ["run.yaml", "recordings/x.wav", "noise_profiles/y.yaml", ".gitignore"])
def test_what_is_there_is_never_replaced(
    tmp_path: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p" / there
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert init(tmp_path / "p", "--yes") == ExitStatus.BAD_INPUT
    assert f"holds {there.split('/')[0]} already" in capsys.readouterr().err
    assert files_in(tmp_path) == {f"p/{there}"}
    assert path.read_text() == "mine"


def test_a_folder_with_other_files_takes_a_project_in(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert init(tmp_path, "--yes", "--name", "p") == ExitStatus.DONE
    assert files_in(tmp_path) == {*ALL, "notes.txt"}
    (tmp_path / "file").touch()
    assert init(tmp_path / "file", "--yes") == ExitStatus.BAD_INPUT


@pytest.mark.parametrize("existing", [False, True])
def test_nothing_is_left_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    if existing:
        (tmp_path / "p").mkdir()
    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        if path.name in ("run.yaml",) or path.suffix == ".tmp":
            raise OSError(28, "No space left on device", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    assert init(tmp_path / "p", "--yes") == ExitStatus.BAD_INPUT
    assert files_in(tmp_path) == set()
    assert [path.name for path in tmp_path.iterdir()] == ["p"] * existing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tag", "accent=inferred"), "labels inferred from audio, names or text are refused"),
        (("--tag", "age=annotator"), "an annotator's impression of age is refused"),
        (("--tag", "accent=rumour"), "must be 'self_report'"),
        (("--tag", "accent", "--tag", "accent"), "'accent' must not stand there more than once"),
        (("--tag", "words"), "is a column of the table itself"),
        (("--tag", "First language"), "as in first_language"),
        (("--name", "ward 7"), "must be letters, digits"),
        (("--language", "English"), "must be a code"),
        (("--engine", "wisper"), "Did you mean 'whisper'"),
        (("--permitted-use", "play_audio"), "must hold 'evaluate'"),
    ],
)
def test_wrong_answers_are_refused_before_anything_is_written(
    tmp_path: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path / "p", "--yes", *options) == ExitStatus.BAD_INPUT
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_it_asks_and_explains_what_it_refuses(tmp_path: Path) -> None:
    tags = ["Accent, First language!", "Accent, first language", "inferred", "", ""]
    answers = ["", "English", "de", *tags, "wad", "own", "", ""]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "asr_fair", "init", "my ward"])  # noqa: S606
    os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
    said = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        said += part
    assert os.waitpid(process, 0)[1] == 0, said.decode()
    for explained in (
        "must be a code",
        "as in first_language",
        "labels inferred from audio",
        "'wad' is not among",
    ):
        assert explained in said.decode()
    config = yaml.safe_load((tmp_path / "my ward/run.yaml").read_text())
    assert (config["name"], config["systems"][0]["model"]) == ("my-ward", "tiny")
    assert config["conditions"] == ["clean", {"profile": "own-place", "snr_db": [10, 0]}]
    assert list(read_sidecar(tmp_path / "my ward/manifest.jsonl").dimensions) == ["accent", "first_language"]


def test_every_use_that_people_can_agree_to_can_be_named() -> None:
    assert sorted(USES) == sorted(Use)


def test_the_table_survives_a_spreadsheet(project: Path) -> None:
    # What Excel makes of it in German: semicolons and a mark at the beginning.
    frame = pd.read_csv(project / "table.csv", dtype=str)
    text = "\ufeff" + frame.to_csv(index=False, sep=";", lineterminator="\r\n")
    (project / "excel.csv").write_text(text, encoding="utf-8", newline="")
    out = project / "manifest.jsonl"
    arguments = ["import", "folder", str(project / "recordings"), "--table", str(project / "excel.csv")]
    assert status_of([*arguments, "--out", str(out)]) == ExitStatus.DONE
    assert len(read_table(out).lines) == 18
