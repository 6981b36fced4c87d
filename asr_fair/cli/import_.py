"""`asr-fair import CORPUS SRC --out M`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="import")
@click.argument("corpus")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Manifest to write (.jsonl, .csv, .tsv, .parquet).",
)
def import_(corpus: str, source: Path, out: Path) -> None:
    """Turn a public corpus into a manifest: speechocean762, edacc or artie."""
    from asr_fair.manifest.corpora import import_corpus

    summary = import_corpus(corpus, source, out)
    for note in summary.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{summary.n_utterances} utterances, {summary.n_speakers} speakers")
    for path in (summary.manifest, summary.sidecar, summary.transcripts):
        if path is not None:
            click.echo(f"  {path}")
