"""`asr-fair batch-check CONFIG`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from asr_fair.cli.progress import ProgressBars
from asr_fair.cli.terminal import say

if TYPE_CHECKING:
    from asr_fair.pipeline.batch_check import BatchCheck

ENDINGS = (".json", ".csv")


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--batch",
    type=click.IntRange(min=2, max=1024),
    help="30-second windows that go together. Without: as many as a run of CONFIG would take.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    help="Recordings to take, drawn by the configuration's seed and never by a tag. Without: all.",
)
@click.option("--condition", "conditions", multiple=True, help="May be given several times. Without: clean.")
@click.option("--system", "systems", multiple=True, help="May be given several times. Without: all.")
@click.option(
    "--run",
    "folder",
    type=click.Path(path_type=Path),
    help="Finished run of which to tell, too, what was made in another batch size than planned.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Table to write, too: .json or .csv.")
@click.option("--processes", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--allow-bad-audio", is_flag=True, help="Leave out unusable recordings instead of stopping.")
def batch_check(
    config: Path,
    batch: int | None,
    sample: int | None,
    conditions: tuple[str, ...],
    systems: tuple[str, ...],
    folder: Path | None,
    out: Path | None,
    processes: int | None,
    allow_bad_audio: bool,
) -> None:
    """Does it change a text how many recordings go through the recogniser together, and for whom?

    Transcribes the recordings of CONFIG twice, one at a time and in batches, and counts for every group how
    many transcripts differ and by how many words: what a gap between groups may owe to batches alone. It
    costs about two runs of the conditions named; --sample makes it cheaper. The run directory of CONFIG is
    neither read nor written.
    """
    from asr_fair.cli.batch_check_text import in_words, other_sizes_in_words
    from asr_fair.config import Workers, read_config
    from asr_fair.pipeline.batch_check import check_batches
    from asr_fair.pipeline.batch_sizes import other_sizes
    from asr_fair.records import CLEAN

    if out is not None:
        _check_out(out)
    settings = read_config(config)
    if processes:
        workers = Workers(**(settings.workers.model_dump() | {"processes": processes}))
        settings = settings.model_copy(update={"workers": workers})
    of_run = None if folder is None else other_sizes(folder)
    with ProgressBars() as progress:
        check = check_batches(
            settings,
            batch=batch,
            sample=sample,
            systems=systems,
            conditions=conditions or (CLEAN,),
            allow_bad_audio=allow_bad_audio,
            progress=progress,
        )
    for warning in check.warnings:
        say(f"warning: {warning}", err=True)
    for line in in_words(check):
        say(line)
    if of_run is not None:
        say("")
        for line in other_sizes_in_words(str(folder), of_run):
            say(line)
    if out is not None:
        _write(check, out)


def _check_out(out: Path) -> None:
    if out.suffix not in ENDINGS:
        msg = f"--out {out}: must end in {' or '.join(ENDINGS)}"
        raise click.UsageError(msg)
    if not out.parent.is_dir():
        msg = f"--out {out}: there is no folder {out.parent}. Make it first"
        raise click.UsageError(msg)


def _write(check: BatchCheck, out: Path) -> None:
    from asr_fair.cli.batch_check_text import as_csv, as_json
    from asr_fair.files import write_text

    write_text(as_json(check) if out.suffix == ".json" else as_csv(check), out)
