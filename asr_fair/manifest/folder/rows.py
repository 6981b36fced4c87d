"""The rows of an import: what the table says of each, the recording that it means, and the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from asr_fair.errors import ConfigError
from asr_fair.manifest.columns import is_blank
from asr_fair.manifest.folder.columns import take_columns
from asr_fair.manifest.folder.exports import read_export
from asr_fair.manifest.folder.files import ENDINGS
from asr_fair.manifest.folder.options import FolderOptions
from asr_fair.manifest.folder.people import plain_name
from asr_fair.manifest.matching import AS_WRITTEN, Matches, match_names
from asr_fair.manifest.tables import RawTable
from asr_fair.wording import counted


@dataclass(frozen=True)
class Given:
    """A table as it was handed in, and which of its columns is which of the manifest's."""

    raw: RawTable
    taken: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def cells(self, role: str) -> list[object] | None:
        """The cells of a column of the manifest; None where the table has none."""
        column = self.taken.get(role)
        return None if column is None else list(self.raw.frame[column].tolist())

    @property
    def others(self) -> list[str]:
        """The table's columns that are none of the manifest's, but for wholly empty ones."""
        frame = self.raw.frame
        free = [column for column in frame.columns if column not in self.taken.values()]
        return [column for column in free if not all(is_blank(cell) for cell in frame[column].tolist())]


def given_table(path: Path, options: FolderOptions) -> Given:
    """The table that people wrote. Raises ConfigError where no column names the recordings."""
    export = read_export(path, encoding=options.encoding)
    columns = list(export.raw.frame.columns)
    taken = take_columns(columns, options.columns, name=str(path))
    if "audio" not in taken and "utterance_id" not in taken:
        msg = (
            f"{path}: no column that names the recordings. Say which one does: --column audio=COLUMN. "
            f"Columns: {', '.join(columns)}"
        )
        raise ConfigError(msg)
    return Given(export.raw, taken, tuple(f"{path.name}: {note}" for note in export.notes))


def given_files(source: Path, files: tuple[str, ...]) -> Given:
    """Recordings without a table: a row for each."""
    frame = pd.DataFrame({"audio": pd.Series(files, dtype=object)})
    lines = np.arange(1, len(files) + 1, dtype=np.int64)
    return Given(RawTable(frame, lines, str(source), text_cells=True), {"audio": "audio"})


@dataclass(frozen=True)
class Joined:
    """Rows and recordings that belong together, and all that does not.

    `words` holds the reference of each row in `file_of`; rows in `wordless` have a recording but no words.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    lines: tuple[int, ...]
    matches: Matches
    words: Mapping[int, str]
    wordless: tuple[int, ...]

    @property
    def rows(self) -> list[int]:
        """Positions of the rows that go into the manifest."""
        return sorted(self.words)


def join(given: Given, files: tuple[str, ...], texts: Mapping[str, str], *, ignore_folders: bool) -> Joined:
    """Rows with their recordings, and the words: the table's, else those of the text beside a recording.

    Raises ConfigError where nothing at all belongs together.
    """
    cells = given.cells("audio") or given.cells("utterance_id") or []
    names = tuple(plain_name(cell) or "" for cell in cells)
    matches = match_names(
        names, files, endings=ENDINGS, whole_folders=not ignore_folders, shared="start_s" in given.taken
    )
    if not matches.file_of:
        _refuse(given, names, files, matches)
    references = given.cells("reference")
    if references is not None:
        words = {row: "" if is_blank(references[row]) else str(references[row]) for row in matches.file_of}
    else:
        words = {row: texts[files[at]] for row, at in matches.file_of.items() if files[at] in texts}
    if not words:
        msg = (
            f"{given.raw.name}: no words: neither a column such as 'transcript' (--column reference=COLUMN) "
            "nor a text file beside each recording, called as it is (anna-1.wav and anna-1.txt). A table is "
            "given by --table"
        )
        raise ConfigError(msg)
    wordless = tuple(sorted(matches.file_of.keys() - words.keys()))
    return Joined(names, files, tuple(map(int, given.raw.lines)), matches, words, wordless)


def _refuse(given: Given, names: tuple[str, ...], files: tuple[str, ...], matches: Matches) -> None:
    if matches.ambiguous:
        why = f"each of {counted(len(matches.ambiguous), 'row')} could mean several, or is there twice"
    else:
        why = f"the table says {_shown(names)}; found {_shown(files)}"
    msg = (
        f"{given.raw.name}: no row means a recording: {why}. Is it the right folder, and the right column "
        "(--column audio=COLUMN)? Where only folders differ, --ignore-folders overlooks them"
    )
    raise ConfigError(msg)


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:2])) + (", ..." if len(names) > 2 else "")


def left_out(joined: Joined) -> dict[str, list[str]]:
    """What did not come together: a title to a line for each, in the order of the table and of the names."""
    matches, files = joined.matches, joined.files

    def row(position: int) -> str:
        return f"line {joined.lines[position]}: {joined.names[position]!r}"

    return {
        "rows that mean no recording": [row(each) for each in matches.rows_alone],
        "rows that could mean several recordings, or one that another row means, too": [
            f"{row(each)}: {' or '.join(repr(files[at]) for at in candidates)}"
            for each, candidates in sorted(matches.ambiguous.items())
        ],
        "recordings that no row means": [repr(files[at]) for at in matches.files_alone],
        "recordings without words": [repr(files[matches.file_of[each]]) for each in joined.wordless],
    }


def loosely_matched(joined: Joined) -> list[str]:
    """Every pair that was not as written, for somebody to look through."""
    matches = joined.matches
    return [
        f"line {joined.lines[row]}: {joined.names[row]!r} = {joined.files[matches.file_of[row]]!r} ({form})"
        for row, form in sorted(matches.form_of.items())
        if form != AS_WRITTEN
    ]
