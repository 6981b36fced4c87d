"""`asr-fair noise fit RECORDING`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asr_fair.cli.terminal import say
from asr_fair.recipes.sources import Alarm, Broadband, Cyclic, Source, Tones
from asr_fair.wording import counted

if TYPE_CHECKING:
    from asr_fair.pipeline.noise_fit import FittedProfile


@click.command(name="fit")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Profile to write; my_profiles/<id>.yaml if not given."
)
@click.option(
    "--id", "profile_id", metavar="ID", help="Id of the profile; by default the name of --out or RECORDING."
)
@click.option("--title", help="Title of the profile.")
@click.option("--licence", help="Licence of the recording, and so of what is made from it.")
@click.option(
    "--picture", type=click.Path(path_type=Path), help="PNG to write: recording and profile, to compare."
)
@click.option("--force", is_flag=True, help="Replace a profile that is there already.")
def fit(
    recording: Path,
    out: Path | None,
    profile_id: str | None,
    title: str | None,
    licence: str | None,
    picture: Path | None,
    *,
    force: bool,
) -> None:
    """Turn the recording of a place into a noise profile.

    Finds tones with their harmonics, how often they pulse and for how long, alarms, noise that comes and
    goes, and the noise floor in thirds of an octave. Any sample rate, 1 s to 10 min; analysed as mono at
    16 kHz. Record 10 s or more, without speech: a profile has no words, and single events are left out.
    """
    from asr_fair.cli.messages import say_files
    from asr_fair.pipeline.noise_fit import (
        fit_recording,
        refuse_existing,
        refuse_id,
        write_comparison,
        write_profile,
    )

    name = profile_id or (out.stem if out else _id_from(recording.stem))
    target = out or Path("my_profiles") / f"{name}.yaml"
    if target.stem != name or target.suffix != ".yaml":
        msg = f"--out must be called {name}.yaml: a profile's file has the name of its id."
        raise click.UsageError(msg)
    refuse_id(name)
    if not force:
        refuse_existing(target)
    fitted = fit_recording(recording, profile_id=name, title=title, licence=licence)
    write_profile(fitted, target)
    for line in _table(fitted):
        say(line)
    for warning in fitted.warnings:
        say(f"warning: {warning}", err=True)
    if licence is None:
        say("warning: no --licence given: the profile says that it is unknown", err=True)
    if picture is not None:
        write_comparison(fitted, picture)
    say_files([target] if picture is None else [target, picture])


def _id_from(stem: str) -> str:
    """A file's name as an id: small letters, digits, '-' and '_'."""
    return re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_") or "fitted"


def _table(fitted: FittedProfile) -> Iterator[str]:
    found, alike = fitted.fit, fitted.resemblance
    tonal = f"tones hold {found.tonal_share:.0%} of the energy"
    yield f"{found.duration_s:.1f} s, analysed as mono at 16 kHz; {tonal}"
    for source in found.sources:
        yield f"  {source.kind:<10} {source.level_db:6.1f} dB  {in_words(source)}"
    yield (
        f"Rendered, its thirds of an octave lie {alike.mean_db:.1f} dB from the recording's in the mean, "
        f"at most {alike.largest_db:+.1f} dB (at {alike.largest_at_hz:g} Hz)"
    )


def in_words(source: Source) -> str:
    """The figures of a source that people ask for first."""
    match source:
        case Tones():
            sounding = sum(level > -100 for level in source.harmonics_db)
            tones = f"{source.fundamental_hz:g} Hz, {sounding} of {len(source.harmonics_db)} harmonics"
            if source.duty == 1:
                return f"{tones}, steady"
            return f"{tones}, {source.repetition_hz:g} pulses a second, duty {source.duty:g}"
        case Alarm():
            groups = f"{source.groups_per_burst} x " if source.groups_per_burst > 1 else ""
            pulses = f"{groups}{counted(source.pulses_per_group, 'pulse')} of {source.pulse_s:.3f} s"
            return f"{source.fundamental_hz:g} Hz, {pulses}, every {source.burst_period_s:g} s"
        case Cyclic():
            return f"noise every {source.period_s:g} s, duty {source.duty:g}"
        case Broadband():
            return f"noise in {len(source.bands_db)} bands, level varies by {source.variation_db:g} dB"
        case _:
            return ""
