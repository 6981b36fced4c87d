"""`asr-fair import folder SRC --table FILE --out M`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asr_fair.cli.key_values import key_values
from asr_fair.cli.permitted_use import permitted_use_option
from asr_fair.cli.terminal import say
from asr_fair.errors import FAULTS_SHOWN
from asr_fair.wording import counted

if TYPE_CHECKING:
    from asr_fair.manifest.folder import FolderSummary


def _bins(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    starts: dict[str, tuple[float, ...]] = {}
    for column, text in key_values(context, parameter, values).items():
        try:
            numbers = tuple(float(each) for each in text.split(","))
        except ValueError:
            numbers = ()
        if not numbers or list(numbers) != sorted(set(numbers)):
            msg = f"{text!r} must be rising numbers with commas between them, as in age=18,40,65"
            raise click.BadParameter(msg)
        starts[column] = numbers
    return starts


@click.command()
@click.argument("folder", metavar="SRC", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Manifest to write.")
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="Who said what: CSV (commas, semicolons, tabs), TSV, JSONL or Parquet. Without one, a .txt file "
    "beside each recording holds its words.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ROLE=COLUMN",
    callback=key_values,
    help="Which column of the table is the manifest's audio, reference, speaker_id, utterance_id, start_s, "
    "duration_s, language or cluster, where its name does not say so.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="COLUMN=SOURCE",
    callback=key_values,
    help="A column of tags, and where its labels come from: self_report, corpus_metadata, annotator, "
    "device_log or synthetic. Never inferred.",
)
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="Leave a column out.")
@click.option(
    "--bins",
    multiple=True,
    metavar="COLUMN=N,N,...",
    callback=_bins,
    help="Where bands of a number begin, as in --bins age=18,40,65.",
)
@click.option(
    "--several",
    multiple=True,
    metavar="COLUMN=TEXT",
    callback=key_values,
    help="What stands between several answers in one cell, besides '|'.",
)
@click.option("--declined", multiple=True, metavar="TEXT", help="An answer that means: declined.")
@click.option(
    "--blank", "blanks", multiple=True, metavar="TEXT", help="An answer that means: not known, such as NA."
)
@click.option("--keep-speaker-ids", is_flag=True, help="No pseudonyms for speakers.")
@click.option("--keep-file-names", is_flag=True, help="Call utterances as their recordings.")
@click.option("--ignore-folders", is_flag=True, help="Overlook folders in the table's names of recordings.")
@click.option("--encoding", help="Of the table, where it is neither UTF-8 nor Windows text.")
@click.option("--name", help="Of a new sidecar; the manifest's name if not given.")
@click.option("--language", help="Code such as en, for a new sidecar.")
@permitted_use_option
def folder(folder: Path, out: Path, permitted_use: tuple[str, ...], **given: Any) -> None:
    """Make a manifest of the recordings in SRC, with all folders in it, and a table of who said what.

    The table's names of recordings are matched loosely (case, ending, leading folders, spaces and signs,
    leading zeros, Unicode form), and only where no other recording could be meant; what did not match is
    listed. Speakers and utterances get pseudonyms. A sidecar beside --out stays as it is, and rules.
    """
    from asr_fair.manifest.folder import FolderOptions, import_folder

    if permitted_use:
        given["permitted_use"] = permitted_use
    _say(import_folder(folder, out, FolderOptions(**given)))


def _say(summary: FolderSummary) -> None:
    for each in summary.taken:
        say(f"taken: {each}", err=True)
    for note in summary.notes:
        say(f"note: {note}", err=True)
    for title, lines in summary.left_out.items():
        say(f"warning: left out, {title}: {len(lines):,}", err=True)
        for line in lines[:FAULTS_SHOWN]:
            say(f"  {line}", err=True)
        if len(lines) > FAULTS_SHOWN:
            more = f"and {len(lines) - FAULTS_SHOWN:,} more; all of them are in {summary.listing}"
            say(f"  ... {more}", err=True)
    say(f"{counted(summary.n_utterances, 'utterance')}, {counted(summary.n_speakers, 'speaker')}")
    kept = "" if summary.sidecar_is_new else " (was there, and stays as it is)"
    say(f"  {summary.manifest}")
    say(f"  {summary.sidecar}{kept}")
    say(f"  {summary.listing} (private: what matched loosely or not at all)")
    if summary.key is not None:
        say(f"  {summary.key} (private: the key of the pseudonyms)")
