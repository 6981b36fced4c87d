"""Transcripts from any system, as somebody hands them in."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.process import extractOne

from asr_fair.errors import FAULTS_SHOWN, ConfigError, Fault, FaultsError, did_you_mean
from asr_fair.manifest.tables import RawTable, read_table
from asr_fair.records import CLEAN

REQUIRED_COLUMNS = ("utterance_id", "text")
OPTIONAL_COLUMNS = ("system", "condition", "error", "language")
TRANSCRIPT_COLUMNS = ("utterance_id", "condition", "system", "text", "error", "language")
NO_TRANSCRIPT = "no_transcript"
"""The reason of an utterance that such a table leaves out."""
LANGUAGE_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")

_KEY = ["utterance_id", "condition", "system"]


def read_transcripts(path: Path, *, default_system: str, known_ids: Collection[str] | None) -> pd.DataFrame:
    """Transcripts in a JSONL, CSV, TSV or Parquet table.

    Columns `utterance_id` and `text`; optional `system` (blank: `default_system`), `condition` (blank:
    clean), `error` and `language`: the code of the language that the system detected, such as en; blank where
    it was told the language. Each row holds either a text, which may be empty, or an error.

    Returns
    -------
    DataFrame
        Columns utterance_id, condition, system, text, error and language; exactly one of text and error is
        None.

    Raises
    ------
    FaultsError
        With every fault: unknown or missing columns, cells of the wrong kind, rows with both or neither
        of text and error, ids that are not among `known_ids` where they are given, two rows for one
        (utterance_id, condition, system).
    ConfigError
        For a file that cannot be read at all, and a blank `default_system`.
    """
    return check_transcripts(read_table(path), default_system=default_system, known_ids=known_ids)


def check_transcripts(
    raw: RawTable, *, default_system: str, known_ids: Collection[str] | None
) -> pd.DataFrame:
    """The transcripts in a raw table; see `read_transcripts`."""
    if not default_system.strip():
        msg = "the name of the system must not be empty"
        raise ConfigError(msg)
    faults = _column_faults(raw)
    if faults:
        raise FaultsError(faults)
    cells = raw.frame.reindex(columns=list(TRANSCRIPT_COLUMNS))
    # Cells of absent columns are NaN after reindexing; from here on None alone is missing.
    cells = cells.astype(object).where(cells.notna(), None)
    faults = _kind_faults(raw, cells)
    if faults:
        raise FaultsError(faults)
    table = pd.DataFrame(
        {
            "utterance_id": cells["utterance_id"],
            "condition": _filled(cells["condition"], CLEAN),
            "system": _filled(cells["system"], default_system),
            "text": cells["text"],
            "error": cells["error"].where(~_is_blank(cells["error"]), None),
            "language": cells["language"].where(~_is_blank(cells["language"]), None),
        },
        dtype=object,
    )
    if raw.text_cells:
        # A CSV cannot leave a cell out: an empty text beside an error is no text.
        table["text"] = table["text"].where((table["text"] != "") | table["error"].isna(), None)
    faults = [
        *_text_or_error_faults(raw, table),
        *_language_faults(raw, table["language"]),
        *(() if known_ids is None else _unknown_id_faults(raw, table, known_ids)),
        *_duplicate_faults(raw, table),
    ]
    if faults:
        raise FaultsError(sorted(faults, key=lambda fault: fault.line or 0))
    return table


def _column_faults(raw: RawTable) -> list[Fault]:
    columns = [str(column) for column in raw.frame.columns]
    known = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    faults = [
        Fault(raw.name, "this column is missing", f"The table has: {', '.join(columns)}", field=column)
        for column in REQUIRED_COLUMNS
        if column not in columns
    ]
    for column in columns:
        if column not in known:
            otherwise = f"Remove it; known: {', '.join(known)}"
            remedy = did_you_mean(column.strip().lower(), known, otherwise=otherwise)
            faults.append(Fault(raw.name, "unknown column", remedy, field=column))
    return faults


def _kind_faults(raw: RawTable, cells: pd.DataFrame) -> list[Fault]:
    """A fault for every cell that is neither text nor missing, and for every row without an id."""
    faults = []
    for column in TRANSCRIPT_COLUMNS:
        wrong = ~cells[column].map(lambda cell: cell is None or isinstance(cell, str)).to_numpy(dtype=bool)
        for row in np.flatnonzero(wrong):
            remedy = "Put it in quotes" if column != "text" else "Hand in the transcript as one text"
            faults.append(_fault(raw, row, column, "must be a text", remedy, cells[column].iloc[row]))
    faults += [
        _fault(raw, row, "utterance_id", "is empty", "Name the utterance")
        for row in np.flatnonzero(_is_blank(cells["utterance_id"]))
    ]
    return sorted(faults, key=lambda fault: fault.line or 0)


def _text_or_error_faults(raw: RawTable, table: pd.DataFrame) -> list[Fault]:
    has_text, has_error = table["text"].notna().to_numpy(), table["error"].notna().to_numpy()
    both = [
        _fault(raw, row, "error", "the row has both a text and an error", "Leave one of them out")
        for row in np.flatnonzero(has_text & has_error)
    ]
    neither = [
        _fault(
            raw,
            row,
            "text",
            "the row has neither a text nor an error",
            'Write "" where the system heard nothing, or name the error',
        )
        for row in np.flatnonzero(~has_text & ~has_error)
    ]
    return both + neither


def _language_faults(raw: RawTable, languages: pd.Series[str]) -> list[Fault]:
    is_code = languages.map(lambda code: code is None or LANGUAGE_CODE.fullmatch(code) is not None)
    remedy = "Write its code, such as en or pt-BR, or leave it blank where the system was told the language"
    return [
        _fault(raw, row, "language", "is no language code", remedy, value=languages.iloc[row])
        for row in np.flatnonzero(~is_code.to_numpy(np.bool_))
    ]


def _unknown_id_faults(raw: RawTable, table: pd.DataFrame, known_ids: Collection[str]) -> list[Fault]:
    ids = table["utterance_id"]
    unknown = np.flatnonzero(~ids.isin(known_ids))
    faults = []
    for rank, row in enumerate(unknown):
        # A search through all ids for each of a million faults would take hours; ten are shown.
        near = extractOne(ids.iloc[row], known_ids, score_cutoff=80) if rank < FAULTS_SHOWN else None
        remedy = f"Did you mean {near[0]!r}?" if near else "Is this the manifest that was transcribed?"
        faults.append(_fault(raw, row, "utterance_id", "is not in the manifest", remedy, value=ids.iloc[row]))
    return faults


def _duplicate_faults(raw: RawTable, table: pd.DataFrame) -> list[Fault]:
    repeated = np.flatnonzero(table.duplicated(_KEY))
    if not len(repeated):
        return []
    lines = pd.Series(raw.lines, index=table.index)
    first_lines = lines.groupby([table[column] for column in _KEY], sort=False).transform("first")
    return [
        _fault(
            raw,
            row,
            "utterance_id",
            f"line {first_lines.iloc[row]} holds this utterance, condition and system already",
            "Keep one, or name the system or condition",
            value=table["utterance_id"].iloc[row],
        )
        for row in repeated
    ]


def _filled(cells: pd.Series[str], default: str) -> pd.Series[str]:
    return cells.where(~_is_blank(cells), default)


def _is_blank(cells: pd.Series[str]) -> NDArray[np.bool_]:
    blank = cells.map(lambda cell: cell is None or (isinstance(cell, str) and not cell.strip()))
    return blank.to_numpy(dtype=bool)


def _fault(
    raw: RawTable, row: int | np.intp, column: str, problem: str, remedy: str, value: object = None
) -> Fault:
    return Fault(raw.name, problem, remedy, line=int(raw.lines[row]), field=column, value=value)
