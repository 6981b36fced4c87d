"""`asr-fair import CORPUS SRC --out M`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.key_values import key_values
from asr_fair.cli.terminal import say
from asr_fair.wording import counted


def _command(corpus: str, what: str) -> click.Command:
    @click.command(name=corpus, help=f"{what}, as it was published, as a manifest.")
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
        callback=key_values,
        help="Option of the corpus, such as groups=all for edacc; repeat for several.",
    )
    def command(source: Path, out: Path, options: dict[str, str]) -> None:
        from asr_fair.manifest.corpora import import_corpus

        summary = import_corpus(corpus, source, out, **options)
        for note in summary.notes:
            say(f"note: {note}", err=True)
        sizes = counted(summary.n_utterances, "utterance"), counted(summary.n_speakers, "speaker")
        say(", ".join(sizes))
        for path in (summary.manifest, summary.sidecar, summary.transcripts):
            if path is not None:
                say(f"  {path}")

    return command


artie = _command("artie", "The Artie Bias Corpus")
edacc = _command("edacc", "The audit of EdAcc's test part")
speechocean762 = _command("speechocean762", "speechocean762")
