"""`asr-fair view RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from asr_fair.cli.terminal import say


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to serve on; beyond this machine, a token is asked for.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Without: 8733, or a free one if that is taken.")
@click.option(
    "--token/--no-token",
    default=None,
    help="Ask for a token, which stands in the address that is printed. Without: beyond this machine only.",
)
@click.option("--open/--no-open", "open_page", default=False, help="Open the page in a browser.")
@click.option(
    "--export",
    "export_folder",
    type=click.Path(path_type=Path),
    help="Write a folder that opens without a server, and serve nothing.",
)
@click.option("--audio", is_flag=True, help="With --export: the sounds, too.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="With --export: utterances of each condition and system, those with the most errors.",
)
def view(
    run: Path,
    host: str,
    port: int | None,
    token: bool | None,
    open_page: bool,
    export_folder: Path | None,
    audio: bool,
    limit: int | None,
) -> None:
    """Look at what is behind the figures of RUN: utterances by group, condition and kind of error.

    Prints an address to open. Each utterance has its word diff and, where `permitted_use` holds play_audio,
    its sound as the system heard it. Ctrl-C ends it.
    """
    if export_folder is not None:
        _export(run, export_folder, audio=audio, limit=limit)
        return
    if audio or limit is not None:
        msg = "--audio and --limit belong to --export DIR"
        raise click.UsageError(msg)
    from asr_fair.view.server import serve

    def tell(address: str) -> None:
        say(address)
        say("Private: it shows what single people said. Ctrl-C ends it.", err=True)
        if open_page:
            click.launch(address)

    serve(run, host=host, port=port, token=token, told=tell)


def _export(run: Path, folder: Path, *, audio: bool, limit: int | None) -> None:
    from asr_fair.cli.progress import ProgressBars
    from asr_fair.view.export import export

    with ProgressBars() as bars:
        exported = export(run, folder, audio=audio, limit=limit, progress=bars)
    say(exported.start)
    say(exported.words, err=True)
    if audio:
        say(f"Sounds: {exported.n_sounds}.", err=True)
    for reason in exported.silent:
        say(f"No sound: {reason}", err=True)
    say("Private: it holds what single people said. Do not hand it out.", err=True)
