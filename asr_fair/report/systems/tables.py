"""Two systems side by side: a table for each condition with a block for each dimension, and MAPSSWE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asr_fair.fairness.results import MatchedPairsRow, Status, SystemComparison, Verdict
from asr_fair.records import OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import everyone_or
from asr_fair.report.model import Block, Column, PairSection, Row, Table, TableCell
from asr_fair.report.plan_texts import margin_words
from asr_fair.report.plots.differences import difference_plots
from asr_fair.report.redact import Shown
from asr_fair.report.systems.rows import ConditionRows, Pair, gap_excludes_zero, is_judged, pairs_of

EVERYONE_TITLE = "All speakers together"


def pair_sections(shown: Shown) -> list[PairSection]:
    """A section for every two systems."""
    return [_section(shown, pair) for pair in pairs_of(shown)]


def _section(shown: Shown, pair: Pair) -> PairSection:
    found = [_table(shown, pair, each) for each in pair.conditions]
    return PairSection(
        title=f"{pair.system} and {pair.other_system}",
        plots=difference_plots(shown, pair),
        first=found[0],
        others=found[1:],
        matched=matched_table(shown, pair),
    )


def _table(shown: Shown, pair: Pair, where: ConditionRows) -> Table:
    level = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}% interval"
    columns = (
        Column("Group", is_number=False),
        Column("Speakers"),
        Column(f"WER, {pair.system}"),
        Column(f"WER, {pair.other_system}"),
        Column(f"Difference [{level}]"),
        Column("p"),
        Column("Speakers with fewer errors"),
        Column("Verdict", is_number=False),
        Column(f"Gap, first less second [{level}]"),
    )
    blocks = [
        Block(with_other_side(title, rows), [_row(shown, pair, row) for row in rows])
        for name, title in places_of(shown)
        if (rows := where.of(name))
    ]
    caption = f"{pair.system} and {pair.other_system}: {where.condition.title}"
    return Table(caption, columns, blocks, notes=list(table_notes(where)), block_title="Dimension")


def with_other_side(title: str, rows: Sequence[SystemComparison]) -> str:
    """A dimension's title, and what its gaps are to."""
    versus = {row.gap_difference.versus for row in rows if row.gap_difference is not None}
    return "; ".join([title, *(f"gap to {wording.versus_words(each)}" for each in versus)])


def _row(shown: Shown, pair: Pair, row: SystemComparison) -> Row:
    difference, judged = row.difference, is_judged(shown, row)
    counts = (row.n_speakers_fewer, row.n_speakers_more)
    known = [f"{n:,} with {name}" for n, name in zip(counts, pair_names(pair), strict=True) if n is not None]
    p = row.p_value if row.p_adjusted is None else row.p_adjusted
    cells = [
        TableCell(wording.count(row.n_speakers)),
        TableCell(wording.NOT_COMPUTED if row.wer is None else wording.percent(row.wer)),
        TableCell(wording.NOT_COMPUTED if row.other_wer is None else wording.percent(row.other_wer)),
        points_cell(difference.value, difference.low, difference.high, difference.status),
        TableCell(wording.NOT_COMPUTED if p is None else wording.p_number(p)),
        TableCell("; ".join(known) or wording.count(None)),
        _verdict_cell(shown, pair, row),
        _gap_cell(row),
    ]
    return Row(everyone_or(row.group), cells, is_quiet=not judged)


def pair_names(pair: Pair) -> tuple[str, str]:
    """Both names, in the order of the difference."""
    return pair.system, pair.other_system


def points_cell(value: float | None, low: float | None, high: float | None, status: Status) -> TableCell:
    """A difference in points with its interval, or in words why there is none."""
    if value is None:
        return TableCell(wording.STATUS_WORDS[status] or wording.NOT_COMPUTED)
    bounds = wording.interval(low, high, wording.points_number)
    return TableCell(wording.points(value), bounds or wording.STATUS_WORDS[status])


