"""`asr-fair plan MANIFEST`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.terminal import say


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Run configuration: its plan, conditions, headline normaliser and `expected`.",
)
@click.option(
    "--from",
    "run",
    type=click.Path(path_type=Path),
    help="Finished run whose error rate and spread between speakers are assumed.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="JSON file to write, too.")
def plan(manifest: Path, config: Path | None, run: Path | None, json_path: Path | None) -> None:
    """What MANIFEST could show before anything is transcribed, and whom to record next.

    Speakers, utterances and words of every group; tags that cannot be told apart; the smallest difference
    that this data could show, and how many speakers are missing for smaller ones.
    """
    from asr_fair.cli.plan_text import in_words
    from asr_fair.files import write_text
    from asr_fair.pipeline.plan_ahead import assumptions_from, plan_ahead, planned

    given = planned(config)
    outlook, warnings = plan_ahead(
        manifest,
        given.plan,
        normalisers=given.normalisers,
        conditions=given.conditions,
        assumptions=given.assumptions if run is None else assumptions_from(run),
    )
    for warning in warnings:
        say(f"warning: {warning}", err=True)
    for line in in_words(outlook):
        say(line)
    if json_path is not None:
        write_text(outlook.model_dump_json(indent=1) + "\n", json_path)
