"""The file of human text beside a card: read with all that is wrong with it, never written over."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asr_fair.report.card.layout import OUTLINE
from asr_fair.report.card.prose import Prose, parse_prose

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SECTION = re.compile(r"## +(?P<title>.*?)[ #]*")
_TITLE = re.compile(r"# .*")


@dataclass(frozen=True, slots=True)
class HumanText:
    """What people wrote, by heading; `problems`: what of their file is on no card, in words with lines."""

    sections: Mapping[str, Prose] = field(default_factory=dict)
    problems: Sequence[str] = ()

    def below(self, title: str) -> Prose:
        """What stands below a heading; empty where nobody wrote anything."""
        return self.sections.get(title, Prose())


NOTHING_WRITTEN = HumanText()


def parse_text(text: str, *, name: str) -> HumanText:
    """The text of a file `name`: comments are left out, headings of level two are those of the card."""
    titles = {_alike(one.title): one.title for one in OUTLINE if one.prompt}
    problems: list[str] = []
    bodies: dict[str, list[str]] = {}
    preamble: list[str] = []
    lines = preamble
    for number, line in enumerate(_without_comments(text).splitlines(), start=1):
        heading = _SECTION.fullmatch(line.rstrip())
        if heading is None:
            if lines is preamble and line.strip() and not _TITLE.fullmatch(line) and not any(preamble):
                problems.append(f"{name}:{number}: text before the first heading (## ...) is not on the card")
                preamble.append(line)
            elif lines is not preamble:
                lines.append(line)
            continue
        title = titles.get(_alike(heading["title"]))
        lines = []
        if title is None:
            problems.append(f"{name}:{number}: {_unknown(heading['title'], list(titles.values()))}")
        elif title in bodies:
            problems.append(f"{name}:{number}: “{title}” stands twice: its texts were joined")
            lines = bodies[title]
            lines.append("")
        else:
            bodies[title] = lines
    missing = [title for title in titles.values() if title not in bodies]
    if missing:
        problems.append(f"{name}: headings that are missing: {', '.join(missing)}")
    if _is_open(text):
        problems.append(f"{name}: a comment is not closed (-->): all after its <!-- is not on the card")
    found = {title: parse_prose("\n".join(body)) for title, body in bodies.items()}
    return HumanText(found, tuple(problems))


def _without_comments(text: str) -> str:
    """The text with every comment's lines left empty, so that the others keep their numbers."""
    return _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)


def _is_open(text: str) -> bool:
    return any(not match[0].endswith("-->") for match in _COMMENT.finditer(text))


def _unknown(title: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(title, known, n=1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    return f"no card has a heading “{title}”: the text below it is not on the card.{hint}"


def _alike(title: str) -> str:
    return " ".join(title.casefold().split()).replace("optimization", "optimisation")
