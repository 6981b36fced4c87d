"""The report's files, each written under a temporary name and renamed."""

from __future__ import annotations

from pathlib import Path

from asr_fair.fairness.results import Results
from asr_fair.report.csv_tables import csv_tables
from asr_fair.report.html import render_card, render_card_html, render_html
from asr_fair.report.redact import shown_in_report


def write_report(results: Results, out_dir: Path) -> list[Path]:
    """Write report.html, card.md, card.html and tables/*.csv; returns their paths, the report first.

    Everything is rendered before the first file is touched, so a failure leaves the old files whole.
    """
    texts = {
        "report.html": render_html(results),
        "card.md": render_card(results),
        "card.html": render_card_html(results),
    }
    texts |= {f"tables/{name}": text for name, text in csv_tables(shown_in_report(results)).items()}
    return [_write_text(out_dir / name, text) for name, text in texts.items()]


def _write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8", newline="")
    return temporary.replace(path)
