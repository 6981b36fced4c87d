"""`asr-fair import CORPUS SRC --out M`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.wording import counted


def _key_values(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    options: dict[str, str] = {}
    for value in values:
        key, equals, setting = value.partition("=")
        if not key or not equals:
            msg = f"{value!r} is not of the form KEY=VALUE"
            raise click.BadParameter(msg)
        if key in options:
            msg = f"{key!r} is given twice"
            raise click.BadParameter(msg)
        options[key] = setting
    return options


@click.command(name="import")
@click.argument("corpus")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Manifest to write (.jsonl, .csv, .tsv, .parquet).",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_key_values,
    help="Option of the corpus, such as groups=all for edacc; repeat for several.",
)
def import_(corpus: str, source: Path, out: Path, options: dict[str, str]) -> None:
    """Turn a public corpus into a manifest: speechocean762, edacc or artie."""
    from asr_fair.manifest.corpora import import_corpus

    summary = import_corpus(corpus, source, out, **options)
    for note in summary.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{counted(summary.n_utterances, 'utterance')}, {counted(summary.n_speakers, 'speaker')}")
    for path in (summary.manifest, summary.sidecar, summary.transcripts):
        if path is not None:
            click.echo(f"  {path}")
