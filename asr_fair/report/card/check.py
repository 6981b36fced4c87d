"""Whether a card still says what the results say: its generated blocks, made again and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from asr_fair.report.card.render import HTML, LATEX, MARKDOWN

_MARKER = {
    ".md": r"<!-- asr-fair:{} -->",
    ".html": r"<!-- asr-fair:{} -->",
    ".tex": r"% asr-fair:{}",
}
CARD_NAMES = (MARKDOWN, HTML, LATEX)
SUFFIXES = tuple(_MARKER)


@dataclass(frozen=True, slots=True)
class Difference:
    """A generated block that is not what the results give; `diff`: lines as of `diff -u`."""

    block: str
    what: str
    diff: str = ""


def differences(card: str, made: str, *, suffix: str) -> list[Difference]:
    """Every block of `card` that differs from the one in `made`, is missing, or stands there unasked."""
    found, faults = _blocks(card, suffix)
    wanted, _ = _blocks(made, suffix)
    told = [Difference(name, what) for name, what in faults]
    for name, text in wanted.items():
        if name not in found:
            told.append(Difference(name, "is not in the card"))
        elif found[name] != text:
            diff = unified_diff(
                found[name].splitlines(), text.splitlines(), "card", "results", n=1, lineterm=""
            )
            told.append(Difference(name, "does not match the results", "\n".join(diff)))
    told += [Difference(name, "is of no such results") for name in found if name not in wanted]
    if not told and list(found) != list(wanted):
        told.append(Difference(", ".join(found), "stand in another order than the results give"))
    return told


def text_differs(card: str, made: str, *, suffix: str) -> bool:
    """Whether anything outside of the generated blocks is not what the text file gives."""
    return _outside(card, suffix) != _outside(made, suffix)


def fewest_of(folder: Path) -> int:
    """The fewest speakers of a group that the card in a folder shows; 0 where there is none."""
    path = folder / MARKDOWN
    return fewest_in(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else 0


def fewest_in(card: str) -> int:
    """The fewest speakers of a group that a card shows, as it says itself; 0 where it does not."""
    found = re.search(r"asr-fair:card fewest-speakers=(\d{1,9})\b", card)
    return int(found[1]) if found else 0


def _blocks(card: str, suffix: str) -> tuple[Mapping[str, str], list[tuple[str, str]]]:
    """Texts of the blocks by name, and what is wrong with the markers."""
    blocks: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    name: str | None = None
    lines: list[str] = []
    for line in card.splitlines():
        kind, marked = _marker(line, suffix)
        if kind == "begin":
            if name is not None:
                faults.append((name, "has no end"))
            if marked in blocks:
                faults.append((marked, "stands twice"))
            name, lines = marked, []
        elif kind == "end":
            if name != marked:
                faults.append((marked, "ends without a beginning"))
            else:
                blocks[marked] = "\n".join(lines).strip()
            name = None
        elif name is not None:
            lines.append(line.rstrip())
    if name is not None:
        faults.append((name, "has no end"))
    return blocks, faults


def _outside(card: str, suffix: str) -> list[str]:
    return list(_lines_outside(card, suffix))


def _lines_outside(card: str, suffix: str) -> Iterator[str]:
    is_inside = False
    for line in card.splitlines():
        kind, _ = _marker(line, suffix)
        is_inside = kind == "begin" or (is_inside and kind != "end")
        if not is_inside and kind != "end" and line.strip():
            yield line.rstrip()


def _marker(line: str, suffix: str) -> tuple[str, str]:
    pattern = _MARKER[suffix].format(r"(?P<kind>begin|end) (?P<name>[a-z0-9-]+)")
    found = re.fullmatch(pattern, line.strip())
    return (found["kind"], found["name"]) if found else ("", "")
