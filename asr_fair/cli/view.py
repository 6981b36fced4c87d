"""`asr-fair view RUN`."""

from __future__ import annotations

from pathlib import Path

import click


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
def view(run: Path, host: str, port: int | None, token: bool | None, open_page: bool) -> None:
    """Look at what is behind the figures of RUN: utterances by group, condition and kind of error.

    Prints an address to open. Each utterance has its word diff and, where `permitted_use` holds play_audio,
    its sound as the system heard it. Ctrl-C ends it.
    """
    from asr_fair.view.server import serve

    def tell(address: str) -> None:
        click.echo(address)
        click.echo("Private: it shows what single people said. Ctrl-C ends it.", err=True)
        if open_page:
            click.launch(address)

    serve(run, host=host, port=port, token=token, told=tell)
