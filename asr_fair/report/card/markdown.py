"""Parts of a card as Markdown: what people wrote comes back as the few kinds of markup it was read as."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr_fair.report.card.model import Banner, Facts, Generated, Part, Sentences, Words
from asr_fair.report.card.prose import Items, Paragraph, Prose, Run
from asr_fair.report.markdown import as_markdown_table, escape_markdown
from asr_fair.report.printable import visible

_MARKS = {"": "", "strong": "**", "em": "*", "code": ""}
_START = re.compile(r"^([+=-]|\d+(?=[.)]))")
"""What would make a list or a heading of a line that is none."""


def block_as_markdown(block: Generated, level: int) -> str:
    """All parts of a generated block, without its markers; `level`: of titles in it."""
    return "\n\n".join(filter(None, (_part(part, level) for part in block.parts)))


def prose_as_markdown(prose: Prose) -> str:
    """Human text, with all that is not one of the known kinds of markup escaped."""
    return "\n\n".join(map(_prose_block, prose.blocks))


def line_as_markdown(text: str) -> str:
    """A text on a line of its own."""
    return _START.sub(_escaped_start, _text(text))


def _text(text: str) -> str:
    return escape_markdown(visible(text))


def _escaped_start(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _part(part: Part, level: int) -> str:
    match part:
        case Banner():
            return f"> **{_text(part.text)}**"
        case Facts():
            return "\n".join(f"- **{_text(one.name)}**: {_text(one.value)}" for one in part.entries)
        case Sentences():
            return "\n".join(f"- {line_as_markdown(one)}" for one in part.entries)
        case Words():
            title = f"{'#' * level} {line_as_markdown(part.title)}" if part.title else ""
            return "\n\n".join(filter(None, (title, line_as_markdown(part.text))))
    return visible(as_markdown_table(part)).strip()


def _prose_block(block: Paragraph | Items) -> str:
    if isinstance(block, Paragraph):
        return _runs(block.runs)
    marks = [f"{number}. " if block.is_numbered else "- " for number in range(1, len(block.items) + 1)]
    return "\n".join(f"{mark}{_runs(item)}" for mark, item in zip(marks, block.items, strict=True))


def _runs(runs: Sequence[Run]) -> str:
    whole = "".join(map(_run, runs)).strip()
    return _START.sub(_escaped_start, whole)


def _run(run: Run) -> str:
    text = _text(run.text)
    before, after = run.spaces
    if run.url:
        return f"{before}[{text}](<{run.url}>){after}"
    if run.style == "code":
        return f"{before}`{run.text.strip()}`{after}" if _is_plain(run.text) else f"{before}{text}{after}"
    mark = _MARKS[run.style]
    return f"{before}{mark}{text}{mark}{after}"


def _is_plain(text: str) -> bool:
    """Whether a text means the same between backticks, where nothing can be escaped."""
    return text.isprintable() and "`" not in text and "<" not in text
