"""Options of the form KEY=VALUE that may be given several times."""

from __future__ import annotations

import click


def key_values(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """A callback for click: the values by their keys. Refuses another form, and a key given twice."""
    options: dict[str, str] = {}
    for value in values:
        key, equals, setting = value.partition("=")
        if not key or not equals:
            msg = f"{value!r} is not of the form KEY=VALUE"
            raise click.BadParameter(msg)
        if key in options:
            msg = f"{key!r} is given twice"
            raise click.BadParameter(msg)
        options[key] = setting
    return options
