"""The manifest's own columns: from raw cells to typed ones, with a fault for every cell that is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from asr_fair.errors import Fault
from asr_fair.manifest.audio_paths import audio_path
from asr_fair.manifest.tables import RawTable


@dataclass
class FaultList:
    """Collects the faults of one table, each with its line."""

    raw: RawTable
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: int, column: str, problem: str, value: object = None, remedy: str = "") -> None:
        """One faulty cell; `row` counts from 0."""
        line = int(self.raw.lines[row])
        self.faults.append(Fault(self.raw.name, problem, remedy, line, column, value))


Parser = Callable[[object], tuple[object, str | None]]
"""From a raw cell to (value, problem): exactly one of them matters."""


def parse_column(faults: FaultList, column: str, parser: Parser, *, remedy: str = "") -> list[object]:
    """Every cell of a column through `parser`; cells with a problem become None and a fault."""
    values: list[object] = []
    for row, cell in enumerate(faults.raw.frame[column].tolist()):
        value, problem = parser(cell)
        if problem is not None:
            faults.add(row, column, problem, cell, remedy)
        values.append(value)
    return values


def is_blank(cell: object) -> bool:
    """Whether a cell is missing: null, or a text of nothing but spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def required_text(cell: object) -> tuple[object, str | None]:
    """A text that must not be blank."""
    if is_blank(cell):
        return None, "must not be empty"
    return optional_text(cell)


def optional_text(cell: object) -> tuple[object, str | None]:
    """A text, or None where the cell is blank."""
    if is_blank(cell):
        return None, None
    if not isinstance(cell, str):
        return None, "must be a text"
    if cell != cell.strip():
        return None, "must not begin or end with a space"
    return cell, None


def reference_text(cell: object) -> tuple[object, str | None]:
    """The reference transcript: any text; empty where nothing was said, but never absent."""
    if cell is None:
        return None, 'is missing; write "" where nothing was said'
    return (cell, None) if isinstance(cell, str) else (None, "must be a text")


def number_where(holds: Callable[[float], bool], problem: str) -> Parser:
    """A parser of numbers for which `holds` is true; blank cells are None."""

    def parse(cell: object) -> tuple[object, str | None]:
        if is_blank(cell):
            return None, None
        number = to_number(cell)
        return (number, None) if number is not None and holds(number) else (None, problem)

    return parse


def to_number(cell: object) -> float | None:
    """A finite number from a JSON number or a text; None for anything else."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        number = float(cell)
    except (ValueError, OverflowError):  # a JSON integer may be larger than any float
        return None
    return number if math.isfinite(number) else None


def sha256_text(cell: object) -> tuple[object, str | None]:
    """A SHA-256 in hex, or None."""
    value, problem = optional_text(cell)
    if isinstance(value, str) and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        return None, "must be a SHA-256: 64 hexadecimal digits"
    return (value.lower() if isinstance(value, str) else None), problem


def audio_under(root: str, *, needed: bool) -> Parser:
    """A parser of audio paths under `root` and of remote URLs; blank cells are None, or refused if needed."""
    locate = audio_path(root)

    def parse(cell: object) -> tuple[object, str | None]:
        value, problem = required_text(cell) if needed else optional_text(cell)
        return locate(value) if isinstance(value, str) else (None, problem)

    return parse


def check_unique(faults: FaultList, column: str, values: Sequence[object]) -> None:
    """A fault for every value that stands in an earlier row already; the fault names that row."""
    series = pd.Series(list(values), dtype="object")
    repeated = series.notna() & series.duplicated()
    first = {value: row for row, value in reversed(list(enumerate(values)))} if repeated.any() else {}
    for row in series.index[repeated]:
        line = int(faults.raw.lines[first[values[row]]])
        faults.add(
            int(row),
            column,
            f"stands in line {line} already",
            values[row],
            "Every utterance needs its own id",
        )


def check_clusters(faults: FaultList, speakers: Sequence[object], clusters: Sequence[object]) -> None:
    """A fault for every row whose cluster differs from its speaker's first row.

    Clusters finer than speakers would count one person as several pieces of evidence.
    """
    first: dict[object, int] = {}
    cells = faults.raw.frame["cluster"].tolist()
    for row, (speaker, cluster) in enumerate(zip(speakers, clusters, strict=True)):
        misread = cluster is None and not is_blank(cells[row])  # it has a fault of its own
        if speaker is None or misread:
            continue
        earlier = clusters[first.setdefault(speaker, row)]
        if cluster != earlier:
            line = int(faults.raw.lines[first[speaker]])
            found = "no cluster" if earlier is None else f"the cluster {earlier!r}"
            faults.add(
                row,
                "cluster",
                f"speaker {speaker!r} has {found} in line {line}",
                cluster or "",
                "A cluster must be coarser than a speaker (household, ward): every row of a speaker needs "
                "the same one",
            )
