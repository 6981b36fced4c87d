"""`asr-fair run CONFIG`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.messages import say_finished
from asr_fair.cli.progress import ProgressBars


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Run directory, instead of the configuration's.")
@click.option("--processes", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--scheduler", help="Address of a running Dask scheduler, such as tcp://10.0.0.1:8786.")
@click.option(
    "--allow-bad-audio", is_flag=True, help="Count unusable recordings as lost instead of stopping."
)
def run(
    config: Path, out: Path | None, processes: int | None, scheduler: str | None, allow_bad_audio: bool
) -> None:
    """Run all stages of CONFIG, from the manifest to the report.

    The same command continues a run that was stopped.
    """
    from asr_fair.config import Workers, read_config
    from asr_fair.pipeline.run import run as run_pipeline

    settings = read_config(config)
    given = {key: value for key, value in {"processes": processes, "scheduler": scheduler}.items() if value}
    settings = settings.model_copy(
        update={
            "output": out or settings.output,
            "workers": Workers(**(settings.workers.model_dump() | given)),
        }
    )
    with ProgressBars() as progress:
        finished = run_pipeline(settings, allow_bad_audio=allow_bad_audio, progress=progress)
    say_finished(finished)
