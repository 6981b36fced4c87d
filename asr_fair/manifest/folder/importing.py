"""A folder of recordings, and somebody's table of who said what, as a manifest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import yaml

from asr_fair.errors import ConfigError, FaultsError
from asr_fair.files import write_text
from asr_fair.manifest.audio_paths import is_url
from asr_fair.manifest.check import audio_root, check_table
from asr_fair.manifest.corpora.base import root_seen_from, write_sidecar
from asr_fair.manifest.folder.dimensions import columns_of_dimensions, read_tags
from asr_fair.manifest.folder.files import find_recordings, read_texts
from asr_fair.manifest.folder.options import FolderOptions
from asr_fair.manifest.folder.people import plain_name, pseudonyms, utterance_ids
from asr_fair.manifest.folder.rows import (
    Given,
    Joined,
    given_files,
    given_table,
    join,
    left_out,
    loosely_matched,
)
from asr_fair.manifest.folder.tags import Tag
from asr_fair.manifest.folder.words import notes_of, taken_in_words
from asr_fair.manifest.pseudonyms import (
    key_path,
    make_private_folder,
    new_key,
    private_folder,
    read_key,
    write_key,
)
from asr_fair.manifest.sidecar import Sidecar, parse_sidecar, read_sidecar, sidecar_path
from asr_fair.manifest.tables import RawTable, table_ending, write_table
from asr_fair.wording import counted

PASSED_ON = ("language", "split", "audio_sha256")
SECONDS = ("start_s", "duration_s")


@dataclass(frozen=True)
class FolderSummary:
    """What an import of a folder wrote, what it took for what, and what it left out.

    `left_out` holds, under a title each, a line for everything that did not come together; `key` is the file
    with the key of the pseudonyms, None without any.
    """

    manifest: Path
    sidecar: Path
    sidecar_is_new: bool
    listing: Path
    key: Path | None
    n_utterances: int
    n_speakers: int
    taken: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: Mapping[str, list[str]]


def import_folder(source: Path, out: Path, options: FolderOptions) -> FolderSummary:
    """Write the manifest `out` of the recordings below `source`, and its sidecar where there is none yet.

    A sidecar that is there stays as it is, and rules: its audio root, its dimensions, their sources.

    Raises ConfigError and FaultsError before anything is written.
    """
    _refuse_places(out, options)
    found = find_recordings(source)
    sidecar = read_sidecar(out) if sidecar_path(out).is_file() else None
    root = _root(source, out, sidecar)
    given = given_files(source, found.files) if options.table is None else given_table(options.table, options)
    columns = columns_of_dimensions(given, options, sidecar)
    texts = {} if "reference" in given.taken else read_texts(source, found.files)
    joined = join(given, found.files, texts, ignore_folders=options.ignore_folders)
    key = None if options.keep_speaker_ids and options.keep_file_names else read_key(out) or new_key()
    frame, names = _frame(given, joined, _below_root(source, root), options, key)
    tags = read_tags(given, columns, joined.rows, names, options, sidecar)
    frame = frame.assign(**{name: pd.Series(tag.cells, dtype=object) for name, tag in tags.items()})
    content = _sidecar(out, root, options, tags, joined)
    checked = sidecar or parse_sidecar(yaml.safe_dump(content), name=str(sidecar_path(out)))
    _refuse_faults(given, joined, frame, checked, out)
    summary = FolderSummary(
        manifest=out,
        sidecar=sidecar_path(out),
        sidecar_is_new=sidecar is None,
        listing=private_folder(out) / f"{out.stem}.import.txt",
        key=None if key is None else key_path(out),
        n_utterances=len(frame),
        n_speakers=len(set(names) - {None}),
        taken=tuple(taken_in_words(given, columns, checked, frame)),
        notes=tuple(notes_of(given, joined, found.others, names, tags, checked, options)),
        left_out={title: lines for title, lines in left_out(joined).items() if lines},
    )
    if key is not None:
        write_key(out, key)
    _write_listing(summary, joined)
    if sidecar is None:
        write_sidecar(content, summary.sidecar)
    write_table(frame, out)  # last: where a manifest is, all that belongs to it is
    return summary


def _refuse_places(out: Path, options: FolderOptions) -> None:
    table_ending(out)
    if options.table is None and (options.columns or options.sources or options.ignored):
        msg = "--column, --source and --ignore are about the columns of a table: name it by --table"
        raise ConfigError(msg)
    if options.table is not None and options.table.resolve() in (out.resolve(), sidecar_path(out).resolve()):
        msg = f"{out}: is the table itself, which would be lost. Name another --out, such as manifest.jsonl"
        raise ConfigError(msg)


def _root(source: Path, out: Path, sidecar: Sidecar | None) -> Path:
    """The audio root: what a sidecar says, if the folder lies in it; else the folder."""
    if sidecar is None:
        return source
    root = audio_root(out, sidecar)
    if is_url(root) or not source.resolve().is_relative_to(Path(root).resolve()):
        msg = (
            f"{source}: does not lie in the audio_root {sidecar.audio_root!r} of {sidecar_path(out)}, which "
            "is there already. Name that folder or one in it, change audio_root, or name another --out"
        )
        raise ConfigError(msg)
    return Path(root)


def _below_root(source: Path, root: Path) -> str:
    return os.path.relpath(source.resolve(), root.resolve())


def _frame(
    given: Given, joined: Joined, below: str, options: FolderOptions, key: bytes | None
) -> tuple[pd.DataFrame, list[str | None]]:
    """The manifest's own columns, and the speakers' names as the table has them (None where it has none)."""

    def cells(role: str) -> list[object] | None:
        column = given.cells(role)
        return None if column is None else [column[row] for row in joined.rows]

    audio = [str(PurePosixPath(below) / joined.files[joined.matches.file_of[row]]) for row in joined.rows]
    ids = cells("utterance_id")
    hidden = None if options.keep_file_names else key
    columns: dict[str, list[Any]] = {
        "utterance_id": [plain_name(cell) for cell in ids]
        if ids
        else utterance_ids(audio, cells("start_s"), hidden),
        "audio": audio,
        "reference": [joined.words[row] for row in joined.rows],
    }
    names: list[str | None] = [None] * len(audio)
    for role, prefix in (("speaker_id", "p"), ("cluster", "c")):
        people = cells(role)
        if people is None:
            continue
        plain = [plain_name(cell) for cell in people]
        keep = key is None or options.keep_speaker_ids
        columns[role] = plain if keep else pseudonyms(plain, key or b"", prefix)
        names = plain if role == "speaker_id" else names
    for role in (*SECONDS, *PASSED_ON):
        if (passed := cells(role)) is not None:
            columns[role] = [_seconds(cell) for cell in passed] if role in SECONDS else passed
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in columns.items()}), names


def _seconds(cell: object) -> object:
    """A number as it is; of a German or French spreadsheet, with the comma as a point."""
    return cell.replace(",", ".") if isinstance(cell, str) and cell.count(",") == 1 else cell


def _sidecar(
    out: Path, root: Path, options: FolderOptions, tags: Mapping[str, Tag], joined: Joined
) -> dict[str, Any]:
    return {
        "name": options.name or out.stem,
        "description": (
            f"Imported from a folder of {counted(len(joined.files), 'recording')}, of which "
            f"{len(joined.rows):,} are in the manifest."
        ),
        **({"language": options.language} if options.language else {}),
        "permitted_use": list(options.permitted_use),
        "audio_root": root_seen_from(out.parent, root),
        "dimensions": {name: tag.entry for name, tag in tags.items()},
    }


def _refuse_faults(given: Given, joined: Joined, frame: pd.DataFrame, sidecar: Sidecar, out: Path) -> None:
    """Raise FaultsError for what `check` would refuse, with the lines of the table that people wrote."""
    lines = np.asarray([joined.lines[row] for row in joined.rows], dtype=np.int64)
    raw = RawTable(frame, lines, given.raw.name, text_cells=False)
    checked = check_table(raw, sidecar, audio_root=audio_root(out, sidecar), need_audio=True)
    if checked.faults:
        raise FaultsError(checked.faults)


def _write_listing(summary: FolderSummary, joined: Joined) -> None:
    """Everything that did not come together, and what came together loosely: names, so for private use."""
    parts = {**summary.left_out, "rows matched loosely, to look through": loosely_matched(joined)}
    text = "".join(
        f"{title[0].upper()}{title[1:]}: {len(lines):,}\n" + "".join(f"  {line}\n" for line in lines) + "\n"
        for title, lines in parts.items()
    )
    make_private_folder(summary.listing.parent)
    write_text(text, summary.listing)
