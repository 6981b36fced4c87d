"""`asr-fair noise`: what noise profiles, rooms and handsets there are, and how they sound."""

from __future__ import annotations

import click

from asr_fair.cli.lazy import LazyCommands

COMMANDS = {
    "fit": "asr_fair.cli.noise_fit:fit",
    "list": "asr_fair.cli.noise_list:list_",
    "render": "asr_fair.cli.noise_render:render",
    "schema": "asr_fair.cli.noise_schema:schema",
}


@click.group(cls=LazyCommands, places=COMMANDS)
def noise() -> None:
    """Noise profiles, rooms and handsets: list them, hear and see them, and check your own."""
