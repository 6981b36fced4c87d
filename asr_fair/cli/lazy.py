"""A group of commands, each imported when it is asked for: `--help` must not wait for torch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyCommands(click.Group):
    """Commands by name, each given as `module:attribute`."""

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None where there is none of this name."""
        if cmd_name not in self.places:
            return None
        module, attribute = self.places[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with a hint where a name is nearly right."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from asr_fair.errors import did_you_mean

            otherwise = f"Commands: {', '.join(sorted(self.places))}."
            hint = did_you_mean(args[0], self.places, otherwise=otherwise)
            raise click.UsageError(f"No such command {args[0]!r}. {hint}", ctx) from None
