"""What people write on a card: a small part of Markdown, read into pieces that each format escapes itself.

Paragraphs, lists, **strong**, *emphasis*, `code` and [links](https://...) to https alone. Everything else is
text: markup of any other kind stands on the card as it was typed, and does nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

Style: TypeAlias = Literal["", "strong", "em", "code"]

_INLINE = re.compile(
    r"\\(?P<literal>[\\`*_{}\[\]()#+.!|<>~-])"
    r"|\*\*(?P<strong>\S(?:.*?\S)??)\*\*"
    r"|(?<!\w)__(?P<strong_>\S(?:.*?\S)??)__(?!\w)"
    r"|\*(?P<em>[^\s*](?:[^*]*[^\s*])?)\*"
    r"|(?<!\w)_(?P<em_>[^\s_](?:[^_]*[^\s_])?)_(?!\w)"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<text>[^\[\]]+)\]\((?P<url>[^\s()]+)\)"
)
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|(?P<number>\d{1,3})[.)])\s+(?P<text>.*)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(?P<text>.*)")
_URL = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&+,;=%]+")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style; with `url` a link."""

    text: str
    style: Style = ""
    url: str = ""

    @property
    def spaces(self) -> tuple[str, str]:
        """The space before and behind its words, which no mark-up may enclose."""
        is_blank = self.text.isspace()
        before = " " if self.text[:1].isspace() else ""
        return before, " " if self.text[-1:].isspace() and not is_blank else ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs that follow each other."""

    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Items:
    """A list, numbered or not."""

    items: Sequence[Sequence[Run]]
    is_numbered: bool = False


@dataclass(frozen=True, slots=True)
class Prose:
    """All that stands below a heading."""

    blocks: Sequence[Paragraph | Items] = ()


def parse_prose(text: str) -> Prose:
    """Paragraphs and lists of a text without comments; headings in it become strong paragraphs."""
    return Prose(tuple(_blocks(text.splitlines())))


def _blocks(lines: Sequence[str]) -> Iterator[Paragraph | Items]:
    paragraph: list[str] = []
    items: list[str] = []
    is_numbered = False

    def finished() -> Iterator[Paragraph | Items]:
        if paragraph:
            yield Paragraph(_runs(" ".join(paragraph)))
        if items:
            yield Items(tuple(map(_runs, items)), is_numbered)
        paragraph.clear()
        items.clear()

    for line in lines:
        item, heading = _ITEM.fullmatch(line), _HEADING.fullmatch(line)
        if not line.strip():
            yield from finished()
        elif heading:
            yield from finished()
            yield Paragraph((Run(heading["text"].rstrip().rstrip("#").rstrip(), "strong"),))
        elif item and item["text"]:
            if paragraph or is_numbered != bool(item["number"]):
                yield from finished()
            is_numbered = bool(item["number"])
            items.append(item["text"].strip())
        elif items:
            items[-1] += f" {line.strip()}"
        else:
            paragraph.append(line.strip())
    yield from finished()


def _runs(text: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    end = 0
    for match in _INLINE.finditer(text):
        runs += [Run(text[end : match.start()]), _run(match)]
        end = match.end()
    runs.append(Run(text[end:]))
    return tuple(run for run in runs if run.text)


def _run(match: re.Match[str]) -> Run:
    if match["text"] is not None:
        return Run(match["text"], url=match["url"]) if _is_https(match["url"]) else Run(match[0])
    if match["literal"] is not None:
        return Run(match["literal"])
    if match["code"] is not None:
        return Run(match["code"], "code")
    if (strong := match["strong"] or match["strong_"]) is not None:
        return Run(strong, "strong")
    return Run(match["em"] or match["em_"], "em")


def _is_https(url: str) -> bool:
    if not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
