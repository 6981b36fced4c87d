"""`asr-fair noise schema KIND`."""

from __future__ import annotations

import click

KINDS = ("profile", "room", "handset")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
def schema(kind: str) -> None:
    """Print the JSON Schema of a noise profile, a room or a handset.

    An editor that knows it completes keys and marks faults while you write. What stands between several
    keys, such as evidence for every figure, only `noise list` and a run check.
    """
    click.echo(schema_text(kind), nl=False)


def schema_text(kind: str) -> str:
    """JSON Schema (draft 2020-12) of one of `KINDS`, as noise_profiles/KIND.schema.json holds it."""
    import json

    from asr_fair.recipes.handset import Handset
    from asr_fair.recipes.profile import Profile
    from asr_fair.recipes.recipe import Recipe
    from asr_fair.recipes.room import Room

    models: dict[str, type[Recipe]] = {"profile": Profile, "room": Room, "handset": Handset}
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | models[kind].model_json_schema(), indent=2, ensure_ascii=False) + "\n"
