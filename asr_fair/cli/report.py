"""`asr-fair report RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.messages import say_files


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--share",
    "share_to",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE.zip",
    help="Write a package of results that may be handed out instead: no audio, no transcripts, no names, no "
    "figure of few people. Needs share_results in the permitted_use of the manifest.",
)
@click.option(
    "--min-speakers",
    type=click.IntRange(min=5),
    metavar="K",
    help="With --share: fewest people a figure may rest on (default: the plan's card_min_speakers, 5 at "
    "least; 10 is recommended).",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="With --share: the key of digests, such as one for all runs of a project (default: one in "
    "RUN/private).",
)
def report(run: Path, share_to: Path | None, min_speakers: int | None, key_file: Path | None) -> None:
    """Render the report, the card and the tables of a run directory again, from its results.json."""
    if share_to is None:
        if min_speakers is not None or key_file is not None:
            msg = "--min-speakers and --key-file belong to --share. Add --share DIR"
            raise click.UsageError(msg)
        from asr_fair.pipeline.outputs import render_again

        say_files(render_again(run))
        return
    from asr_fair.pipeline.share import share

    say_files(share(run, share_to, min_speakers=min_speakers, key_file=key_file))
