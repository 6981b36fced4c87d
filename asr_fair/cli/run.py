"""`asr-fair run CONFIG`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asr_fair.cli.messages import say_finished
from asr_fair.cli.progress import ProgressBars
from asr_fair.cli.terminal import say

if TYPE_CHECKING:
    from asr_fair.config import RunConfig
    from asr_fair.pipeline.clip_shares import GroupShares


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Run directory, instead of the configuration's.")
@click.option("--processes", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--scheduler", help="Address of a running Dask scheduler, such as tcp://10.0.0.1:8786.")
@click.option(
    "--allow-bad-audio", is_flag=True, help="Count unusable recordings as lost instead of stopping."
)
@click.option("--no-cache", is_flag=True, help="Transcribe all, and keep no transcript for other runs.")
@click.option(
    "--dry-run", is_flag=True, help="Check everything, print what would be done and who meets what, and stop."
)
def run(
    config: Path,
    out: Path | None,
    processes: int | None,
    scheduler: str | None,
    allow_bad_audio: bool,
    no_cache: bool,
    dry_run: bool,
) -> None:
    """Run all stages of CONFIG, from the manifest to the report.

    The same command continues a run that was stopped. What another run beside it has transcribed already
    (the same audio in the same condition, the same system) is taken from there.
    """
    from asr_fair.config import Workers, read_config

    settings = read_config(config)
    given = {key: value for key, value in {"processes": processes, "scheduler": scheduler}.items() if value}
    settings = settings.model_copy(
        update={
            "output": out or settings.output,
            "cache": False if no_cache else settings.cache,
            "workers": Workers(**(settings.workers.model_dump() | given)),
        }
    )
    if dry_run:
        _say_plan(settings, allow_bad_audio)
        return
    from asr_fair.pipeline.run import run as run_pipeline

    with ProgressBars() as progress:
        finished = run_pipeline(
            settings, allow_bad_audio=allow_bad_audio, progress=progress, tell=progress.say
        )
    say_finished(finished)


def _say_plan(settings: RunConfig, allow_bad_audio: bool) -> None:
    """Conditions, how much work they are, and the share of each clip in each group."""
    from asr_fair.pipeline.clip_shares import CHANCE, clip_shares
    from asr_fair.pipeline.forecast import forecast
    from asr_fair.pipeline.prepare import prepare
    from asr_fair.pipeline.transcribe import done_before

    with ProgressBars() as progress:
        prepared = prepare(settings, allow_bad_audio=allow_bad_audio, progress=progress)
    for condition in prepared.conditions:
        say(f"{condition.name}: {condition.title} ({condition.digest[:12]})")
    say(str(forecast(prepared, *done_before(prepared))))
    shares = clip_shares(prepared.manifest, prepared.conditions, settings.seed)
    for bank, of_bank in groupby(shares, key=lambda each: each.bank):
        groups = list(of_bank)
        say(f"{bank}: everyone meets {_shares_in_words(groups[0].everyone)}")
        for each in groups:
            say(f"  {each.dimension}={each.group} ({each.n_utterances} utterances): {_dealt(each)}")
    if any(each.imbalanced for each in shares):
        say(
            f"warning: where shares are uneven (fair draws are in {CHANCE:.0%} of groups), a difference "
            "between groups may be one between what they met. Another seed, more utterances, or a bank of "
            "fewer sounds, even it out",
            err=True,
        )


def _dealt(group: GroupShares) -> str:
    """What stands out in a group."""
    if not group.imbalanced:
        return "evenly"
    return "uneven: " + _shares_in_words({clip: group.shares[clip] for clip in group.imbalanced})


def _shares_in_words(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{clip} {share:.0%}" for clip, share in shares.items())
