"""Which utterances stand behind a cell: what a link from it asks the browser of the run for."""

from __future__ import annotations

from asr_fair.fairness.counting.combinations import taken_apart
from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.report.links import Utterances
from asr_fair.report.redact import CellKey


def utterances_of(results: Results, dimension: DimensionInfo, key: CellKey) -> Utterances:
    """Those of a group under one condition and system; of all speakers where the key is everyone's."""
    groups = _tags(results, dimension, key.group) if key.dimension == dimension.name else ()
    return Utterances(key.condition, key.system, groups)


def _tags(results: Results, dimension: DimensionInfo, group: str) -> tuple[tuple[str, str], ...]:
    """A group as the tags that make it: a combination has one for each part, a level the control's too."""
    if dimension.parts:
        return tuple(zip(dimension.parts, taken_apart(group), strict=True))
    for control in results.controls:
        for level in control.levels:
            if level.cells.name == dimension.name:
                return (control.dimension, group), (control.within, level.level)
    return ((dimension.name, group),)
