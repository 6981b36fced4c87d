"""What `asr-fair batch-check` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from textwrap import wrap

from asr_fair.pipeline.batch_changes import GroupChange
from asr_fair.pipeline.batch_check import BatchCheck
from asr_fair.pipeline.batch_sizes import OtherSizes
from asr_fair.records import OVERALL
from asr_fair.report.printable import printable
from asr_fair.report.spreadsheets.tables import to_csv
from asr_fair.wording import counted

WIDTH = 110
HEAD = ("group", "speakers", "texts", "words", "changed", "words", "changed as written", "words")


def in_words(check: BatchCheck) -> Iterator[str]:
    """The whole text, line by line: a table for each system and condition, and what it means."""
    drawn = counted(check.n_utterances, "recording")
    if check.n_utterances < check.n_usable:
        drawn += f", drawn from {check.n_usable:,}"
    yield f"{printable(check.title)}: {drawn}; one at a time against batches, texts under {check.normaliser}"
    for (system, condition), of_cell in groupby(check.changes, lambda each: (each.system, each.condition)):
        yield ""
        yield f"{system}, {condition}: 1 against up to {check.sizes[system]} windows at once"
        yield from _table(list(of_cell))
    yield ""
    for dimension, n_hidden in check.n_hidden.items():
        few = counted(n_hidden, "group")
        yield f"{printable(dimension)}: {few} of too few speakers left out, by the plan's thresholds"
    if check.n_smaller:
        yield from _wrapped(
            f"{counted(check.n_smaller, 'transcript')} of the second pass came from a smaller batch than "
            "planned: the recogniser failed or ran out of memory there, and the batch was divided."
        )
    for (system, condition), of_cell in groupby(check.changes, lambda each: (each.system, each.condition)):
        yield from _wrapped(_meaning(list(of_cell), system, condition, check.sizes[system]))


def _table(changes: Sequence[GroupChange]) -> Iterator[str]:
    rows = [HEAD, *map(_cells, changes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, *numbers = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((f"  {name}", *numbers)).rstrip()
    if n_lost := changes[0].n_lost:
        yield f"  {counted(n_lost, 'recording')} without a text in one of the two, and so not compared"


def _cells(change: GroupChange) -> tuple[str, ...]:
    is_everyone = change.dimension == OVERALL
    return (
        "everyone" if is_everyone else printable(f"{change.dimension}={change.group}"),
        "?" if change.n_speakers is None else f"{change.n_speakers:,}",
        f"{change.n_utterances:,}",
        f"{change.n_words:,}",
        f"{change.n_changed:,}{_share(change.n_changed, change.n_utterances)}",
        f"{change.n_words_changed:,}",
        f"{change.n_changed_as_written:,}",
        f"{change.n_words_changed_as_written:,}",
    )


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.1%})" if whole else ""


def _meaning(changes: Sequence[GroupChange], system: str, condition: str, size: int) -> str:
    """A sentence for whoever reads no table. Everyone comes first among `changes`."""
    everyone, *groups = changes
    place = f"{system}, {condition}: "
    if not everyone.n_utterances:
        return f"{place}nothing could be compared, as no recording has a text in both sizes."
    if not everyone.n_changed:
        spelling = ""
        if everyone.n_changed_as_written:
            spelling = f" ({everyone.n_changed_as_written:,} differ in how they are written)"
        return (
            f"{place}batches changed no word of {counted(everyone.n_utterances, 'transcript')}{spelling}: "
            "no word error rate of these recordings rests on how many went together. Others may still differ."
        )
    texts, words = (
        counted(number, noun)
        for number, noun in ((everyone.n_utterances, "transcript"), (everyone.n_words_changed, "word"))
    )
    text = (
        f"{place}with up to {size} windows at once instead of one, {everyone.n_changed:,} of {texts} changed "
        f"by {words}"
    )
    if everyone.most_points is None:
        return f"{text}; there are no reference words to set them against."
    text += f", which can move the word error rate by at most {_points(everyone.most_points)}"
    worst = max(groups, key=lambda each: each.most_points or 0.0, default=None)
    if worst is None or not worst.most_points:
        return f"{text}."
    where = printable(f"{worst.dimension}={worst.group}")
    return (
        f"{text}, and that of {where}, where it matters most, by at most {_points(worst.most_points)}. "
        "Differences as small as that say nothing about people; compare runs of the same batch_windows."
    )


def _points(points: float) -> str:
    shown = f"{points:.2f}"
    return f"{shown} points" if shown != "0.00" else "less than 0.01 points"


def other_sizes_in_words(folder: str, found: Sequence[OtherSizes]) -> Iterator[str]:
    """What of a run was made in another batch size than planned."""
    if not found:
        yield f"{printable(folder)}: every transcript was made in the batch that was planned."
        return
    yield f"{printable(folder)}: transcripts made in another batch size than planned"
    for each in found:
        is_everyone = each.dimension == OVERALL
        group = "everyone" if is_everyone else printable(f"{each.dimension}={each.group}")
        share = _share(each.n_other_size, each.n_texts)
        yield f"  {each.system}, {each.condition}, {group}: {each.n_other_size:,} of {each.n_texts:,}{share}"


def as_json(check: BatchCheck) -> str:
    """All of it for a program."""
    return json.dumps(asdict(check), indent=1, ensure_ascii=False) + "\n"


def as_csv(check: BatchCheck) -> str:
    """A row for each group, system and condition."""
    columns = [field.name for field in fields(GroupChange)]
    return to_csv(columns, (asdict(each) for each in check.changes))


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, break_on_hyphens=False)
