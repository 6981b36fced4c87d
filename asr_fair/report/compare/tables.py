"""Tables of a comparison: each group under one condition, all conditions at a glance, what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from asr_fair.fairness.results import SystemComparison
from asr_fair.records import OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import everyone_or
from asr_fair.report.compare.gaps import gap_direction
from asr_fair.report.compare.outcomes import Outcome, outcome_of
from asr_fair.report.losses import merged
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.plan_texts import margin_words
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import ConditionRows, Pair
from asr_fair.report.systems.tables import places_of, points_cell, table_notes, with_other_side

QUIET = (Outcome.TOO_FEW, Outcome.NOT_JUDGED)


def condition_table(shown: Shown, where: ConditionRows) -> Table:
    """Everyone and each group under one condition: both rates, the change, for how many, and the gaps."""
    level = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}% interval"
    columns = (
        Column("Group", is_number=False),
        Column("Speakers"),
        Column("WER, A (before)"),
        Column("WER, B (after)"),
        Column(f"Change [{level}]"),
        Column("p"),
        Column("Speakers: fewer, more, as many errors"),
        Column("Verdict", is_number=False),
        Column("Gap, A"),
        Column("Gap, B"),
        Column(f"Change of the gap [{level}]"),
    )
    blocks = [
        Block(with_other_side(title, rows), [_row(shown, row) for row in rows])
        for name, title in places_of(shown)
        if (rows := where.of(name))
    ]
    caption = f"From A to B: {where.condition.title}"
    return Table(caption, columns, blocks, notes=list(table_notes(where)), block_title="Dimension")


def _row(shown: Shown, row: SystemComparison) -> Row:
    difference, outcome, gap = row.difference, outcome_of(shown, row), row.gap_difference
    p = row.p_value if row.p_adjusted is None else row.p_adjusted
    cells = [
        TableCell(wording.count(row.n_speakers)),
        _rate(row.other_wer),
        _rate(row.wer),
        points_cell(difference.value, difference.low, difference.high, difference.status),
        TableCell(wording.NOT_COMPUTED if p is None else wording.p_number(p)),
        TableCell(_speakers(row)),
        _verdict(shown, row, outcome),
        TableCell("" if gap is None or gap.other_gap is None else wording.points(gap.other_gap)),
        TableCell("" if gap is None or gap.gap is None else wording.points(gap.gap)),
        _gap_cell(row, is_judged=outcome not in QUIET),
    ]
    return Row(everyone_or(row.group), cells, is_quiet=outcome in QUIET)


def _rate(wer: float | None) -> TableCell:
    return TableCell(wording.NOT_COMPUTED if wer is None else wording.percent(wer))


def _speakers(row: SystemComparison) -> str:
    if row.n_speakers is None or row.n_speakers_fewer is None or row.n_speakers_more is None:
        return wording.count(None)
    alike = row.n_speakers - row.n_speakers_fewer - row.n_speakers_more
    return ", ".join(f"{n:,}" for n in (row.n_speakers_fewer, row.n_speakers_more, alike))


def _verdict(shown: Shown, row: SystemComparison, outcome: Outcome) -> TableCell:
    label = wording.exploratory_label(row)
    match outcome:
        case Outcome.NOT_JUDGED:
            return TableCell(outcome.value)
        case Outcome.TOO_FEW:
            return TableCell(outcome.value, row.reason)
        case Outcome.ALIKE:
            margin = margin_words(shown.results.plan.thresholds)
            return TableCell(f"{outcome.value}{label} (within {margin})", row.reason)
        case _:
            return TableCell(f"{outcome.value}{label}", row.reason)


def _gap_cell(row: SystemComparison, *, is_judged: bool) -> TableCell:
    gap = row.gap_difference
    if gap is None:
        return TableCell("")
    cell = points_cell(gap.value, gap.low, gap.high, gap.status)
    direction = gap_direction(row) if is_judged else ""
    return TableCell(cell.text, "; ".join(filter(None, (cell.detail, direction))))


def by_condition_table(shown: Shown, pair: Pair) -> Table | None:
    """The change of every group under every condition, in a few words; None with one condition."""
    if len(pair.conditions) < 2:
        return None
    rows = {
        (row.dimension, row.group, where.condition.name): row
        for where in pair.conditions
        for row in where.rows
    }
    conditions = [where.condition for where in pair.conditions]
    columns = (Column("Group", is_number=False), *(Column(one.title) for one in conditions))
    blocks = []
    for name, title in places_of(shown):
        groups = list(dict.fromkeys(group for dimension, group, _ in rows if dimension == name))
        lines = [
            Row(
                everyone_or(group),
                [_short(shown, rows.get((name, group, one.name))) for one in conditions],
            )
            for group in groups
        ]
        blocks += [Block(title, lines)] if lines else []
    notes = ["Change of the WER from A to B in points, below zero fewer errors with B, and the verdict."]
    return Table("Change under every condition", columns, blocks, notes, block_title="Dimension")


def _short(shown: Shown, row: SystemComparison | None) -> TableCell:
    if row is None or row.difference.value is None:
        return TableCell("hidden" if row is None else wording.NOT_COMPUTED)
    outcome = outcome_of(shown, row)
    words = outcome.value if outcome in QUIET else outcome.value + wording.exploratory_label(row)
    return TableCell(wording.points_number(row.difference.value), words)


def left_out_table(shown: Shown) -> Table | None:
    """Utterances that are not compared, by group, condition and reason; None where there are none."""
    titles = {OVERALL: "Everyone"} | {one.name: one.title for one in shown.results.dimensions}
    conditions = {one.name: one.title for one in shown.results.conditions}
    by_dimension: dict[str, list[Row]] = {}
    for loss, where in merged(shown.results.losses, conditions):
        reasons = ", ".join(f"{reason}: {n:,}" for reason, n in sorted(loss.reasons.items()))
        texts = (where, wording.count(loss.n_expected), wording.count(loss.n_missing), reasons)
        row = Row(everyone_or(loss.group), [TableCell(text) for text in texts])
        by_dimension.setdefault(titles[loss.dimension], []).append(row)
    if not by_dimension:
        return None
    columns = (
        Column("Group", is_number=False),
        Column("Condition", is_number=False),
        Column("Utterances in A or B"),
        Column("Left out"),
        Column("Reasons", is_number=False),
    )
    blocks = [Block(title, rows) for title, rows in by_dimension.items()]
    return Table("Utterances left out of the comparison", columns, blocks, block_title="Dimension")


def settings_table(caption: str, rows: Sequence[tuple[str, str, str]]) -> Table | None:
    """Settings of both sides; None without rows."""
    columns = tuple(Column(title, is_number=False) for title in ("Setting", "A (before)", "B (after)"))
    lines = [Row(name, [TableCell(before), TableCell(after)]) for name, before, after in rows]
    return Table(caption, columns, [Block("", lines)]) if lines else None
