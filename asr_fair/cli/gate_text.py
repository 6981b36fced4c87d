"""What `asr-fair gate` prints: every rule, and under it the places that do not pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from asr_fair.cli.terminal import safe
from asr_fair.report.gate.outcome import Check, GateOutcome, Outcome, RuleOutcome
from asr_fair.report.gate.sentences import basis_words, explanations, result_words, status_words
from asr_fair.report.gate.summary import checks_in_order, in_order
from asr_fair.report.gate.words import MEASURES, figure_words, limit_words
from asr_fair.report.printable import printable, shortened

PLACES_SHOWN = 12
"""Of one rule and one outcome; -v shows all."""

LONGEST = 64
WIDTH, NARROWEST = 110, 60


def in_words(gate: GateOutcome, *, verbose: bool, width: int = WIDTH) -> Iterator[str]:
    """The whole text, line by line; the most serious first. No line is a command to a CI runner.

    Prose is as wide as `width` letters, at most `WIDTH` and at least `NARROWEST`.
    """
    yield from map(safe, _lines(gate, verbose=verbose, width=max(NARROWEST, min(width, WIDTH))))


def _lines(gate: GateOutcome, *, verbose: bool, width: int) -> Iterator[str]:
    yield printable(gate.policy)
    yield from _wrapped(printable(basis_words(gate)), width)
    for rule in in_order(gate.rules):
        yield ""
        yield from _rule(rule, verbose=verbose, width=width)
    yield ""
    for text in explanations(gate):
        yield from _wrapped(text, width)
    yield ""
    yield f"{result_words(gate)}. {status_words(gate)}"


def _rule(rule: RuleOutcome, *, verbose: bool, width: int) -> Iterator[str]:
    what = f"{MEASURES[rule.measure]} {limit_words(rule)}"
    yield f"{rule.outcome.in_words.upper()}  {shortened(printable(rule.name), LONGEST)}: {what}"
    yield from _wrapped(f"Why: {printable(rule.reason)}", width, indent="  ")
    rows = []
    folded = []
    for outcome in Outcome:
        checks = [check for check in checks_in_order(rule) if check.outcome is outcome]
        is_quiet = outcome in (Outcome.PASS, Outcome.IGNORED)
        shown = checks if verbose else [] if is_quiet else checks[:PLACES_SHOWN]
        rows += [_cells(check, rule) for check in shown]
        if left := len(checks) - len(shown):
            folded.append(f"{left:,} {'' if is_quiet else 'more '}{outcome.in_words}")
    yield from _table(rows, width)
    if folded:
        yield f"  {', '.join(folded)} (-v lists them)"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _cells(check: Check, rule: RuleOutcome) -> tuple[str, str, str, str]:
    where = shortened(printable(check.place.in_words), LONGEST)
    return check.outcome.in_words, where, figure_words(check, rule), printable(check.why)


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Columns as wide as their widest cell; the last one's text below its row where one is too long."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    fits = sum(widths) + 2 * len(widths) <= width
    for row in rows:
        *cells, why = (cell.ljust(size) for cell, size in zip(row, widths, strict=True))
        line = "  " + "  ".join(cells)
        yield f"{line}  {why}".rstrip() if fits else line.rstrip()
        if not fits:
            yield from _wrapped(why, width, indent=" " * 6)
