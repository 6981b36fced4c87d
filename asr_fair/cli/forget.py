"""`asr-fair forget SPEAKER`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asr_fair.cli.progress import ProgressBars
from asr_fair.cli.terminal import say
from asr_fair.wording import counted

if TYPE_CHECKING:
    from asr_fair.pipeline.forget import RunWithout
    from asr_fair.pipeline.forget_person import Person

OTHERS_SHOWN = 10


@click.command()
@click.argument("speaker")
@click.option("--manifest", required=True, type=click.Path(path_type=Path), help="Who said what.")
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Run directory; repeat for several. Without: all of this manifest under ./runs.",
)
@click.option("--delete-audio", is_flag=True, help="Delete the recordings that hold nobody else, too.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    speaker: str, manifest: Path, runs: tuple[Path, ...], delete_audio: bool, dry_run: bool, yes: bool
) -> None:
    """Remove a person: from the manifest, from its runs, their reports and their cache of transcripts.

    SPEAKER is the name in the manifest, or the one that became a pseudonym when it was imported. Nothing is
    transcribed again. The same command finishes one that was stopped.
    """
    from asr_fair.pipeline.forget import forget as forget_person
    from asr_fair.pipeline.forget_person import find_person

    person = find_person(speaker, manifest, runs or None)
    _say_what_goes(person, looked_for_runs=not runs, delete_audio=delete_audio)
    if dry_run:
        say("Nothing was changed (--dry-run).")
        return
    if not yes:
        click.confirm("Remove all of this? It cannot be undone", abort=True, err=True)
    with ProgressBars() as progress:
        done = forget_person(person, delete_audio=delete_audio, progress=progress)
    _say_done(person, done, delete_audio=delete_audio)


def _say_what_goes(person: Person, *, looked_for_runs: bool, delete_audio: bool) -> None:
    say(f"To be removed: {len(person.ids):,} utterances of one speaker, from")
    for table in (person.manifest, *person.transcripts):
        say(f"  {_near(table.path)}: {table.n_rows:,} rows")
    for run in person.runs:
        say(f"  {_near(run)}: transcripts, counts, results, report, card, tables")
    for each in person.caches:
        beside = f", {each.n_beside:,} of others beside this voice" if each.n_beside else ""
        say(f"  {_near(each.folder)}: {counted(each.n_own, 'transcript')}{beside}")
    if person.sounds.n_unknown:
        say(
            f"warning: {counted(person.sounds.n_unknown, 'recording')} cannot be read any more and no run "
            "holds them, so that the cache cannot be asked for them; if in doubt, delete its folder",
            err=True,
        )
    if not person.runs:
        say("  no run" + (" under ./runs (name others with --run)" if looked_for_runs else ""))
    elif looked_for_runs:
        say("warning: only runs under ./runs were looked at; name others with --run", err=True)
    if delete_audio and person.audio:
        say("Recordings to be deleted:")
        for path in person.audio:
            say(f"  {_near(path)}")


def _say_done(person: Person, done: tuple[RunWithout, ...], *, delete_audio: bool) -> None:
    say("Removed. Backups, copies and what was handed out before are yours to look after.")
    say("A package shared before and one shared now would tell of this person together.")
    for run in done:
        _say_run(run)
    left = () if delete_audio else person.audio
    _warn("recordings of this speaker alone are still there (--delete-audio would have deleted them)", left)
    _warn(
        "recordings of others, too, behind a link or outside of the audio root were left",
        person.other_audio,
    )
    _warn("these files may name this speaker; look at them, or delete them", person.elsewhere)


def _say_run(run: RunWithout) -> None:
    if run.files:
        say(f"Made again: {_near(run.files[0])} and {len(run.files) - 1} other files")
    if run.not_analysed is not None:
        say(
            f"warning: {run.folder}: results and report are removed and could not be made again: "
            f"{run.not_analysed}",
            err=True,
        )
    if run.heard_in:
        say(
            f"warning: {run.folder}: others were transcribed with this voice in the babble of "
            f"{', '.join(run.heard_in)}. No sound of it is stored; their transcripts are as they were",
            err=True,
        )
    _warn(
        f"{run.folder}: these files were made before, with this speaker; make them again or delete them",
        run.others,
    )


def _warn(words: str, places: tuple[Path, ...] | tuple[str, ...]) -> None:
    if not places:
        return
    say(f"warning: {words}:", err=True)
    for place in places[:OTHERS_SHOWN]:
        say(f"  {place}", err=True)
    if len(places) > OTHERS_SHOWN:
        say(f"  ... and {len(places) - OTHERS_SHOWN} more", err=True)


def _near(path: Path) -> str:
    return os.path.relpath(path)
