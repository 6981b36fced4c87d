"""A folder that opens from a disk without a server: written whole beside its place, then put there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asr_fair.errors import AsrFairError, ConfigError
from asr_fair.files import replacing_folder
from asr_fair.manifest.sidecar import Use
from asr_fair.pipeline.provenance import EXPORT_MARK
from asr_fair.progress import Progress, no_progress
from asr_fair.records import CLEAN
from asr_fair.view.browser import Browser
from asr_fair.view.catalogue import Catalogue, Rows
from asr_fair.view.export_data import default_limit, exported_rows
from asr_fair.view.export_pages import REPORT, FolderAddresses, SoundFile, exported_words, pages
from asr_fair.view.sounds import Sounds

MARK = EXPORT_MARK
"""The list of what an export wrote: a folder without it, or with more, is not ours to replace."""
OWNER_ALONE = 0o700
"""Rights of the folder: other people of this machine have no business in it."""
WARNING = "PRIVATE.txt"
WARNING_TEXT = (
    "This folder holds what single people said, word for word{voices}. It is for those who hold the data: "
    "do not hand it out, and delete it when it is no longer needed. Open report.html.\n"
)
ROWS_WITH_SOUND = 100
"""Of each condition and system, where sounds are wanted and no limit is named: some 150 kB each."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the page to open, what is in the folder, and why sounds are missing."""

    start: Path
    words: str
    n_sounds: int
    silent: tuple[str, ...]


def export(
    run: Path, folder: Path, *, audio: bool, limit: int | None, progress: Progress = no_progress
) -> Exported:
    """Write the folder.

    Raises ConfigError, before anything is written, for a folder that holds no run, one to write that is not
    an export's own, and for sounds that nobody agreed to.
    """
    _refuse_foreign(folder)
    browser = Browser.open(run)
    if audio:
        browser.run.require(Use.PLAY_AUDIO, why="an export with sounds plays what people said")
    catalogue = browser.catalogue
    usual = min(ROWS_WITH_SOUND, default_limit(catalogue)) if audio else default_limit(catalogue)
    rows = exported_rows(catalogue, usual if limit is None else limit)
    with replacing_folder(folder) as whole:
        whole.chmod(OWNER_ALONE)
        sounds, silent = _write_sounds(browser, rows, whole, progress) if audio else ({}, ())
        planned = pages(browser, rows, sounds)
        for done, (name, make) in enumerate(planned, start=1):
            (whole / name).write_text(make(), encoding="utf-8")
            progress("pages", done, len(planned))
        voices = ", and their voices" if sounds else ""
        (whole / WARNING).write_text(WARNING_TEXT.format(voices=voices), encoding="utf-8")
        files = sorted(path.relative_to(whole).as_posix() for path in _files(whole))
        (whole / MARK).write_text(json.dumps({"files": files}, indent=1) + "\n", encoding="utf-8")
    return Exported(folder / REPORT, exported_words(catalogue, rows), len(sounds), silent)


def _write_sounds(
    browser: Browser, rows: Rows, folder: Path, progress: Progress
) -> tuple[dict[tuple[int, str], SoundFile], tuple[str, ...]]:
    """Each utterance as its systems heard it and clean, by number and condition; why there are not more."""
    addresses, sounds = FolderAddresses(browser.catalogue), Sounds(browser)
    (folder / "sound").mkdir()
    silent: dict[str, None] = {}
    found: dict[tuple[int, str], SoundFile] = {}
    wanted = _sounds_of(browser.catalogue, rows)
    for done, (number, condition) in enumerate(wanted, start=1):
        name = addresses.sound(number, condition)
        try:
            sound = sounds.sound(number, condition)
            (folder / name).write_bytes(sound.wav)
        except (AsrFairError, OSError) as error:
            silent[str(error)] = None
        else:
            found[number, condition] = SoundFile(name, sound.outline)
        progress("sounds", done, len(wanted))
    return found, tuple(silent)


def _sounds_of(catalogue: Catalogue, rows: Rows) -> list[tuple[int, str]]:
    """Utterances with the conditions of their rows, and clean where the run has it; each once."""
    quiet = [CLEAN] if CLEAN in catalogue.conditions else []
    wanted: dict[tuple[int, str], None] = {}
    for row in rows.tolist():
        number, condition, _ = catalogue.place(row)
        for each in (*quiet, condition):
            wanted[number, each] = None
    return list(wanted)


def _refuse_foreign(folder: Path) -> None:
    """Raise ConfigError unless there is nothing at `folder`, or nothing but an earlier export."""
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink():
        msg = f"{folder}: is no folder. Name one that does not exist"
        raise ConfigError(msg)
    there = {path.relative_to(folder).as_posix() for path in _files(folder)}
    if there and (strange := sorted(there - _listed(folder) - {MARK})):
        msg = (
            f"{folder}: holds {strange[0]!r}, which no export of asr-fair wrote there"
            f"{f', and {len(strange) - 1} more' if len(strange) > 1 else ''}. Name an empty or a new folder"
        )
        raise ConfigError(msg)


def _listed(folder: Path) -> set[str]:
    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return set(map(str, content["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
