"""Answers in somebody's table: from what people typed to values, and what was read as something else."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asr_fair.manifest.columns import is_blank
from asr_fair.manifest.tables import LIST_SEPARATOR
from asr_fair.records import DECLINED, UNKNOWN
from asr_fair.wording import counted

DECLINED_ANSWERS = ("declined", "prefer not to say")
"""Answers that always mean `declined`: the word itself, and what the questionnaire of `init` offers."""

DOUBTFUL = frozenset(
    {
        "-",
        "--",
        "?",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "none",
        "null",
        "not known",
        "don't know",
        "k.a.",
        "keine angabe",
    }
)
"""What often stands for a missing answer; kept as it is, and said."""

BETWEEN = re.compile(r"(\s*[,;/+&]\s*)")
"""What people write between several answers instead of `|`; it may as well be part of one answer."""


@dataclass(frozen=True)
class TagRules:
    """How the answers of one column are read.

    Attributes
    ----------
    declined, blanks : tuple of str
        Further texts that mean `declined`, and that mean `unknown`.
    separator : str or None
        Between several answers in one cell, besides `|`.
    bins : tuple of float or None
        Where bands of numbers begin.
    """

    source: str
    declined: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    separator: str | None = None
    bins: tuple[float, ...] | None = None


def read_answers(
    title: str, cells: Sequence[object], rules: TagRules, allowed: Sequence[str] | None
) -> tuple[list[list[str]], list[str]]:
    """The values of each cell, none for a blank, and notes; spelt as `allowed` has them, else as most do."""
    answers = [_answers(cell, rules) for cell in cells]
    spelling = _spelling(answers, allowed)
    notes = [*_said(title, cells, answers), *_respelt(title, answers, spelling)]
    return [list(dict.fromkeys(spelling[each] for each in answer)) for answer in answers], notes


def _answers(cell: object, rules: TagRules) -> list[str]:
    """The values that one cell names; none for a blank."""
    items = cell if isinstance(cell, list | tuple) else [cell]
    texts = [text for item in items for text in _split(_text(item), rules.separator)]
    blank = {_plain(each) for each in rules.blanks}
    declined = {_plain(each) for each in (*DECLINED_ANSWERS, *rules.declined)}
    kept = [text for text in texts if text and _plain(text) not in blank]
    named = [DECLINED if _plain(text) in declined else text for text in kept]
    return [UNKNOWN if _plain(text) == UNKNOWN else text for text in named]


def _text(item: object) -> str:
    if is_blank(item):
        return ""
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    return " ".join(unicodedata.normalize("NFC", str(item)).split())


def _split(text: str, separator: str | None) -> list[str]:
    parts = text.split(LIST_SEPARATOR)
    if separator is not None:
        parts = [piece for part in parts for piece in part.split(separator)]
    return [part.strip() for part in parts]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _said(title: str, cells: Sequence[object], answers: Sequence[list[str]]) -> Iterator[str]:
    declined = Counter(
        _text(cell) for cell, answer in zip(cells, answers, strict=True) if answer == [DECLINED]
    )
    declined.pop(DECLINED, None)
    for text, number in declined.items():
        yield f"{title}: {text!r} in {counted(number, 'row')} read as {DECLINED!r}"
    doubtful = Counter(each for answer in answers for each in answer if _plain(each) in DOUBTFUL)
    for text, number in doubtful.items():
        yield (
            f"{title}: {text!r} in {counted(number, 'row')} is kept as a group of its own. If it means that "
            f"nobody knows, add --blank {text!r}; if people did not want to say, --declined {text!r}"
        )
    yield from _several_in_one(title, answers)


def _several_in_one(title: str, answers: Sequence[list[str]]) -> Iterator[str]:
    """A doubt about values such as 'Scottish, Indian' where others answered 'Scottish' alone."""
    times = Counter(each for answer in answers for each in answer)
    plain = {_plain(text) for text in times}
    for text, number in times.items():
        first, *rest = BETWEEN.split(text)
        if rest and any(_plain(part) in plain for part in (first, *rest[1::2])):
            yield (
                f"{title}: {text!r} in {counted(number, 'row')} is kept as one answer. If these are several, "
                f"add --several '{title}={rest[0].strip()}'"
            )


def _spelling(answers: Sequence[list[str]], allowed: Sequence[str] | None) -> dict[str, str]:
    """Every value's spelling: the allowed one, else the most frequent among those that differ in case."""
    times = Counter(each for answer in answers for each in answer)
    alike: dict[str, list[str]] = defaultdict(list)
    for text in times:
        alike[_plain(text)].append(text)
    chosen = {_plain(each): each for each in allowed or ()}
    return {
        text: chosen.get(plain) or min(texts, key=lambda each: (-times[each], each))
        for plain, texts in alike.items()
        for text in texts
    }


def _respelt(title: str, answers: Sequence[list[str]], spelling: Mapping[str, str]) -> Iterator[str]:
    times = Counter(each for answer in answers for each in answer if spelling[each] != each)
    for text, number in times.items():
        yield f"{title}: {text!r} in {counted(number, 'row')} read as {spelling[text]!r}"
