"""Report, service card and tables, all made from `Results` alone."""

from asr_fair.report.html import render_card, render_card_html, render_html
from asr_fair.report.write import write_report

__all__ = ["render_card", "render_card_html", "render_html", "write_report"]
