"""Compared systems for a spreadsheet: a record for each group, condition and pair, and those of MAPSSWE."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import GapDifference, MatchedPairsRow, SystemComparison, SystemDifference
from asr_fair.report.redact import Shown

PARTS = ("difference", "gap_difference")
PLAIN = tuple(name for name in SystemComparison.model_fields if name not in PARTS)
SYSTEM_COLUMNS = (
    *PLAIN,
    *(f"difference_{name}" for name in SystemDifference.model_fields),
    *(f"gap_difference_{name}" for name in GapDifference.model_fields),
)
MATCHED_COLUMNS = tuple(MatchedPairsRow.model_fields)


def system_records(shown: Shown) -> Iterator[dict[str, str | int | float | None]]:
    """The comparisons of systems that may be shown."""
    for row in shown.system_comparisons:
        record = row.model_dump(mode="json", include=set(PLAIN))
        for part in PARTS:
            found: SystemDifference | None = getattr(row, part)
            if found is not None:
                record |= {f"{part}_{name}": value for name, value in found.model_dump(mode="json").items()}
        yield record


def matched_records(shown: Shown) -> Iterator[dict[str, str | int | float | None]]:
    """MAPSSWE where it may be shown."""
    for row in shown.matched_pairs:
        yield row.model_dump(mode="json")
