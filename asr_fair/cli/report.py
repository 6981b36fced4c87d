"""`asr-fair report RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.messages import say_files


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Render the report, the card and the tables of a run directory again, from its results.json."""
    from asr_fair.pipeline.outputs import render_again

    say_files(render_again(run))
