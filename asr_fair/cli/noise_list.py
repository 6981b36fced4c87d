"""`asr-fair noise list`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asr_fair.cli.terminal import say
from asr_fair.errors import AsrFairError, ConfigError, UnknownNameError

if TYPE_CHECKING:
    from asr_fair.recipes.library import Found
    from asr_fair.recipes.recipe import Recipe

HEADINGS = {"profiles": "Noise profiles", "rooms": "Rooms", "handsets": "Handsets"}


@click.command("list")
@click.option(
    "--profiles", type=click.Path(path_type=Path), help="Folder of your own recipes, looked through first."
)
@click.option("--tag", help="Only those with this tag.")
@click.option("--json", "as_json", is_flag=True, help="For machines: JSON, with descriptions and digests.")
def list_(profiles: Path | None, tag: str | None, as_json: bool) -> None:
    """List what there is, and where its figures come from.

    A figure is measured, read (in a source that its file names), recalled or assumed. A faulty file does not
    keep the others from being listed: its faults are printed after them, and the exit status is 2.
    """
    from asr_fair.recipes.handset import Handset
    from asr_fair.recipes.library import folders
    from asr_fair.recipes.profile import Profile
    from asr_fair.recipes.room import Room

    where = folders(profiles)
    faults: list[str] = []
    kinds: tuple[type[Recipe], ...] = (Profile, Room, Handset)
    found = {key: list(_sound_ones(kind, where, faults)) for key, kind in zip(HEADINGS, kinds, strict=True)}
    if tag is not None:
        found = _with_tag(found, tag)
    entries = {key: [_entry(each) for each in recipes] for key, recipes in found.items()}
    say(_as_json(entries) if as_json else _as_text(entries))
    if faults:
        raise ConfigError("\n".join(faults))


def _sound_ones(kind: type[Recipe], where: Sequence[Path], faults: list[str]) -> Iterator[Found[Recipe]]:
    """Recipes that can be read, in the order of their ids; the others' faults are added to `faults`."""
    from asr_fair.recipes.library import read_recipe, recipe_files

    files = recipe_files(kind, where)
    for _, path in sorted(files.items()):
        try:
            yield read_recipe(kind, path)
        except AsrFairError as error:
            faults.append(str(error))


def _with_tag(found: Mapping[str, list[Found[Recipe]]], tag: str) -> dict[str, list[Found[Recipe]]]:
    """Recipes that carry a tag. Raises UnknownNameError where none does."""
    known = {each for recipes in found.values() for entry in recipes for each in entry.recipe.tags}
    if tag not in known:
        raise UnknownNameError("tag", tag, known)
    return {key: [each for each in recipes if tag in each.recipe.tags] for key, recipes in found.items()}


def _entry(found: Found[Recipe]) -> dict[str, Any]:
    from asr_fair.recipes.library import shipped_folder

    shipped = found.path.resolve().is_relative_to(shipped_folder().resolve())
    names = ("id", "version", "title", "description", "licence", "tags", "digest")
    return {
        **{name: getattr(found.recipe, name) for name in names},
        "figures": _figures_by_origin(found.recipe),
        "from": "shipped" if shipped else "own",
        "file": str(found.path),
    }


def _figures_by_origin(recipe: Recipe) -> dict[str, int]:
    """How many figures come from where, the best known first."""
    from asr_fair.recipes.evidence import Evidenced, Origin
    from asr_fair.recipes.profile import Profile

    parts = recipe.sources if isinstance(recipe, Profile) else (recipe,)
    counts = Counter[Origin]()
    for part in parts:
        if isinstance(part, Evidenced):
            for entry in part.evidence:
                counts[entry.origin] += len(entry.figures)
    return {origin.value: counts[origin] for origin in Origin if counts[origin]}


def _as_json(entries: Mapping[str, list[dict[str, Any]]]) -> str:
    import json

    return json.dumps(entries, indent=2, ensure_ascii=False)


def _as_text(entries: Mapping[str, list[dict[str, Any]]]) -> str:
    """A line for each recipe, in columns that all kinds share."""
    rows = {key: [_cells(entry) for entry in listed] for key, listed in entries.items()}
    every_row = [row for listed in rows.values() for row in listed]
    widths = [max(map(len, column)) for column in zip(*every_row, strict=True)]
    lines: list[str] = []
    for key, heading in HEADINGS.items():
        lines += ["", heading]
        lines += [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows[key]
        ] or ["  none"]
    return "\n".join(lines[1:])


def _cells(entry: Mapping[str, Any]) -> tuple[str, ...]:
    figures = ", ".join(f"{origin} {count}" for origin, count in entry["figures"].items())
    return entry["id"], entry["version"], entry["from"], entry["title"], figures, ", ".join(entry["tags"])
