"""Reading a manifest: every fault of the table at once, each with file, line, field, value and remedy."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from asr_fair.errors import Fault, FaultsError
from asr_fair.manifest.columns import (
    FaultList,
    Parser,
    audio_path,
    check_unique,
    is_url,
    number_where,
    optional_text,
    parse_column,
    reference_text,
    required_text,
    sha256_text,
)
from asr_fair.manifest.model import Manifest
from asr_fair.manifest.sidecar import CORE_COLUMNS, Sidecar, read_sidecar, sidecar_path
from asr_fair.manifest.tables import RawTable, read_table
from asr_fair.manifest.tags import check_level, parse_dimension

MAX_DURATION_S = 3600.0

REMEDIES = {
    "utterance_id": "Every row needs its own id",
    "audio": "Name a file under the audio root (sidecar: audio_root) or an fsspec URL",
    "duration_s": "Cut longer recordings into segments with start_s and duration_s",
}


@dataclass(frozen=True)
class CheckedTable:
    """What a check found: the typed table (faulty cells are None), the faults, and the warnings."""

    table: pd.DataFrame
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]


def read_manifest(path: Path, *, need_audio: bool = True) -> tuple[Manifest, tuple[str, ...]]:
    """A manifest without faults, and the warnings about it.

    Raises FaultsError with all faults of the table, ConfigError for a file that cannot be read at all.
    """
    manifest, faults, warnings = read_faulty_manifest(path, need_audio=need_audio)
    if faults:
        raise FaultsError(faults)
    return manifest, warnings


def read_faulty_manifest(
    path: Path, *, need_audio: bool = True
) -> tuple[Manifest, tuple[Fault, ...], tuple[str, ...]]:
    """A manifest with its faults and warnings; faulty cells are None.

    Raises FaultsError and ConfigError only for a table or sidecar whose rows cannot be read at all.
    """
    sidecar = read_sidecar(path)
    raw = read_table(path)
    checked = check_table(raw, sidecar, audio_root=audio_root(path, sidecar), need_audio=need_audio)
    digest = hashlib.sha256(path.read_bytes() + sidecar_path(path).read_bytes()).hexdigest()
    return Manifest(checked.table, sidecar, digest), checked.faults, checked.warnings


def audio_root(path: Path, sidecar: Sidecar) -> str:
    """The folder or URL that audio paths are seen from."""
    return sidecar.audio_root if is_url(sidecar.audio_root) else str(path.parent / sidecar.audio_root)


def check_table(raw: RawTable, sidecar: Sidecar, *, audio_root: str, need_audio: bool) -> CheckedTable:
    """Check and type a raw table against its sidecar; pure but for resolving links under the root."""
    faults = FaultList(raw)
    _check_columns(faults, sidecar, need_audio=need_audio)
    if faults.faults:
        return CheckedTable(pd.DataFrame(columns=list(CORE_COLUMNS)), tuple(faults.faults), ())
    table = pd.DataFrame(index=range(len(raw.frame)))
    for column, parser in _parsers(audio_root, need_audio=need_audio).items():
        present = column in raw.frame.columns
        values = (
            parse_column(faults, column, parser, remedy=REMEDIES.get(column, ""))
            if present
            else [None] * len(raw.frame)
        )
        table[column] = pd.Series(values, dtype="object")
    if sidecar.language is not None:
        table["language"] = table["language"].where(table["language"].notna(), sidecar.language)
    check_unique(faults, "utterance_id", table["utterance_id"].tolist())
    _check_speakers(faults, table["speaker_id"])
    for name, spec in sidecar.dimensions.items():
        parsed = parse_dimension(faults, name, spec)
        if spec.level == "speaker":
            check_level(faults, name, parsed, table["speaker_id"].tolist())
        table[name] = pd.Series(parsed, dtype="object")
    ordered = sorted(faults.faults, key=lambda fault: fault.line or 0)
    return CheckedTable(table, tuple(ordered), tuple(_warnings(raw, sidecar, table)))


def _parsers(audio_root: str, *, need_audio: bool) -> dict[str, Parser]:
    path = audio_path(audio_root)

    def needed_path(cell: object) -> tuple[object, str | None]:
        value, problem = path(cell)
        return (None, "must not be empty") if value is None and problem is None else (value, problem)

    return {
        "utterance_id": required_text,
        "audio": needed_path if need_audio else path,
        "start_s": number_where(lambda s: s >= 0, "must be seconds, at least 0"),
        "duration_s": number_where(lambda s: 0 < s <= MAX_DURATION_S, "must be seconds in (0, 3600]"),
        "reference": reference_text,
        "speaker_id": optional_text,
        "cluster": optional_text,
        "language": optional_text,
        "split": optional_text,
        "audio_sha256": sha256_text,
    }


def _check_columns(faults: FaultList, sidecar: Sidecar, *, need_audio: bool) -> None:
    present = list(faults.raw.frame.columns)
    needed = ["utterance_id", *(["audio"] if need_audio else []), "reference", *sidecar.dimensions]
    for column in needed:
        if column in present:
            continue
        near = difflib.get_close_matches(column, present, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Columns found: {', '.join(present)}"
        why = "declared in the sidecar" if column in sidecar.dimensions else "required"
        faults.faults.append(Fault(faults.raw.name, f"the column is {why} but absent", hint, field=column))


def _check_speakers(faults: FaultList, speakers: pd.Series[str]) -> None:
    absent = speakers.isna()
    if absent.all():
        return
    for row in speakers.index[absent]:
        faults.add(
            int(row),
            "speaker_id",
            "is empty, but other rows name a speaker",
            remedy="Name the speaker, or drop the column: a made-up speaker would narrow the intervals",
        )


def _warnings(raw: RawTable, sidecar: Sidecar, table: pd.DataFrame) -> list[str]:
    warnings = [
        f"{raw.name}: the column {column!r} is neither a manifest column nor a dimension in the sidecar; "
        "it is ignored"
        for column in raw.frame.columns
        if column not in CORE_COLUMNS and column not in sidecar.dimensions
    ]
    if table["speaker_id"].isna().all():
        warnings.append(f"{raw.name}: no speaker_id: rates, but no intervals and no verdicts")
    n_empty = int((table["reference"] == "").sum())
    if n_empty:
        warnings.append(f"{raw.name}: {n_empty} empty references: their insertions count, shown apart")
    return warnings
