"""The files of a comparison."""

from __future__ import annotations

from pathlib import Path

from asr_fair.fairness.results import ComparedRuns, write_compared
from asr_fair.files import write_text
from asr_fair.report.html import render_comparison
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.systems import (
    MATCHED_COLUMNS,
    SYSTEM_COLUMNS,
    matched_records,
    system_records,
)
from asr_fair.report.spreadsheets.tables import LOSS_COLUMNS, loss_records, to_csv

PAGE_NAME, JSON_NAME = "compare.html", "compare.json"


def write_comparison(compared: ComparedRuns, out_dir: Path) -> list[Path]:
    """Write compare.html, compare.json with its schema, and tables/*.csv; returns what to open.

    Everything is rendered before the first file is touched, so a failure leaves old files whole.
    """
    shown = shown_in_report(compared.results)
    texts = {
        PAGE_NAME: render_comparison(compared),
        "tables/compare.csv": to_csv(SYSTEM_COLUMNS, system_records(shown)),
        "tables/matched_pairs.csv": to_csv(MATCHED_COLUMNS, matched_records(shown)),
        "tables/left_out.csv": to_csv(LOSS_COLUMNS, loss_records(shown)),
    }
    (out_dir / "tables").mkdir(parents=True, exist_ok=True)
    write_compared(compared, out_dir / JSON_NAME)
    for name, text in texts.items():
        write_text(text, out_dir / name)
    return [out_dir / name for name in (*texts, JSON_NAME)]
