"""Tags: from a raw cell to the groups that a person counts in."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.manifest.columns import FaultList, is_blank, to_number
from asr_fair.manifest.sidecar import DimensionSpec
from asr_fair.manifest.tables import LIST_SEPARATOR
from asr_fair.records import DECLINED, RESERVED_GROUPS, UNKNOWN

Groups = tuple[str, ...]


def parse_tag(cell: object, spec: DimensionSpec, *, split_bars: bool) -> tuple[Groups, str | None]:
    """The groups that one cell names, and what is wrong with it (None if nothing).

    A blank is `unknown`. Several values: a list, or `|` between them where every cell is text.
    """
    if is_blank(cell) or cell in spec.blanks:
        return (UNKNOWN,), None
    items = _items(cell, split_bars=split_bars)
    if not items:
        return (UNKNOWN,), None
    if len(items) > 1 and any(is_blank(item) for item in items):
        place = f"beside {LIST_SEPARATOR!r}" if isinstance(cell, str) else "in its list"
        return (), f"has an empty value {place}"
    if len(items) > 1 and not spec.multiple:
        return (), "holds several values, but the sidecar does not say `multiple: true`"
    groups: list[str] = []
    for item in items:
        group, problem = _group_of(item, spec)
        if problem is not None:
            return (), problem
        groups.append(group)
    if len(set(groups)) < len(groups) and spec.bins is None:
        return (), "names the same value twice"
    if len(groups) > 1 and any(group in RESERVED_GROUPS for group in groups):
        return (), f"{DECLINED!r} and {UNKNOWN!r} cannot stand beside another value"
    return tuple(dict.fromkeys(groups)), None


def _items(cell: object, *, split_bars: bool) -> list[object]:
    if isinstance(cell, list | tuple):
        return list(cell)
    if split_bars and isinstance(cell, str) and LIST_SEPARATOR in cell:
        return [part.strip() for part in cell.split(LIST_SEPARATOR)]
    return [cell]


def _group_of(item: object, spec: DimensionSpec) -> tuple[str, str | None]:
    if isinstance(item, str):
        item = item.strip()
        if item in RESERVED_GROUPS:
            return item, None
    if spec.bins is not None:
        number = to_number(item)
        if number is None:
            return "", "must be a number, 'declined', 'unknown' or blank"
        band = next((band.label for band in spec.bins if band.holds(number)), None)
        return (band, None) if band else ("", "lies in none of the sidecar's bins")
    if not isinstance(item, str) or not item:
        return "", "must be a text"
    if spec.values is not None and item not in spec.values:
        return "", f"is not among the allowed values ({', '.join(spec.values)})"
    return item, None


def parse_dimension(faults: FaultList, name: str, spec: DimensionSpec) -> list[Groups]:
    """The groups of every row under one dimension; faulty cells become an empty tuple and a fault."""
    memory: dict[str, tuple[Groups, str | None]] = {}
    parsed: list[Groups] = []
    for row, cell in enumerate(faults.raw.frame[name].tolist()):
        key = repr(cell)  # tells 5 from "5" and [5] from ["5"], and holds for cells that cannot be hashed
        if key not in memory:
            memory[key] = parse_tag(cell, spec, split_bars=faults.raw.text_cells)
        groups, problem = memory[key]
        if problem is not None:
            remedy = "Mend the cell, or the dimension in the sidecar"
            faults.add(row, name, problem, cell, remedy)
        parsed.append(groups)
    return parsed


def check_level(faults: FaultList, name: str, parsed: Sequence[Groups], speakers: Sequence[object]) -> None:
    """A fault for every row whose value differs from its speaker's first row (`level: speaker`)."""
    first: dict[object, tuple[int, Groups]] = {}
    for row, (speaker, groups) in enumerate(zip(speakers, parsed, strict=True)):
        if speaker is None or not groups:
            continue
        earlier_row, earlier = first.setdefault(speaker, (row, groups))
        if set(groups) != set(earlier):
            line = int(faults.raw.lines[earlier_row])
            faults.add(
                row,
                name,
                f"speaker {speaker!r} has {'|'.join(earlier)!r} in line {line}",
                "|".join(groups),
                "Mend one of them, or declare `level: utterance` if it varies within a person",
            )
