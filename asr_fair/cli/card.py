"""`asr-fair card RUN`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asr_fair.cli.messages import say_files
from asr_fair.cli.terminal import say
from asr_fair.errors import MismatchError

if TYPE_CHECKING:
    from asr_fair.pipeline.card import CheckedCard, WrittenCard


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--text",
    type=click.Path(path_type=Path),
    help="File of human text. Without: card_text.md in RUN, which is made with questions to answer, and "
    "which `report`, `score` and `run` use as well.",
)
@click.option(
    "--min-speakers",
    type=click.IntRange(1),
    help="Hide groups of fewer speakers; not less than the analysis plan says. The card keeps it.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a card does not match the results.")
@click.option(
    "--card", "card_file", type=click.Path(path_type=Path), help="With --check: a card that lies elsewhere."
)
def card(run: Path, text: Path | None, min_speakers: int | None, check: bool, card_file: Path | None) -> None:
    """Write the service card of a run, or check one: card.md, card.html, card.tex.

    Figures come from the results, in blocks between markers; all else is yours, in a file of its own that is
    never written over.
    """
    from asr_fair.pipeline.card import check_card, write_card

    if check:
        _say_checked(check_card(run, text=text, card=card_file, fewest=min_speakers))
        return
    if card_file is not None:
        msg = "--card goes with --check: cards are written into RUN"
        raise click.UsageError(msg)
    _say_written(write_card(run, text=text, fewest=min_speakers))
    if text is not None:
        click.echo(
            "note: report, score and run do not know of --text: they write the cards with card_text.md in "
            f"{run}. To keep this text, copy {text} there under that name",
            err=True,
        )


def _say_written(written: WrittenCard) -> None:
    for problem in written.problems:
        say(f"warning: {problem}", err=True)
    if not written.may_be_shared:
        say(
            "warning: the permitted_use of this data does not hold share_results: the card says on top that "
            "it must not be shared",
            err=True,
        )
    if written.text_created is not None:
        where = os.path.relpath(written.text_created)
        say(f"Write your text in {where}, then run this again.", err=True)
    if written.unwritten:
        say(
            f"Not yet written: {len(written.unwritten)} of {written.n_headings} texts "
            f"({', '.join(written.unwritten)})",
            err=True,
        )
    say_files(written.files)


def _say_checked(checked: CheckedCard) -> None:
    for note in checked.notes:
        say(f"note: {note}", err=True)
    for path, found in checked.differences.items():
        for one in found:
            say(f"{os.path.relpath(path)}: block {one.block} {one.what}")
            if one.diff:
                say(one.diff)
    if checked.differences:
        n_blocks = sum(map(len, checked.differences.values()))
        msg = (
            f"{n_blocks} blocks in {len(checked.differences)} of {len(checked.files)} cards do not match the "
            "results. Write the cards again with asr-fair card, without --check"
        )
        raise MismatchError(msg)
    say(f"{', '.join(map(os.path.relpath, checked.files))}: every generated block matches the results")
