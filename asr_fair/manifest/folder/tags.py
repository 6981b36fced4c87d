"""Tags of somebody's table: from what people typed to the values and the sidecar's entry of a dimension."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from asr_fair.errors import ConfigError
from asr_fair.manifest.columns import is_blank, to_number
from asr_fair.manifest.sidecar import DimensionSpec, Source
from asr_fair.manifest.tables import LIST_SEPARATOR
from asr_fair.records import DECLINED, RESERVED_GROUPS, UNKNOWN
from asr_fair.validation import validate_mapping
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

MOST_NUMBERS = 6
"""A column of more different numbers than these needs bands: nobody shares a group otherwise."""

OF_PEOPLE = (Source.SELF_REPORT, Source.CORPUS_METADATA, Source.ANNOTATOR)
"""Sources of labels that are about people rather than about a device or a synthesiser."""

Cell = str | list[str] | None


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


@dataclass(frozen=True)
class Tag:
    """A dimension as it goes into the manifest: one cell per row, its entry in the sidecar, and notes."""

    cells: list[Cell]
    entry: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def read_tag(
    title: str,
    cells: Sequence[object],
    rules: TagRules,
    *,
    speakers: Sequence[str | None],
    lines: Sequence[int],
    declared: DimensionSpec | None = None,
) -> Tag:
    """A column of tags as a dimension; `declared` is its entry where a sidecar has one, which then rules.

    Raises ConfigError for many different numbers without bands, FaultsError for a source that is none.
    """
    notes: list[str] = []
    blanks = (*rules.blanks, *(declared.blanks if declared else ()))
    answers = [_answers(cell, replace(rules, blanks=blanks)) for cell in cells]
    notes += _said(title, cells, answers)
    spelling = _spelling(answers, declared.groups if declared else None)
    notes += _respelt(title, answers, spelling)
    answers = [list(dict.fromkeys(spelling[each] for each in answer)) for answer in answers]
    notes += _hardly_shared(title, answers, speakers)
    bins = _bins(title, answers, rules) if declared is None else None
    # What people say of themselves holds in all their rows; a blank of any other source is a value.
    told_once = rules.source == Source.SELF_REPORT
    level, told = _level(
        title, [each or [] if told_once else each or [UNKNOWN] for each in answers], speakers, lines
    )
    of_people = level == "speaker" and (declared is None or declared.level == "speaker")
    if of_people and told_once and (n_filled := _fill(answers, speakers)):
        notes.append(f"{title}: {counted(n_filled, 'blank cell')} filled with the same person's own answer")
    if declared is not None:
        return Tag([_cell(each) for each in answers], {}, notes)
    entry = {
        "title": title,
        "source": rules.source,
        "source_note": f"the column {title!r} of the table that was imported",
        "level": level,
        **({"bins": bins} if bins else {}),
        "multiple": any(len(answer) > 1 for answer in answers),
        "sensitive": level == "speaker" and rules.source in OF_PEOPLE,
    }
    validate_mapping(DimensionSpec, entry, name=f"--source {title}={rules.source}")
    return Tag([_cell(each) for each in answers], entry, notes + (told if rules.source in OF_PEOPLE else []))


def _cell(answer: list[str]) -> Cell:
    return answer if len(answer) > 1 else answer[0] if answer else None


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


def _hardly_shared(title: str, answers: Sequence[list[str]], speakers: Sequence[str | None]) -> Iterator[str]:
    """A doubt about answers that nearly everybody has alone: names or remarks rather than labels."""
    values = {each for answer in answers for each in answer} - set(RESERVED_GROUPS)
    people = len(set(speakers) - {None})
    if len(values) > max(MOST_NUMBERS, people / 2):
        yield (
            f"{title}: {len(values)} different answers of {counted(people, 'speaker')}, so hardly anybody "
            f"shares a group. If it holds names or remarks, leave it out: --ignore '{title}'"
        )


def _bins(title: str, answers: Sequence[list[str]], rules: TagRules) -> list[dict[str, Any]] | None:
    """Bands of numbers, as the sidecar holds them. Raises ConfigError where there should be some."""
    values = {each for answer in answers for each in answer} - set(RESERVED_GROUPS)
    if rules.bins is not None:
        return _bands(rules.bins)
    if len(values) > MOST_NUMBERS and all(to_number(each) is not None for each in values):
        msg = (
            f"{title}: {len(values)} different numbers, each of which would be a group of its own. Say where "
            f"bands begin, as in --bins '{title}=18,40,65', or leave it out: --ignore '{title}'"
        )
        raise ConfigError(msg)
    return None


def _bands(starts: Sequence[float]) -> list[dict[str, Any]]:
    """From the numbers at which bands begin: below the first, between them, from the last on."""
    bounds = [None, *(int(each) if each == int(each) else each for each in starts), None]
    return [
        {
            "label": _band_label(low, high),
            **({} if low is None else {"low": low}),
            **({} if high is None else {"high": high}),
        }
        for low, high in pairwise(bounds)
    ]


def _band_label(low: float | None, high: float | None) -> str:
    if low is None:
        return f"below {high}"
    if high is None:
        return f"{low} and over"
    return (
        f"{low} to {high - 1}" if isinstance(low, int) and isinstance(high, int) else f"{low} to below {high}"
    )


def _level(
    title: str, answers: Sequence[list[str]], speakers: Sequence[str | None], lines: Sequence[int]
) -> tuple[str, list[str]]:
    """'speaker' where everybody has one answer, blanks apart; else 'utterance', with who has several."""
    first: dict[str, tuple[int, list[str]]] = {}
    differing: dict[str, str] = {}
    for line, speaker, answer in zip(lines, speakers, answers, strict=True):
        if speaker is None or not answer:
            continue
        earlier_line, earlier = first.setdefault(speaker, (line, answer))
        if set(earlier) != set(answer):
            was, now = (LIST_SEPARATOR.join(each) for each in (earlier, answer))
            differing.setdefault(speaker, f"{was!r} in line {earlier_line}, {now!r} in line {line}")
    if not first:
        return "utterance", []
    if not differing:
        return "speaker", []
    told = (
        f"{title}: differs within {len(differing)} of {counted(len(first), 'speaker')} "
        f"({next(iter(differing.values()))}), so it is taken for something that varies from one recording to "
        "the next. If it is about people, mend the table and import again"
    )
    return "utterance", [told]


def _fill(answers: list[list[str]], speakers: Sequence[str | None]) -> int:
    """Fill blanks with what the same person said elsewhere; gives their number."""
    said = {speaker: answer for speaker, answer in zip(speakers, answers, strict=True) if speaker and answer}
    blank = [row for row, answer in enumerate(answers) if not answer and speakers[row] in said]
    for row in blank:
        answers[row] = said[str(speakers[row])]
    return len(blank)
