"""`asr-fair check MANIFEST`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.progress import ProgressBars
from asr_fair.cli.terminal import say
from asr_fair.errors import FaultsError


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--no-audio", is_flag=True, help="The table and its sidecar only, as `score` needs them.")
@click.option("--allow-bad-audio", is_flag=True, help="Print unusable recordings, but do not fail on them.")
def check(manifest: Path, no_audio: bool, allow_bad_audio: bool) -> None:
    """Find every fault of MANIFEST and its audio at once: file, line, field, value and remedy."""
    from asr_fair.manifest.check import read_faulty_manifest

    found = "no faults"
    table, faults, warnings = read_faulty_manifest(manifest, need_audio=not no_audio)
    for warning in warnings:
        say(f"warning: {warning}", err=True)
    if not no_audio:
        from asr_fair.pipeline.prepare import audio_faults, probe_all

        with ProgressBars() as progress:
            bad_audio = audio_faults(table, probe_all(table, progress=progress))
        if allow_bad_audio:
            for fault in bad_audio:
                say(f"warning: {fault}", err=True)
            found = f"{len(bad_audio)} unusable recordings" if bad_audio else found
        else:
            faults += tuple(bad_audio)
    if faults:
        raise FaultsError(faults, shown=len(faults))
    speakers = table.table["speaker_id"].nunique()
    say(f"{manifest}: {len(table.table)} utterances, {speakers} speakers, {found}")
    for name, spec in table.sidecar.dimensions.items():
        sizes = table.table[name].explode().value_counts().sort_index()
        listed = ", ".join(f"{group} {size}" for group, size in sizes.items())
        say(f"  {name} ({spec.source.value}, per {spec.level}): {listed}")
