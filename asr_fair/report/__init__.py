"""Report, service card and tables, all made from `Results` alone."""

from asr_fair.report.card import render_card, render_card_html, render_card_tex
from asr_fair.report.html import render_html
from asr_fair.report.write import write_report

__all__ = ["render_card", "render_card_html", "render_card_tex", "render_html", "write_report"]
