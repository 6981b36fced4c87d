"""Tags of somebody's table: from what people typed to the values and the sidecar's entry of a dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from asr_fair.errors import ConfigError
from asr_fair.manifest.columns import to_number
from asr_fair.manifest.folder.answers import TagRules, read_answers
from asr_fair.manifest.sidecar import DimensionSpec, Source
from asr_fair.manifest.tables import LIST_SEPARATOR
from asr_fair.records import RESERVED_GROUPS, UNKNOWN
from asr_fair.wording import counted

MOST_NUMBERS = 6
"""A column of more different numbers than these needs bands: nobody shares a group otherwise."""

OF_PEOPLE = (Source.SELF_REPORT, Source.CORPUS_METADATA, Source.ANNOTATOR)
"""Sources of labels that are about people rather than about a device or a synthesiser."""

Cell = str | list[str] | None


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
    if declared is not None:
        rules = replace(rules, blanks=(*rules.blanks, *declared.blanks))
    answers, notes = read_answers(title, cells, rules, declared.groups if declared else None)
    bins = _bins(title, answers, rules) if declared is None else None
    if not bins and not (declared and declared.bins):  # nearly everybody has an age alone; bands hold them
        notes += _hardly_shared(title, answers, speakers)
    # What people say of themselves holds in all their rows; a blank of any other source is a value.
    told_once = rules.source == Source.SELF_REPORT
    compared = answers if told_once else [answer or [UNKNOWN] for answer in answers]
    level, told = _level(title, compared, speakers, lines)
    of_people = level == "speaker" and (declared is None or declared.level == "speaker")
    if of_people and told_once and (n_filled := _fill(answers, speakers)):
        notes.append(f"{title}: {counted(n_filled, 'blank cell')} filled with the same person's own answer")
    tag_cells = [_cell(answer) for answer in answers]
    if declared is not None:
        return Tag(tag_cells, {}, notes)
    if rules.source in OF_PEOPLE:
        notes += told
    several = any(len(answer) > 1 for answer in answers)
    return Tag(tag_cells, _entry(title, rules.source, level, bins, several=several), notes)


def _entry(
    title: str, source: str, level: str, bins: list[dict[str, Any]] | None, *, several: bool
) -> dict[str, Any]:
    return {
        "title": title,
        "source": source,
        "source_note": f"the column {title!r} of the table that was imported",
        "level": level,
        **({"bins": bins} if bins else {}),
        "multiple": several,
        "sensitive": level == "speaker" and source in OF_PEOPLE,
    }


def _cell(answer: list[str]) -> Cell:
    return answer if len(answer) > 1 else answer[0] if answer else None


def _hardly_shared(title: str, answers: Sequence[list[str]], speakers: Sequence[str | None]) -> Iterator[str]:
    """A doubt about answers that nearly everybody has alone: names or remarks rather than labels."""
    values = {each for answer in answers for each in answer} - set(RESERVED_GROUPS)
    people = len(set(speakers) - {None})
    if people and len(values) > max(MOST_NUMBERS, people / 2):
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
