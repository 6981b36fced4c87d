"""Who speaks in an import, and what recordings are called: pseudonyms unless somebody wants the names."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from asr_fair.manifest.columns import is_blank
from asr_fair.manifest.matching import tokens
from asr_fair.manifest.pseudonyms import pseudonym


def plain_name(cell: object) -> str | None:
    """A name as one text: without stray spaces, in one Unicode form; None for a blank cell."""
    if is_blank(cell):
        return None
    if isinstance(cell, float) and cell.is_integer():  # 12.0 of a spreadsheet is speaker 12
        cell = int(cell)
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())


def pseudonyms(names: Sequence[str | None], key: bytes, prefix: str) -> list[str | None]:
    """Each name's pseudonym; a blank stays one."""
    return [None if name is None else pseudonym(key, name, prefix=prefix) for name in names]


def utterance_ids(audio: Sequence[str], starts: Sequence[object] | None, key: bytes | None) -> list[str]:
    """Ids of recordings, or of their segments: by keyed hash of the path, or the path itself without a key.

    Either stays the same when other recordings come or go, so that transcripts made elsewhere still fit.
    """
    plain = [unicodedata.normalize("NFC", path) for path in audio]
    if key is None:
        plain = [str(PurePosixPath(path).with_suffix("")) for path in plain]
    parts = [""] * len(plain) if starts is None else [f"@{start}" for start in starts]
    ids = [f"{path}{part}" for path, part in zip(plain, parts, strict=True)]
    return ids if key is None else [pseudonym(key, each, prefix="u") for each in ids]


def nearly_alike(names: Iterable[str | None]) -> list[tuple[str, ...]]:
    """Names that differ in case, signs and leading zeros alone: perhaps one person, counted as several."""
    alike: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name in names:
        if name is not None:
            alike[tuple(token.lstrip("0") or "0" for token in tokens(name))].add(name)
    return [tuple(sorted(group)) for group in alike.values() if len(group) > 1]
