"""The service card: what may be handed out, in the layout of AWS AI Service Cards."""

from asr_fair.report.card.page import build_card
from asr_fair.report.card.render import render_card, render_card_html, render_card_tex, render_cards

__all__ = ["build_card", "render_card", "render_card_html", "render_card_tex", "render_cards"]
