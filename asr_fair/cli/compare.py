"""`asr-fair compare A B`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.messages import say_files
from asr_fair.cli.terminal import say


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write. Without: compare-A-to-B beside run B.",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path),
    help="Analysis plan to compare under, marked exploratory unless it is B's own. Without: that of B.",
)
def compare(a: str, b: str, out: Path | None, plan: Path | None) -> None:
    """For whom did errors become fewer or more from A (before, or the baseline) to B (after)?

    A and B are run directories, or RUN:SYSTEM where a run holds several systems; both may be of one run.
    Every change is B less A: below zero, B makes fewer errors. Both are scored again from their texts, on
    the utterances and conditions that both have; whatever is left out is counted by group. Writes
    compare.html, compare.json (private) and tables.
    """
    from asr_fair.cli.compare_text import in_words
    from asr_fair.config import read_plan
    from asr_fair.pipeline.compare_files import compare as compare_pipeline

    written = compare_pipeline(
        a,
        b,
        out=out,
        plan=None if plan is None else read_plan(plan),
        plan_source="plan" if plan is None else str(plan),
    )
    for warning in written.compared.results.warnings:
        say(f"warning: {warning}", err=True)
    for line in in_words(written.compared):
        say(line)
    say("")
    say_files(written.files)
