"""What systems wrote down where nobody spoke: silence, and each condition's noise alone."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import ConditionInfo, Probes
from asr_fair.report import wording
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown
from asr_fair.report.spreadsheets.cells import Record

MADE_UP_COLUMNS = tuple(Probes.model_fields)


def made_up_table(shown: Shown) -> Table | None:
    """Words in recordings in which nobody speaks; a block for each system. None where none was heard."""
    results = shown.results
    if not results.probes:
        return None
    columns = (
        Column("Condition", is_number=False),
        Column("Heard", is_number=False),
        Column("Recordings"),
        Column("With words"),
        Column("Words"),
        Column("Words a minute"),
    )
    conditions = {each.name: each for each in results.conditions}
    blocks = [
        Block(
            system.name,
            [
                _row(row, conditions[row.condition])
                for row in results.probes
                if row.system == system.name and row.condition in conditions
            ],
        )
        for system in results.systems
    ]
    notes = ["Built-in recordings of 2 to 30 s in which nobody speaks; no group's errors hold these words."]
    if any(each.n_failed for each in results.probes):
        notes.append("A recording that failed is not counted.")
    if any(each.has_voices for each in results.probes):
        notes.append("Babble is made of voices: words heard in it may be theirs.")
    return Table(
        "Words written down where nobody spoke",
        columns,
        [block for block in blocks if block.rows],
        notes,
        block_title="System",
    )


def made_up_records(shown: Shown) -> Iterator[Record]:
    """The same for a spreadsheet."""
    for row in shown.results.probes:
        yield row.model_dump()


def _row(row: Probes, condition: ConditionInfo) -> Row:
    per_minute = wording.tenths(60 * row.n_words / row.duration_s) if row.duration_s else wording.NOT_COMPUTED
    texts = (
        "silence" if condition.profile is None else "the noise alone",
        wording.count(row.n_probes - row.n_failed),
        wording.count(row.n_with_words),
        wording.count(row.n_words),
        per_minute,
    )
    return Row(condition.title, [TableCell(text) for text in texts])
