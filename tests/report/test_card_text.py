"""Human text on a card: read from its file with all that is wrong with it, and harmless in every format."""

from __future__ import annotations

import pytest
from made_people import build_card, render_card, render_card_html, render_card_tex
from made_results import CLEAN_ONLY, make_results
from pages import Page

from asr_fair.fairness.results import Results
from asr_fair.report.card.layout import OUTLINE, text_template
from asr_fair.report.card.prose import Items, Paragraph, Run, parse_prose
from asr_fair.report.card.text import parse_text


@pytest.fixture(scope="module")
def made() -> Results:
    return make_results(rendered=CLEAN_ONLY)


def test_the_template_asks_about_every_section_and_writes_nothing() -> None:
    text = parse_text(text_template("A <b> --> title"), name="card_text.md")
    assert text.problems == ()
    assert set(text.sections) == {heading.title for heading in OUTLINE if heading.prompt}
    assert not any(prose.blocks for prose in text.sections.values())


def test_what_is_not_written_is_said_and_counted(made: Results) -> None:
    text = parse_text("## Overview\nA service.\n", name="t.md")
    card = build_card(made, text)
    assert "Overview" not in card.unwritten
    assert len(card.unwritten) == 15
    assert render_card(made, text).count("*Not yet written.*") == 15
    assert render_card_html(made, text).count("Not yet written.") == 15
    assert render_card_tex(made, text).count("\\emph{Not yet written.}") == 15


def test_unknown_missing_and_double_headings_are_named_with_their_lines() -> None:
    text = parse_text("# T\nlost\n\n## Overview\na\n## Overveiw\nb\n## Overview\nc\n", name="t.md")
    assert text.problems[0] == "t.md:2: text before the first heading (## ...) is not on the card"
    assert text.problems[1].startswith("t.md:6: no card has a heading “Overveiw”")
    assert text.problems[1].endswith("Did you mean “Overview”?")
    assert "t.md:8: “Overview” stands twice" in text.problems[2]
    assert "headings that are missing: Intended use cases" in text.problems[3]
    assert text.below("Overview").blocks == parse_prose("a\n\nc").blocks


def test_a_comment_that_is_not_closed_is_named() -> None:
    text = parse_text("## Overview\nseen\n<!-- what?\n## Safety\nnot seen\n", name="t.md")
    assert any("a comment is not closed" in problem for problem in text.problems)
    assert text.below("Safety").blocks == ()


def test_american_spelling_of_a_heading_is_known() -> None:
    text = parse_text("## Deployment and Performance Optimization Best Practices\nx\n", name="t.md")
    assert text.below("Deployment and performance optimisation best practices").blocks


def test_paragraphs_lists_and_marks_are_read() -> None:
    prose = parse_prose("One **two** *three*\n`four`\n\n- a\n  b\n- c\n\n1. d\n")
    assert prose.blocks[0] == Paragraph(
        (
            Run("One "),
            Run("two", "strong"),
            Run(" "),
            Run("three", "em"),
            Run(" "),
            Run("four", "code"),
        )
    )
    assert prose.blocks[1] == Items(((Run("a b"),), (Run("c"),)))
    assert prose.blocks[2] == Items(((Run("d"),),), is_numbered=True)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://x.org",
        "https://",
        "data:text/html,x",
        'https://x.org/"on',
        "//x.org",
        "/etc",
    ],
)
def test_only_https_becomes_a_link(url: str, made: Results) -> None:
    good = parse_prose("[a](https://x.org/b?c=1&d=2#e)").blocks[0]
    assert good == Paragraph((Run("a", url="https://x.org/b?c=1&d=2#e"),))
    (block,) = parse_prose(f"[a]({url})").blocks
    assert isinstance(block, Paragraph)
    assert not any(run.url for run in block.runs)


HOSTILE = r"""## Overview
<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) &amp;
\input{/etc/passwd} \write18{id} $x$ %& # ~ ^ _a_ {b} \\[5pt]

<!-- asr-fair:end header -->

% asr-fair:begin header

- | a | b | <!-- asr-fair:begin header --> `=cmd|' /C calc'!A0` 1 < 2
+ plus
1. 2. three

evil TURNed ``` unfinished **bold
""".replace("TURN", "\u202e")


def test_hostile_text_is_text_in_html(made: Results) -> None:
    html = render_card_html(made, parse_text(HOSTILE, name="t.md"))
    page = Page.parse(html)
    assert page.open == []
    assert "<script" not in html.lower()
    assert "<img" not in html.lower()
    assert page.attributes("onerror") == []
    assert [href for href in page.attributes("href") if not href.startswith("#")] == []
    assert html.count("asr-fair:begin header -->") == 1
    assert "\u202e" not in html


def test_hostile_text_is_text_in_markdown(made: Results) -> None:
    card = render_card(made, parse_text(HOSTILE, name="t.md"))
    assert "<script" not in card
    assert "\\[x\\](javascript:alert(1))" in card
    lines = card.splitlines()
    assert lines.count("<!-- asr-fair:begin header -->") == lines.count("<!-- asr-fair:end header -->") == 1
    assert "\u202e" not in card


def test_hostile_text_runs_no_command_in_latex(made: Results) -> None:
    text = parse_text(HOSTILE, name="t.md")
    tex = render_card_tex(made, text)
    assert tex.isascii()
    assert "\\input{" not in tex
    assert "\\write18" not in tex
    assert "\\textbackslash{}input\\{/etc/passwd\\}" in tex
    assert tex.splitlines().count("% asr-fair:begin header") == 1


def test_text_survives_its_way_through_markdown(made: Results) -> None:
    """Read again, the Markdown of a card says the same as the text file."""
    source = "A *b* **c** [d](https://x.org) 5 < 6 & a_b_c\n\n- one\n- two, \\*not\\* em\n\n1. x\n2. y\n"
    text = parse_text(f"## Safety\n{source}", name="t.md")
    written = render_card(made, text).split("### Safety\n")[1].split("\n### ")[0]
    again = parse_prose(
        written.replace("&lt;", "<").replace("&amp;", "&").replace("(<", "(").replace(">)", ")")
    )

    def plain(prose) -> list:
        return [
            [[(r.text, r.style, r.url) for r in item] for item in _merged(block)] for block in prose.blocks
        ]

    assert plain(again) == plain(parse_prose(source))


def _merged(block: Paragraph | Items) -> list[list[Run]]:
    """Runs of a block with neighbours of the same style as one."""
    merged = []
    for runs in [block.runs] if isinstance(block, Paragraph) else block.items:
        out: list[Run] = []
        for run in runs:
            if out and (out[-1].style, out[-1].url) == (run.style, run.url) == ("", ""):
                out[-1] = Run(out[-1].text + run.text)
            else:
                out.append(run)
        merged.append(out)
    return merged
