"""The table of what was lost: outcomes that are missing or failed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from asr_fair.fairness.results import Loss
from asr_fair.records import OVERALL
from asr_fair.report import wording
from asr_fair.report.cells import everyone_or
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.redact import Shown


def losses_table(shown: Shown) -> Table | None:
    """Missing and failed outcomes wherever there were any, but in combinations; None for nothing lost."""
    plain = (dimension for dimension in shown.results.dimensions if not dimension.parts)
    titles = {OVERALL: "Everyone"} | {dimension.name: dimension.title for dimension in plain}
    told = (loss for loss in shown.results.losses if loss.dimension in titles)
    lost = [loss for loss in told if loss.n_errors or loss.n_missing]
    if not lost:
        return None
    conditions = {condition.name: condition.title for condition in shown.results.conditions}
    columns = (
        Column("Group", is_number=False),
        Column("System", is_number=False),
        Column("Condition", is_number=False),
        Column("Expected"),
        Column("Failed"),
        Column("Missing"),
        Column("Reasons", is_number=False),
    )
    by_dimension: dict[str, list[Row]] = {}
    for loss, where in merged(lost, conditions):
        reasons = ", ".join(f"{reason}: {n:,}" for reason, n in sorted(loss.reasons.items()))
        texts = (
            loss.system,
            where,
            wording.count(loss.n_expected),
            wording.count(loss.n_errors),
            wording.count(loss.n_missing),
            reasons,
        )
        row = Row(everyone_or(loss.group), [TableCell(text) for text in texts])
        by_dimension.setdefault(titles[loss.dimension], []).append(row)
    blocks = [Block(title, rows) for title, rows in by_dimension.items()]
    return Table("Utterances without a usable transcript", columns, blocks, block_title="Dimension")


def merged(losses: Sequence[Loss], titles: Mapping[str, str]) -> Iterator[tuple[Loss, str]]:
    """Losses with the titles of their conditions; what was lost alike under every condition stands once.

    A recording that cannot be read is lost under all of them.
    """
    alike: dict[Hashable, list[Loss]] = {}
    for loss in losses:
        alike.setdefault(_apart_from_condition(loss), []).append(loss)
    for loss in losses:
        same = alike[_apart_from_condition(loss)]
        if not len(same) == len(titles) > 1:
            yield loss, titles.get(loss.condition, loss.condition)
        elif loss is same[0]:
            yield loss, f"all {len(titles)} conditions"


def _apart_from_condition(loss: Loss) -> Hashable:
    counts = (loss.n_expected, loss.n_errors, loss.n_missing)
    return loss.dimension, loss.group, loss.system, counts, tuple(sorted(loss.reasons.items()))
