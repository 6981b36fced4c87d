"""The normaliser as a factor, for a spreadsheet: shifts with their verdicts, and shares of words altered."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.fairness.results import NormaliserTrace
from asr_fair.report.cells import NORMALISER_SHIFT, NORMALISER_SHIFT_DIFFERENCE
from asr_fair.report.redact import Shown
from asr_fair.report.spreadsheets.cells import KEY_COLUMNS, Record, Value, cell_keys, with_bounds

MEASURES = (NORMALISER_SHIFT, NORMALISER_SHIFT_DIFFERENCE)
SHIFT_COLUMNS = (
    *KEY_COLUMNS,
    "versus",
    *(f"{measure}{bound}" for measure in MEASURES for bound in ("", "_low", "_high")),
    "verdict",
    "robust",
    "robust_reason",
)
TRACE_COLUMNS = (
    *(name for name in NormaliserTrace.model_fields if name != "rules"),
    "rules",
)


def shift_records(shown: Shown) -> Iterator[Record]:
    """A row for each cell with a shift or a verdict; whether a verdict is robust stands at the headline."""
    for key, versus in cell_keys(shown):
        found: dict[str, Value] = {**with_bounds(NORMALISER_SHIFT, shown.figure(key, NORMALISER_SHIFT))}
        if versus is not None:
            moved = shown.figure(key, NORMALISER_SHIFT_DIFFERENCE, versus)
            found |= with_bounds(NORMALISER_SHIFT_DIFFERENCE, moved)
            comparison, robustness = shown.comparison(key, versus), shown.robust(key, versus)
            if comparison is not None:
                found |= {"versus": versus, "verdict": comparison.verdict.value}
            if robustness is not None:
                found |= {"robust": robustness.robust, "robust_reason": robustness.reason}
        if found:
            yield key._asdict() | found


def trace_records(shown: Shown) -> Iterator[Record]:
    """A row for each trace, with the words that each kind of rule changed; nobody's words."""
    for row in shown.traces:
        rules = "; ".join(f"{rule.rule}: {rule.n_words}" for rule in row.rules)
        yield row.model_dump(exclude={"rules"}) | {"rules": rules}
