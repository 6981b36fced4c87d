"""The Markdown summary of a gate: rules first, then every place that does not pass."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.report.gate.outcome import SERIOUS, Check, GateOutcome, Outcome, RuleOutcome
from asr_fair.report.gate.sentences import basis_words, explanations, result_words, status_words
from asr_fair.report.gate.words import MEASURES, counts_words, figure_words, limit_words
from asr_fair.report.markdown import as_markdown_table, escape_markdown
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.printable import printable

PLACES_LISTED = 100
"""CI systems cut a summary off at some size; the JSON and the JUnit file hold every place."""


def as_markdown(gate: GateOutcome) -> str:
    """The whole outcome as Markdown."""
    lines = [
        f"## {_md(gate.policy)}",
        "",
        f"**{_md(result_words(gate))}**",
        "",
        f"{_md(basis_words(gate))} {_md(status_words(gate))}",
        "",
        as_markdown_table(_rules_table(gate)),
    ]
    if (places := _places_table(gate)) is not None:
        lines += ["", as_markdown_table(places)]
    lines += [line for text in explanations(gate) for line in ("", _md(text))]
    return "\n".join(lines) + "\n"


def in_order(rules: Sequence[RuleOutcome]) -> list[RuleOutcome]:
    """The most serious first; else in the order of the policy."""
    return sorted(rules, key=lambda rule: SERIOUS.index(rule.outcome))


def checks_in_order(rule: RuleOutcome) -> list[Check]:
    """The same of the places of a rule."""
    return sorted(rule.checks, key=lambda check: SERIOUS.index(check.outcome))


def _rules_table(gate: GateOutcome) -> Table:
    titles = ("Rule", "What", "Limit", "Places", "Why this limit")
    rows = [
        _row(
            rule.outcome,
            [
                rule.name,
                MEASURES[rule.measure],
                limit_words(rule),
                counts_words(rule),
                rule.reason,
            ],
        )
        for rule in in_order(gate.rules)
    ]
    return _table("Rules", titles, rows)


def _places_table(gate: GateOutcome) -> Table | None:
    """Places that fail or cannot be told; None where there is none."""
    titles = ("Rule", "Where", "Value [interval]", "Limit", "What decides")
    found = [
        (rule, check)
        for rule in in_order(gate.rules)
        for check in checks_in_order(rule)
        if check.outcome in (Outcome.FAIL, Outcome.CANNOT_TELL)
    ]
    found.sort(key=lambda pair: SERIOUS.index(pair[1].outcome))
    rows = [
        _row(
            check.outcome,
            [rule.name, check.place.in_words, figure_words(check, rule), limit_words(rule), check.why],
        )
        for rule, check in found[:PLACES_LISTED]
    ]
    left_out = len(found) - PLACES_LISTED
    notes = [f"{left_out:,} more in the JSON and JUnit files."] if left_out > 0 else []
    return _table("Places that do not pass", titles, rows, notes) if rows else None


def _table(caption: str, titles: Sequence[str], rows: Sequence[Row], notes: Sequence[str] = ()) -> Table:
    columns = [Column(title, is_number=False) for title in ("Outcome", *titles)]
    return Table(caption, columns, [Block("", rows)], notes)


def _row(outcome: Outcome, texts: Sequence[str]) -> Row:
    return Row(outcome.in_words, [TableCell(printable(text)) for text in texts])


def _md(text: str) -> str:
    return escape_markdown(printable(text))
