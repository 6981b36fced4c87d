"""Reading a manifest: every fault of the table at once, each with file, line, field, value and remedy."""

from __future__ import annotations

import difflib
import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from asr_fair.errors import Fault, FaultsError, did_you_mean
from asr_fair.manifest.audio_paths import is_url
from asr_fair.manifest.columns import (
    FaultList,
    Parser,
    audio_under,
    check_clusters,
    check_unique,
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
from asr_fair.records import RESERVED_GROUPS

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
    raw = read_table(path)
    sidecar = read_sidecar(path)
    root = audio_root(path, sidecar)
    checked = check_table(raw, sidecar, audio_root=root, need_audio=need_audio)
    table, faults = checked.table, checked.faults
    if need_audio and not is_url(root) and not Path(root).is_dir():
        local = table["audio"].map(lambda place: place is not None and not is_url(place))
        if local.any():
            faults = (_no_audio_root(path, sidecar), *faults)
            table = table.assign(audio=table["audio"].where(~local.astype(bool), None))
    digest = hashlib.sha256(path.read_bytes() + sidecar_path(path).read_bytes()).hexdigest()
    # Where whole columns are at fault, the table has no rows.
    manifest = Manifest(table, sidecar, digest, lines=raw.lines[: len(table)], name=raw.name)
    return manifest, faults, checked.warnings


def _no_audio_root(path: Path, sidecar: Sidecar) -> Fault:
    """One fault in place of one for every row."""
    remedy = "Mend it: it is seen from the folder of the sidecar"
    return Fault(str(sidecar_path(path)), "no such folder", remedy, None, "audio_root", sidecar.audio_root)


def audio_root(path: Path, sidecar: Sidecar) -> str:
    """The folder or URL that audio paths are seen from."""
    return sidecar.audio_root if is_url(sidecar.audio_root) else str(path.parent / sidecar.audio_root)


def check_table(raw: RawTable, sidecar: Sidecar, *, audio_root: str, need_audio: bool) -> CheckedTable:
    """Check and type a raw table against its sidecar; pure but for resolving links under the root."""
    faults = FaultList(raw)
    _check_columns(faults, sidecar, need_audio=need_audio)
    if faults.faults:
        empty = pd.DataFrame(columns=list(CORE_COLUMNS))
        return CheckedTable(empty, tuple(faults.faults), tuple(column_warnings(raw, sidecar)))
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
    if "cluster" in raw.frame.columns:
        check_clusters(faults, table["speaker_id"].tolist(), table["cluster"].tolist())
    for name, spec in sidecar.dimensions.items():
        parsed = parse_dimension(faults, name, spec)
        if spec.level == "speaker":
            check_level(faults, name, parsed, table["speaker_id"].tolist())
        table[name] = pd.Series(parsed, dtype="object")
    ordered = sorted(faults.faults, key=lambda fault: fault.line or 0)
    warnings = (*column_warnings(raw, sidecar), *content_warnings(PurePath(raw.name).name, sidecar, table))
    return CheckedTable(table, tuple(ordered), warnings)


def _parsers(audio_root: str, *, need_audio: bool) -> dict[str, Parser]:
    return {
        "utterance_id": required_text,
        "audio": audio_under(audio_root, needed=need_audio),
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
        hint = did_you_mean(column, present, otherwise=f"Columns found: {', '.join(present)}")
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


def column_warnings(raw: RawTable, sidecar: Sidecar) -> list[str]:
    """A warning for every column that is ignored, with the column that may have been meant."""
    known = (*CORE_COLUMNS, *sidecar.dimensions)
    present = [str(column) for column in raw.frame.columns]
    absent = [column for column in known if column not in present]
    warnings = []
    for column in present:
        if column not in known:
            near = difflib.get_close_matches(column.strip().lower(), absent, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            warnings.append(
                f"{PurePath(raw.name).name}: the column {column!r} is neither a manifest column nor a "
                f"dimension in the sidecar; it is ignored{hint}"
            )
    return warnings


def content_warnings(name: str, sidecar: Sidecar, table: pd.DataFrame) -> list[str]:
    """What a reader must know of a typed table; `name` is how the warnings call it."""
    warnings = []
    if table["speaker_id"].isna().all():
        warnings.append(f"{name}: no speaker_id: rates, but no intervals and no verdicts")
    n_empty = int((table["reference"] == "").sum())
    if n_empty:
        warnings.append(f"{name}: {n_empty} empty references: their insertions count, shown apart")
    for dimension, spec in sidecar.dimensions.items():
        if spec.groups is None:
            groups = {*table[dimension].explode().dropna(), *RESERVED_GROUPS}
            warnings += [
                f"{name}: {dimension}: {', '.join(map(repr, alike))} differ only in case or spacing and are "
                "different groups; mend the cells, or list the allowed `values` in the sidecar"
                for alike in _alike(groups)
            ]
    return warnings


def _alike(groups: Iterable[str]) -> list[list[str]]:
    """Groups whose names differ only in case, spacing or Unicode form, those of one name together."""
    by_name: dict[str, list[str]] = {}
    for group in sorted(groups):
        name = "".join(unicodedata.normalize("NFKC", group).casefold().split())
        by_name.setdefault(name, []).append(group)
    return [alike for alike in by_name.values() if len(alike) > 1]
