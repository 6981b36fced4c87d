"""How far the groups of a dimension are apart: one table for a system, and its rows for a spreadsheet.

Only where every declared group is shown: a figure over all groups tells of a hidden one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from asr_fair.fairness.results import DimensionInfo, Statistic, Summary
from asr_fair.report import wording
from asr_fair.report.model import Block, Column, Row, Table, TableCell
from asr_fair.report.outcomes import declared_groups
from asr_fair.report.redact import Shown
from asr_fair.report.settings import noise_title, settings_of, subject_words

STATISTICS = ("max_minus_min", "weighted_deviation", "cochran_q", "tau_squared", "gini", "theil")
KEYS = ("dimension", "condition", "system", "normaliser")
SUMMARY_COLUMNS = (
    *KEYS,
    "groups",
    *(f"{name}{part}" for name in STATISTICS for part in ("", "_null_mean", "_p", "_status")),
    "highest_group",
    "highest_wer",
    "highest_low",
    "highest_high",
    "highest_method",
    "highest_candidates",
    "note",
)
WITHHELD = "a group is hidden, and a figure over all groups would tell of it"
COLUMNS = (
    Column("Condition", is_number=False),
    Column("Highest less lowest"),
    Column("Weighted deviation"),
    Column("Typical ratio to the middle"),
    Column("Gini"),
    Column("Group with the highest WER", is_number=False),
    Column("May truly be highest", is_number=False),
)


def summaries_table(shown: Shown, dimension: DimensionInfo, system: str) -> Table | None:
    """The summaries of a dimension, a row for each condition; None where none may be shown."""
    found = {
        one.condition: one
        for one in shown.summaries
        if (one.dimension, one.system) == (dimension.name, system)
    }
    blocks = []
    for setting in settings_of(shown.results.conditions):
        rows = [
            Row(noise_title(condition), _cells(found[condition.name]))
            for condition in setting.conditions
            if condition.name in found
        ]
        if rows:
            blocks.append(Block(setting.title, rows))
    if not blocks:
        return None
    return Table(
        "How far the groups are apart",
        COLUMNS,
        blocks,
        notes=_notes(shown),
        subject=subject_words(dimension, system),
        block_title="Room and handset",
    )


def withholds_summaries(shown: Shown, dimension: DimensionInfo) -> bool:
    """Whether a dimension of two groups or more has no summary because one of its groups is hidden."""
    return (
        len(declared_groups(shown, dimension)) > 1
        and any(one.n_utterances for one in dimension.groups)
        and not any(one.dimension == dimension.name for one in shown.summaries)
        and any(not shown.has_rates(dimension.name, name) for name in declared_groups(shown, dimension))
    )


def summary_records(shown: Shown) -> Iterator[dict[str, str | int | float | None]]:
    """The summaries that may be shown, a record each; for what is withheld a record that says so."""
    for dimension in shown.results.dimensions:
        if withholds_summaries(shown, dimension):
            yield {"dimension": dimension.name, "note": f"left out: {WITHHELD}"}
    for one in shown.summaries:
        record: dict[str, str | int | float | None] = {key: getattr(one, key) for key in KEYS}
        record["groups"] = "; ".join(one.groups)
        for name in STATISTICS:
            statistic: Statistic = getattr(one, name)
            record |= {
                name: statistic.value,
                f"{name}_null_mean": statistic.null_mean,
                f"{name}_p": statistic.p_value,
                f"{name}_status": statistic.status.value,
            }
        if one.highest is not None:
            record |= {
                "highest_group": one.highest.group,
                "highest_wer": one.highest.value,
                "highest_low": one.highest.low,
                "highest_high": one.highest.high,
                "highest_method": one.highest.method,
                "highest_candidates": "; ".join(one.highest.candidates),
            }
        yield record


def _cells(one: Summary) -> list[TableCell]:
    spread, tau = one.max_minus_min, one.tau_squared
    alike = () if spread.null_mean is None else (f"alike groups: {_apart(spread.null_mean)}",)
    typical = tau.model_copy(
        update={
            "value": None if tau.value is None else math.exp(math.sqrt(tau.value)),
            "p_value": one.cochran_q.p_value,
        }
    )
    return [
        _cell(spread, _apart, *alike),
        _cell(one.weighted_deviation, _apart),
        _cell(typical, wording.ratio),
        _cell(one.gini, "{:.2f}".format),
        *_highest(one),
    ]


def _cell(statistic: Statistic, number: wording.Formatter, *details: str) -> TableCell:
    """A figure; below it what it is beside, and how probable where groups are alike."""
    if statistic.value is None:
        return TableCell(wording.STATUS_WORDS[statistic.status] or wording.NOT_COMPUTED)
    p = () if statistic.p_value is None else (wording.p_value(statistic.p_value),)
    return TableCell(number(statistic.value), "; ".join([*details, *p]))


def _highest(one: Summary) -> list[TableCell]:
    highest = one.highest
    if highest is None:
        return [TableCell(wording.NOT_COMPUTED), TableCell("")]
    bounds = wording.interval(highest.low, highest.high, wording.percent_number)
    return [
        TableCell(f"{highest.group}: {wording.percent(highest.value)}", bounds),
        TableCell("; ".join(highest.candidates)),
    ]


def _apart(value: float) -> str:
    """A distance between rates in points, which has no sign."""
    return f"{wording.percent_number(value)}{wording.NBSP}points"


def _notes(shown: Shown) -> list[str]:
    confidence = f"{100 * shown.results.plan.thresholds.confidence:g}{wording.NBSP}%"
    return [
        "With few speakers the highest and the lowest WER are far apart even where groups are alike: “alike "
        "groups” is the mean distance where whole speakers change places among them at random, and p the "
        "share of such draws that are as far apart or farther. Weighted deviation: how far the groups' WERs "
        "are from that of all of them, by their words. Typical ratio: what is left of the differences beyond "
        "those of alike groups; 1.00 is none. Gini: 0 where all WERs are the same.",
        f"Brackets: {confidence} interval of the highest true WER, whichever group has it; the group was "
        "picked because it came out highest, and any of the groups named last may truly be highest.",
    ]
