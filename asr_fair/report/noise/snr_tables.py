"""Figures of whole curves over the SNR: how noisy audio may be for each group, and its mean WER."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo, Figure
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import (
    AREA,
    AREA_DIFFERENCE,
    NO_FIGURE,
    TOLERANCE,
    TOLERANCE_DIFFERENCE,
    everyone_or,
    figure_cell,
    groups_with_rates,
    headline_key,
    is_compared,
    other_side,
    tolerable_wer,
)
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.noise.tolerance_words import (
    apart_bounds,
    apart_words,
    limit_words,
    reached_bounds,
    reached_words,
)
from asr_fair.report.redact import CellKey, Shown
from asr_fair.report.settings import NoiseAxis, noise_axes, subject_words


def along_snr_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """Tolerance and mean WER of each group, a block for each noise; None where no noise has two SNRs."""
    blocks = []
    for axis in noise_axes(shown.results.conditions):
        keys = [key for key in _keys(shown, dimension, axis, system) if shown.figure(key, AREA)]
        rows = [_row(shown, key, dimension) for key in keys]
        if any(key.dimension == dimension.name for key in keys):
            blocks.append(Block(axis.title, rows))
    if not blocks:
        return None
    other = wording.versus_words(other_side(dimension))
    columns = (
        Column("Group", is_number=False),
        *(
            [Column("Tolerance", is_number=False), Column(f"Compared with {other}", is_number=False)]
            if tolerable_wer(shown)
            else []
        ),
        Column("Mean WER"),
        Column(f"Beyond {other}"),
    )
    caption, subject = "Along the signal-to-noise ratio", subject_words(dimension, system)
    return Table(caption, columns, blocks, list(_notes(shown)), subject, block_title="Noise")


def _keys(shown: Shown, dimension: DimensionInfo, axis: NoiseAxis, system: str) -> Iterator[CellKey]:
    if shown.has_rates(OVERALL, EVERYONE):
        yield CellKey(OVERALL, EVERYONE, axis.name, system, shown.results.normalisers[0])
    for group in groups_with_rates(shown, dimension):
        yield headline_key(shown, dimension, group, axis.name, system)


def _row(shown: Shown, key: CellKey, dimension: DimensionInfo) -> Row:
    versus = other_side(dimension)
    is_alone = key.dimension == OVERALL or not is_compared(dimension, key.group)
    difference = None if is_alone else shown.figure(key, TOLERANCE_DIFFERENCE, versus)
    beyond = None if is_alone else shown.figure(key, AREA_DIFFERENCE, versus)
    cells = []
    limit = tolerable_wer(shown)
    if limit is not None:
        tolerance = shown.figure(key, TOLERANCE)
        cells += [
            NO_FIGURE if tolerance is None else _tolerance_cell(tolerance, limit),
            TableCell("") if is_alone else _difference_cell(difference),
        ]
    cells += [
        figure_cell(shown.figure(key, AREA), wording.percent, wording.percent_number),
        TableCell("") if is_alone else figure_cell(beyond, wording.points, wording.points_number),
    ]
    is_quiet = shown.visibility[key.dimension][key.group] is Visibility.INDICATIVE
    return Row(everyone_or(key.group), cells, is_quiet=is_quiet)


def _tolerance_cell(figure: Figure, limit: float) -> TableCell:
    return TableCell(reached_words(figure, limit), reached_bounds(figure))


def _difference_cell(figure: Figure | None) -> TableCell:
    return NO_FIGURE if figure is None else TableCell(apart_words(figure), apart_bounds(figure))


def _notes(shown: Shown) -> Iterator[str]:
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    limit = tolerable_wer(shown)
    if limit is not None:
        yield (
            f"Tolerance: the lowest SNR in dB at which a group's WER keeps within {limit_words(limit)}, read "
            "off its curve, which is taken never to rise with the SNR. The limit is a judgement, set in the "
            "analysis plan (tolerable_wer). In one study people took longer to correct transcripts of over "
            f"30{wording.NBSP}% than to type them afresh (Gaur et al. 2016); where single words decide, "
            f"far less is tolerable. Brackets: {confidence} bootstrap interval, speakers drawn once for "
            "whole curves; “at most” or “at least” where one end only lies within the SNRs heard."
        )
    yield (
        "Mean WER: the area under the curve of WER over the SNR in dB, divided by its range. Brackets: "
        f"{confidence} interval of each figure by itself. Clean speech has no place on this scale."
    )
