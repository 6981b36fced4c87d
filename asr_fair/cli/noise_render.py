"""`asr-fair noise render [PROFILE]`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asr_fair.cli.terminal import say

if TYPE_CHECKING:
    from asr_fair.pipeline.noise_render import RenderedFiles


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse 'nan' and 'inf': click takes them for numbers, and 'nan' for one in any range."""
    if value is not None and not math.isfinite(value):
        msg = f"{value!r} is not a finite number."
        raise click.BadParameter(msg, ctx, param)
    return value


@click.command()
@click.argument("profile", required=False)
@click.option(
    "--snr", type=float, callback=_finite, metavar="DB", help="Signal-to-noise ratio; needed with speech."
)
@click.option("--room", metavar="ID", help="Room that the speech is spoken in; needs speech.")
@click.option("--handset", metavar="ID", help="Handset that picks up speech and noise; needs speech.")
@click.option("--speech", type=click.Path(path_type=Path), help="Recording to be put under the condition.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    help="Manifest whose voices make the babble, and whose utterances can be named.",
)
@click.option(
    "--utterance-id",
    metavar="ID",
    help="Utterance that everything drawn belongs to. With --manifest and no --speech, its recording is the "
    "speech. Default: the speech file's name without its ending, else 'example'.",
)
@click.option("--profiles", type=click.Path(path_type=Path), help="Folder of your own, looked through first.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The run's seed; 1 if not given.")
@click.option(
    "--duration",
    type=click.FloatRange(min=0.1, max=600),
    callback=_finite,
    metavar="SECONDS",
    help="Length of a noise without speech, 0.1 to 600; 10 if not given.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Where to write; files there are replaced."
)
def render(profile: str | None, out: Path, **options: Any) -> None:
    """Hear and see what a run uses: a sound and its picture.

    With speech: the recording under the condition of PROFILE at --snr, --room and --handset, sample for
    sample as a run with this seed renders the utterance of this id. The picture shows the speech, the noise
    alone and the result.

    Without speech: the noise of PROFILE alone, its sounding part at -26 dBFS. A room and a handset need
    speech: noise joins it after the room, and what a handset does depends on how loud it is.

    Writes <condition>.wav (16 kHz, 32-bit float, never scaled), .png and .json into the folder --out.
    """
    from asr_fair.pipeline.noise_render import RenderRequest, render_to_files

    given = {name: value for name, value in options.items() if value is not None}
    request = RenderRequest(out=out, profile=profile, **given)
    _refuse_contradictions(given, profile, has_speech=request.has_speech)
    _say_done(render_to_files(request))


def _refuse_contradictions(given: dict[str, Any], profile: str | None, *, has_speech: bool) -> None:
    """Raise UsageError for options that make no sense together."""
    if problem := _without_sense(given, profile) if has_speech else _without_speech(given, profile):
        raise click.UsageError(problem)


def _without_sense(given: dict[str, Any], profile: str | None) -> str | None:
    if profile is not None and "snr" not in given:
        return "--snr is missing: by how many dB does the speech lie above the noise?"
    if profile is None and "snr" in given:
        return "--snr needs a noise profile: a ratio of speech to which noise?"
    if profile is None and not given.keys() & {"room", "handset"}:
        return "Name a noise profile, a --room or a --handset: `asr-fair noise list` shows them."
    if "duration" in given:
        return "--duration is for a noise alone: a recording has a length of its own."
    return None


def _without_speech(given: dict[str, Any], profile: str | None) -> str | None:
    for option in ("snr", "room", "handset"):
        if option in given:
            remedy = "Name a recording with --speech, or with --manifest and --utterance-id."
            return f"--{option} needs speech. {remedy}"
    if profile is None:
        return "Name a noise profile: `asr-fair noise list` shows them."
    return None


def _say_done(files: RenderedFiles) -> None:
    from asr_fair.cli.messages import say_files

    record = files.record
    if record.snr_sounding_db is not None:
        say(
            f"SNR {record.snr_sounding_db:.1f} dB while the noise sounds, {record.snr_whole_db:.1f} dB over "
            f"the whole utterance; active speech level {record.speech_level_db:.1f} dBFS"
        )
    if record.clipped_share:
        say(f"warning: {record.clipped_share:.2%} of the samples are clipped", err=True)
    say_files((files.wav, files.picture, files.json))
