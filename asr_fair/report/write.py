"""The report's files."""

from __future__ import annotations

from pathlib import Path

from asr_fair.fairness.results import Results
from asr_fair.files import write_text
from asr_fair.report.html import render_card, render_card_html, render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables


def report_files(results: Results) -> dict[str, str]:
    """Text of each file by its name in the run directory, the report first."""
    texts = {
        "report.html": render_html(results),
        "card.md": render_card(results),
        "card.html": render_card_html(results),
    }
    return texts | {f"tables/{name}": text for name, text in csv_tables(shown_in_report(results)).items()}


def write_report(results: Results, out_dir: Path) -> list[Path]:
    """Write report.html, card.md, card.html and tables/*.csv; returns their paths, the report first.

    Everything is rendered before the first file is touched, so a failure leaves the old files whole.
    """
    texts = report_files(results)
    (out_dir / "tables").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(text, out_dir / name)
    return [out_dir / name for name in texts]
