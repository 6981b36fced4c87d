"""FAAS beside its warning: for those who compare with ASR-FairBench."""

from __future__ import annotations

from asr_fair.fairness.models.faas import FAAS_WARNING
from asr_fair.fairness.results import FaasRow, Results
from asr_fair.records import OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import NO_FIGURE
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown


def faas_table(shown: Shown) -> Table | None:
    """FAAS of every dimension and of all, a block for each system; None where the plan asks for none."""
    titles = {one.name: one.title for one in shown.results.dimensions} | {OVERALL: "All of them"}
    blocks = []
    for system in shown.results.systems:
        rows = [
            Row(f"{titles[one.dimension]}, {condition.title}", _cells(one))
            for condition in shown.results.conditions
            for one in shown.faas
            if (one.system, one.condition) == (system.name, condition.name)
        ]
        if rows:
            blocks.append(Block(system.name, rows))
    if not blocks:
        return None
    columns = (
        Column("Dimension", is_number=False),
        Column("FAAS"),
        Column("Score of the groups"),
        Column("After its penalty"),
        Column("Likelihood ratio"),
    )
    return Table("FAAS: compatibility figure", columns, blocks, notes=[FAAS_WARNING], block_title="System")


def faas_limits(results: Results, shown: Shown) -> list[str]:
    """What is to be said where the plan asked for FAAS and it may not be shown."""
    if len(shown.faas) == len(results.faas):
        return []
    return ["FAAS is a figure over all groups of a dimension: where one of them is hidden, so is FAAS."]


def _cells(one: FaasRow) -> list[TableCell]:
    figures = [
        TableCell(wording.NOT_COMPUTED if value is None else f"{value:.2f}")
        for value in (one.value, one.category, one.adjusted)
    ]
    if one.dimension == OVERALL:  # a mean of scores has no groups of its own
        return [figures[0], *[TableCell("")] * 3]
    return [*figures, NO_FIGURE if one.p_value is None else TableCell(wording.p_value(one.p_value))]
