"""What `asr-fair compare` prints: the page's findings, and a row for each group under the first condition.

It ends up in logs, so the display rules hold here, too, and names cannot steer the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from asr_fair.fairness.results import ComparedRuns, SystemComparison
from asr_fair.records import OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import everyone_or
from asr_fair.report.compare.outcomes import outcome_of, the_pair
from asr_fair.report.compare.settings import side_words
from asr_fair.report.compare.texts import all_told, left_out_words
from asr_fair.report.finding_texts import quoted
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.report.systems.rows import ConditionRows
from asr_fair.report.systems.tables import places_of

WIDTH = 100
LONGEST_NAME = 40
JOINERS = "\u200c\u200d"
"""Letters of some scripts need them to be written right; all other invisible characters are replaced."""


def in_words(compared: ComparedRuns) -> Iterator[str]:
    """The whole text, line by line."""
    shown = shown_in_report(compared.results)
    yield from _wrapped(f"A (before): {side_words(compared.a)}")
    yield from _wrapped(f"B (after):  {side_words(compared.b)}")
    for told in all_told(shown):
        yield ""
        yield told.title
        for sentence in told.sentences:
            yield from _wrapped(f"- {sentence}")
    yield ""
    yield from _wrapped(f"Left out: {left_out_words(shown)}")
    for line in _left_out(shown):
        yield from _wrapped(line)
    pair = the_pair(shown)
    if pair is not None:
        yield ""
        yield from _condition(shown, pair.conditions[0])


def printable(text: str) -> str:
    """Text that cannot steer a terminal: control and direction characters become a replacement sign."""
    plain = text.replace(wording.NBSP, " ")
    return "".join(sign if sign.isprintable() or sign in JOINERS else "\ufffd" for sign in plain)


def _wrapped(text: str) -> list[str]:
    # Lines are not broken at unbreakable spaces, which are therefore replaced afterwards.
    return [printable(line) for line in wrap(text, WIDTH, subsequent_indent="  ")]


def _left_out(shown: Shown) -> Iterator[str]:
    for loss in shown.results.losses:
        if loss.dimension == OVERALL:
            reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(loss.reasons.items()))
            yield f"  {loss.condition}: {loss.n_missing:,} of {loss.n_expected:,} utterances ({reasons})"


def _condition(shown: Shown, where: ConditionRows) -> Iterator[str]:
    """A table with a line for each dimension above its groups."""
    yield from _wrapped(f"Under {quoted(where.condition.title)}; change: B less A, in points of the WER")
    heading = ("group", "speakers", "WER A", "WER B", "change", "verdict")
    parts = [
        (title, [(_short(everyone_or(row.group)), *_cells(shown, row)) for row in rows])
        for name, title in places_of(shown)
        if (rows := where.of(name))
    ]
    lines = [heading, *(line for _, lines in parts for line in lines)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    yield _aligned(heading, widths)
    for title, lines in parts:
        yield from _wrapped(title)
        yield from (_aligned(line, widths) for line in lines)


def _cells(shown: Shown, row: SystemComparison) -> tuple[str, ...]:
    change = row.difference
    bounds = wording.interval(change.low, change.high, wording.points_number)
    value = "?" if change.value is None else f"{wording.points_number(change.value)} {bounds}".strip()
    return (
        "?" if row.n_speakers is None else f"{row.n_speakers:,}",
        *("?" if rate is None else wording.percent_number(rate) for rate in (row.other_wer, row.wer)),
        printable(value),
        outcome_of(shown, row).value + wording.exploratory_label(row),
    )


def _short(name: str) -> str:
    clean = printable(name)
    return clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names and verdicts to the left, numbers to the right."""
    (name, *numbers, verdict), (width, *others, _) = cells, widths
    right = (cell.rjust(its) for cell, its in zip(numbers, others, strict=True))
    return "  ".join(("", name.ljust(width), *right, verdict)).rstrip()
