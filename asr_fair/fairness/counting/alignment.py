"""Cells of several columns brought into line: one place for every speaker of any of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers


def speakers_of(cells: Sequence[Cell]) -> Integers:
    """The speakers of at least one of the cells, ascending."""
    first = cells[0].speakers
    # Nearly always nothing was lost, and all columns have the same speakers.
    if all(np.array_equal(cell.speakers, first) for cell in cells[1:]):
        return first
    seen = np.zeros(1 + max(int(cell.speakers.max(initial=-1)) for cell in cells), np.bool_)
    for cell in cells:
        seen[cell.speakers] = True
    return np.flatnonzero(seen)


def in_line(cells: Sequence[Cell], speakers: Integers) -> tuple[Integers, Integers]:
    """Errors and words of each cell, shape (n_cells, K); 0 where one of the K speakers is not in it."""
    errors, words = np.zeros((2, len(cells), len(speakers)), np.int64)
    for row, cell in enumerate(cells):
        places = (
            slice(None) if len(cell.speakers) == len(speakers) else np.searchsorted(speakers, cell.speakers)
        )
        errors[row, places], words[row, places] = cell.errors, cell.words
    return errors, words
