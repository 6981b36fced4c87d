"""What the rules of each normaliser changed, in whose words."""

from __future__ import annotations

from collections.abc import Iterable

from asr_fair.fairness.normalisers.traces import FEWEST_SPEAKERS
from asr_fair.fairness.results import DimensionInfo, NormaliserTrace
from asr_fair.report import wording
from asr_fair.report.cells import NO_FIGURE, groups_with_rates
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown
from asr_fair.report.settings import subject_words

N_EXAMPLES = 5
COLUMNS = (
    Column("Group", is_number=False),
    Column("Reference words altered"),
    Column("References emptied"),
    Column("Transcript words altered"),
    Column("Transcripts emptied"),
    Column("In references most often", is_number=False),
    Column("In transcripts most often", is_number=False),
)


def changes_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """Words that each normaliser altered in each group's references and transcripts; None without traces."""
    traces = {
        (row.normaliser, row.group, row.side): row
        for row in shown.traces
        if row.dimension == dimension.name and row.system in (None, system)
    }
    blocks = []
    for normaliser in shown.results.normalisers:
        rows = [
            Row(name, _cells(reference, traces.get((normaliser, name, "transcripts"))))
            for name in groups_with_rates(shown, dimension)
            if (reference := traces.get((normaliser, name, "references"))) is not None
        ]
        if rows:
            blocks.append(Block(normaliser, rows))
    if not blocks:
        return None
    caption, subject = "What the rules changed", subject_words(dimension, system)
    return Table(caption, COLUMNS, blocks, _notes(shown, traces.values()), subject, block_title="Normaliser")


def _notes(shown: Shown, traces: Iterable[NormaliserTrace]) -> list[str]:
    titles = {condition.name: condition.title for condition in shown.results.conditions}
    heard = next((row.condition for row in traces if row.condition is not None), None)
    where = "" if heard is None else f" Transcripts are those under “{titles.get(heard, heard)}”."
    fewest = max(FEWEST_SPEAKERS, shown.results.plan.thresholds.min_speakers_counted)
    return [
        "Altered: changed or dropped by a rule, as a share of the words before any rule; case and "
        "punctuation are no change. Emptied: had words and has none left. Words stand here only where at "
        f"least {fewest} speakers of the group said them.{where}"
    ]


def _cells(reference: NormaliserTrace, transcript: NormaliserTrace | None) -> list[TableCell]:
    counts = [cell for side in (reference, transcript) for cell in _count_cells(side)]
    return [*counts, *map(_rules_cell, (reference, transcript))]


def _count_cells(row: NormaliserTrace | None) -> list[TableCell]:
    if row is None:
        return [NO_FIGURE, NO_FIGURE]
    if row.altered_share is None:
        return [TableCell("no words"), TableCell(wording.count(row.n_emptied))]
    share = TableCell(wording.percent(row.altered_share), f"of {wording.count(row.n_words)}")
    return [share, TableCell(wording.count(row.n_emptied), f"of {wording.count(row.n_texts)}")]


def _rules_cell(row: NormaliserTrace | None) -> TableCell:
    """Kinds of rules with the words that they changed, and the most frequent of these words."""
    if row is None or not row.rules:
        return TableCell("")
    kinds = ", ".join(f"{rule.rule} {wording.count(rule.n_words)}" for rule in row.rules)
    examples = sorted(
        (example for rule in row.rules for example in rule.examples), key=lambda one: -one.n_times
    )
    words = "; ".join(
        f"{one.before} → {one.after or 'nothing'} ({wording.count(one.n_times)}×)"
        for one in examples[:N_EXAMPLES]
    )
    return TableCell(kinds, words)
