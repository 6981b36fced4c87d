"""Tables and text as Markdown: nothing in a group's name can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asr_fair.report.model import Block, Row, Table, TableCell

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#])")


def escape_markdown(text: str) -> str:
    """Text on one line in which every character that could be markup is escaped."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.replace("\u00a0", "\0").split()).replace("\0", "\u00a0"))
    return escaped.replace("&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")


def as_markdown_table(table: Table) -> str:
    """A pipe table; the title of a block becomes a first column, since Markdown has no row groups."""
    has_blocks = len(table.blocks) > 1
    lead = (table.block_title,) if has_blocks else ()
    titles = [*lead, *(column.title for column in table.columns)]
    rules = ["---"] * len(lead) + ["---:" if column.is_number else "---" for column in table.columns]
    lines = [_line(titles), _line(rules, is_rule=True)]
    for block in table.blocks:
        lines += [_line(_texts(block, row, has_blocks)) for row in block.rows]
    notes = "\n\n".join(escape_markdown(note) for note in table.notes)
    return "\n".join([f"**{escape_markdown(table.full_caption)}**", "", *lines, "", notes])


def _texts(block: Block, row: Row, has_blocks: bool) -> list[str]:
    cells = [text for cell in row.cells for text in _spanned(cell)]
    return [*([block.title] if has_blocks else []), row.header, *cells]


def _spanned(cell: TableCell) -> Iterator[str]:
    yield cell.in_one_line
    yield from [""] * (cell.span - 1)


def _line(texts: list[str], *, is_rule: bool = False) -> str:
    return "| " + " | ".join(texts if is_rule else map(escape_markdown, texts)) + " |"
