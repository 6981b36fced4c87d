"""Reading pages back: an HTML parser that keeps what the tests ask about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class ParsedTable:
    caption: str = ""
    """The whole one, as it is read aloud."""
    printed_caption: str = ""
    rows: list[list[str]] = field(default_factory=list)
    """Texts of each row's cells, the row's header first; headings and titles of blocks included."""


class Page(HTMLParser):
    """Elements with their attributes, balance of tags, tables, and all text outside of styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.tables: list[ParsedTable] = []
        self.texts: list[str] = []
        self.style = ""

    @classmethod
    def parse(cls, html: str) -> Self:
        page = cls()
        page.feed(html)
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            region = self.elements[-2][1]  # the box around it
            self.tables.append(ParsedTable(region["aria-label"] or ""))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
            return
        self.texts.append(data)
        if "caption" in self.open and self.open[-1] == "a":
            return  # the download beside it
        if "caption" in self.open:
            self.tables[-1].printed_caption += data
        elif "td" in self.open or "th" in self.open:
            self.tables[-1].rows[-1][-1] += (" " if "small" in self.open else "") + data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]

    def table(self, caption_start: str) -> ParsedTable:
        return next(table for table in self.tables if table.caption.startswith(caption_start))


def numbers(text: str) -> list[str]:
    """Numbers as they stand in a text, with thousands, decimals and a true minus sign."""
    return re.findall(r"(?<![\w.])[+\u2212]?\d[\d,]*(?:\.\d+)?(?!\w)", text)
