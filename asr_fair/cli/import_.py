"""`asr-fair import`: public corpora, and a folder of one's own recordings, as manifests."""

from __future__ import annotations

import click

from asr_fair.cli.lazy import LazyCommands

COMMANDS = {
    "artie": "asr_fair.cli.import_corpora:artie",
    "edacc": "asr_fair.cli.import_corpora:edacc",
    "folder": "asr_fair.cli.import_folder:folder",
    "speechocean762": "asr_fair.cli.import_corpora:speechocean762",
}


@click.group(name="import", cls=LazyCommands, places=COMMANDS)
def import_() -> None:
    """Make a manifest: of your own folder of recordings, or of a public corpus."""
