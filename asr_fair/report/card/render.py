"""A card as Markdown, HTML and LaTeX, each with the same generated blocks between markers."""

from __future__ import annotations

from collections.abc import Mapping

from asr_fair.fairness.results import Results
from asr_fair.report.card.latex import block_as_latex, prose_as_latex
from asr_fair.report.card.latex_text import as_latex
from asr_fair.report.card.layout import NOT_YET_WRITTEN
from asr_fair.report.card.markdown import block_as_markdown, line_as_markdown, prose_as_markdown
from asr_fair.report.card.model import Card
from asr_fair.report.card.page import build_card
from asr_fair.report.card.text import NOTHING_WRITTEN, HumanText
from asr_fair.report.html import environment, render_page

MARKDOWN, HTML, LATEX = "card.md", "card.html", "card.tex"


def render_cards(card: Card) -> Mapping[str, str]:
    """The text of each file by its name."""
    return {MARKDOWN: as_markdown_card(card), HTML: as_html_card(card), LATEX: as_latex_card(card)}


def render_card(public: Results, text: HumanText = NOTHING_WRITTEN) -> str:
    """The service card as Markdown of results that may be handed out."""
    return as_markdown_card(build_card(public, text))


def render_card_html(public: Results, text: HumanText = NOTHING_WRITTEN) -> str:
    """The service card as HTML of results that may be handed out."""
    return as_html_card(build_card(public, text))


def render_card_tex(public: Results, text: HumanText = NOTHING_WRITTEN) -> str:
    """The service card as LaTeX of results that may be handed out."""
    return as_latex_card(build_card(public, text))


def as_markdown_card(card: Card) -> str:
    """The card as GitHub and others show it."""
    filters = {"md": line_as_markdown, "block": block_as_markdown, "prose": prose_as_markdown}
    return _text("card.md.jinja", card, filters)


def as_latex_card(card: Card) -> str:
    """The card as a document for pdflatex and its successors."""
    filters = {"tex": as_latex, "block": block_as_latex, "prose": prose_as_latex}
    return _text("card.tex.jinja", card, filters)


def as_html_card(card: Card) -> str:
    """The card as one page without scripts."""
    return render_page("card.html.jinja", card, handed_out=True, not_yet_written=NOT_YET_WRITTEN)


def _text(template: str, card: Card, filters: Mapping[str, object]) -> str:
    return environment().get_template(template).render(page=card, not_yet_written=NOT_YET_WRITTEN, **filters)
