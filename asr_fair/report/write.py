"""The report's files."""

from __future__ import annotations

from pathlib import Path

from asr_fair.fairness.results import Results
from asr_fair.files import write_text
from asr_fair.report.card import build_card, render_cards
from asr_fair.report.card.layout import TEXT_NAME
from asr_fair.report.card.text import NOTHING_WRITTEN, HumanText, parse_text
from asr_fair.report.html import render_html
from asr_fair.report.redact import shown_in_report
from asr_fair.report.spreadsheets.tables import csv_tables
from asr_fair.validation import read_utf8


def report_files(results: Results, public: Results, human: HumanText = NOTHING_WRITTEN) -> dict[str, str]:
    """Text of each file by its name in the run directory, the report first.

    `public`: what the card is made of, results that may be handed out. `human`: the card's text of people.
    """
    card = build_card(public, human)
    texts = {"report.html": render_html(results), **render_cards(card)}
    return texts | {f"tables/{name}": text for name, text in csv_tables(shown_in_report(results)).items()}


def write_report(results: Results, public: Results, out_dir: Path) -> list[Path]:
    """Write report.html, the card and tables/*.csv; returns their paths, the report first.

    Everything is rendered before the first file is touched, so a failure leaves the old files whole. The card
    is made of `public` and takes its human text from `card_text.md` where there is one.
    """
    texts = report_files(results, public, card_text(out_dir / TEXT_NAME))
    (out_dir / "tables").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_text(text, out_dir / name)
    return [out_dir / name for name in texts]


def card_text(path: Path) -> HumanText:
    """What people wrote in a file; nothing where there is none."""
    return parse_text(read_utf8(path), name=str(path)) if path.is_file() else NOTHING_WRITTEN
