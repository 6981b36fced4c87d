"""Ratio and gap of a group with their intervals: the same ones in the report and on the card.

The interval of either is everywhere the one that holds together with the others, on whose ratio the verdict
rests: a reader who meets two takes the narrower one. Those of each figure by itself: tables/rates.csv.
"""

from __future__ import annotations

from asr_fair.fairness.results import DimensionInfo, Figure
from asr_fair.report import wording
from asr_fair.report.cells import GAP, RATIO, figure_cell, is_compared, other_side
from asr_fair.report.model import Column, TableCell
from asr_fair.report.redact import CellKey, Shown

RATIO_AND_GAP = "Ratio and gap: WER of the group over, and less, that of what it is compared with."
TOGETHER_NOTE = (
    f"{RATIO_AND_GAP} Their intervals are simultaneous: widened so that those of the ratios of all declared "
    "comparisons hold together, and those of the gaps. The verdict rests on the ratio's. That of the WER is "
    "of each figure by itself, and narrower."
)
RATIOS_TOGETHER_NOTE = (
    f"{RATIO_AND_GAP} The interval of the ratio is simultaneous: it is widened so that those of all declared "
    "comparisons hold together, and the verdict rests on it. That of the gap, like that of the WER, is of "
    "each figure by itself, and narrower."
)
"""Before schema 1.4 there is no such interval of a gap."""


def comparison_columns(shown: Shown) -> tuple[Column, Column]:
    """Headings of the cells that `comparison_cells` makes, each with the kind of its interval."""
    level = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    together = _has_gaps_together(shown)
    return (
        Column(f"Ratio [simultaneous {level} interval]"),
        Column(f"Gap [simultaneous {level} interval]" if together else f"Gap [{level} interval by itself]"),
    )


def comparison_note(shown: Shown) -> str:
    """What ratio, gap and their intervals are."""
    return TOGETHER_NOTE if _has_gaps_together(shown) else RATIOS_TOGETHER_NOTE


def comparison_cells(shown: Shown, key: CellKey, dimension: DimensionInfo) -> list[TableCell]:
    """Ratio and gap to the other side with their intervals; empty for a group that is not compared."""
    if not is_compared(dimension, key.group):
        return [TableCell(""), TableCell("")]
    versus = other_side(dimension)
    return [
        _ratio_cell(shown, key, versus),
        figure_cell(_gap(shown, key, versus), wording.points, wording.points_number),
    ]


def _has_gaps_together(shown: Shown) -> bool:
    """Whether gaps have simultaneous intervals: from schema 1.4 on."""
    return any(one.gap_method for one in shown.comparisons.values())


def _ratio_cell(shown: Shown, key: CellKey, versus: str) -> TableCell:
    comparison = shown.comparison(key, versus)
    if comparison is None:
        return figure_cell(shown.figure(key, RATIO, versus), wording.ratio)
    if comparison.ratio is None:
        return TableCell("no comparison possible")
    bounds = wording.interval(comparison.low, comparison.high, wording.ratio_number)
    return TableCell(wording.ratio(comparison.ratio), bounds)


def _gap(shown: Shown, key: CellKey, versus: str) -> Figure | None:
    """The gap with the interval that holds together with the others; before schema 1.4 its own one."""
    gap, comparison = shown.figure(key, GAP, versus), shown.comparison(key, versus)
    if gap is None or comparison is None or comparison.gap_method is None:
        return gap
    return gap.model_copy(update={"low": comparison.gap_low, "high": comparison.gap_high})