def _verdict_cell(shown: Shown, pair: Pair, row: SystemComparison) -> TableCell:
    if row.verdict is None:
        return TableCell("not judged")
    if not is_judged(shown, row):
        return TableCell("no verdict", row.reason)
    label = wording.exploratory_label(row)
    match row.verdict:
        case Verdict.EQUIVALENT:
            margin = margin_words(shown.results.plan.thresholds)
            return TableCell(f"equivalent{label} (within {margin})", row.reason)
        case Verdict.DISPARITY:
            fewer = pair.system if (row.ratio or 0.0) < 1 else pair.other_system
            return TableCell(f"fewer errors with {fewer}{label}", row.reason)
        case Verdict.CANNOT_TELL:
            return TableCell(f"cannot tell{label}", row.reason)


def _gap_cell(row: SystemComparison) -> TableCell:
    gap = row.gap_difference
    if gap is None:
        return TableCell("")
    cell = points_cell(gap.value, gap.low, gap.high, gap.status)
    differs = "differs" if gap_excludes_zero(row) else ""
    return TableCell(cell.text, "; ".join(filter(None, (cell.detail, differs))))


def table_notes(where: ConditionRows) -> Iterator[str]:
    """What was left out of both, and by which methods the figures were made."""
    everyone = where.everyone
    if everyone is not None and everyone.n_unpaired:
        yield (
            f"{everyone.n_unpaired:,} utterances that only one of the two transcribed are left out of both; "
            f"{everyone.n_utterances:,} are compared."
        )
    methods = sorted({row.difference.method for row in where.rows if row.difference.method})
    tests = sorted({row.p_method for row in where.rows if row.p_method})
    if methods:
        yield f"Interval methods: {'; '.join(methods)}. Tests: {'; '.join(tests)}."


def matched_table(shown: Shown, pair: Pair) -> Table | None:
    """MAPSSWE by condition and group; None without rows."""
    rows = [
        row
        for row in shown.matched_pairs
        if (row.system, row.other_system) == pair_names(pair) and row.n_segments is not None
    ]
    if not rows:
        return None
    titles = dict(places_of(shown))
    blocks = [
        Block(
            f"{each.condition.title}; {title}",
            [
                _matched_row(row)
                for row in rows
                if (row.condition, row.dimension) == (each.condition.name, name)
            ],
        )
        for each in pair.conditions
        for name, title in titles.items()
        if each.of(name)
    ]
    columns = (
        Column("Group", is_number=False),
        Column("Segments"),
        Column(f"Errors, {pair.system}"),
        Column(f"Errors, {pair.other_system}"),
        Column("Mean"),
        Column("SD"),
        Column("Z"),
        Column("p"),
    )
    notes = [
        "MAPSSWE takes stretches of speech between words that both systems got right as independent of each "
        "other. It ignores that they come from the same speakers, so its p is too small wherever speakers "
        "differ. It stands here only to compare with figures published elsewhere; no verdict rests on it. "
        "Mean and SD: of the errors of the first system less those of the second in a segment."
    ]
    return Table(f"MAPSSWE: {pair.system} and {pair.other_system}", columns, blocks, notes)


def _matched_row(row: MatchedPairsRow) -> Row:
    numbers = [
        *(wording.count(n) for n in (row.n_segments, row.n_errors, row.n_errors_other)),
        *(_decimal(value) for value in (row.mean, row.sd, row.z)),
        "" if row.p_value is None else wording.p_number(row.p_value),
    ]
    return Row(everyone_or(row.group), [TableCell(text) for text in numbers])


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".replace("-", wording.MINUS)


def places_of(shown: Shown) -> Sequence[tuple[str, str]]:
    """Dimensions with their titles, everyone first."""
    return [(OVERALL, EVERYONE_TITLE), *((one.name, one.title) for one in shown.results.dimensions)]
