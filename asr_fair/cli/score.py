"""`asr-fair score`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.messages import say_finished


@click.command()
@click.option(
    "--manifest", required=True, type=click.Path(path_type=Path), help="Who said what (audio not needed)."
)
@click.option(
    "--transcripts",
    required=True,
    type=click.Path(path_type=Path),
    help="Table with utterance_id and text; system, condition and error if you have them.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Run directory to write.")
@click.option("--system", default="system", show_default=True, help="Name of the system, if no column says.")
@click.option(
    "--normaliser",
    "normalisers",
    multiple=True,
    help="Repeat for several; the first is the headline. Without: all that suit the manifest's languages.",
)
@click.option("--plan", type=click.Path(path_type=Path), help="Analysis plan: YAML with `plan:` or its keys.")
@click.option("--max-loss", default=0.02, show_default=True, type=click.FloatRange(0, 1))
def score(
    manifest: Path,
    transcripts: Path,
    out: Path,
    system: str,
    normalisers: tuple[str, ...],
    plan: Path | None,
    max_loss: float,
) -> None:
    """Score transcripts of any system: straight from a table to the report."""
    from asr_fair.config import read_plan
    from asr_fair.pipeline.score import score as score_pipeline

    finished = score_pipeline(
        manifest,
        transcripts,
        out,
        default_system=system,
        normalisers=normalisers or None,
        plan=None if plan is None else read_plan(plan),
        plan_source="plan" if plan is None else str(plan),
        max_loss=max_loss,
    )
    say_finished(finished)
