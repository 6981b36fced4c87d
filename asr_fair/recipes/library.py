"""Finding and reading recipes: a customer's own folder first, then those shipped with this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.recipes.recipe import Recipe
from asr_fair.validation import load_yaml_mapping, read_utf8, validate_mapping

RecipeT = TypeVar("RecipeT", bound=Recipe)


@dataclass(frozen=True, slots=True)
class Found(Generic[RecipeT]):
    """A recipe and the file that it stands in; paths in it are relative to the file's folder."""

    recipe: RecipeT
    path: Path


def shipped_folder() -> Path:
    """Where the recipes shipped with this package lie: inside the wheel, or in the repository."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "_noise_profiles"
    return in_wheel if in_wheel.is_dir() else package.parent / "noise_profiles"


def folders(own: Path | None) -> tuple[Path, ...]:
    """The folders to look through, in order. Raises ConfigError where `own` is none."""
    if own is None:
        return (shipped_folder(),)
    if not own.is_dir():
        msg = f"noise_profiles: no such folder {str(own)!r}. Mend the path"
        raise ConfigError(msg)
    return own, shipped_folder()


def parse_recipe(kind: type[RecipeT], text: str, *, name: str, stem: str) -> RecipeT:
    """A recipe from YAML text; `name` stands in messages, `stem` is what the id must be.

    Raises ConfigError for text that is no YAML mapping or a wrong id, FaultsError naming each faulty key.
    """
    recipe = validate_mapping(kind, load_yaml_mapping(text, name=name), name=name)
    if recipe.id != stem:
        msg = f"{name}: id: must be the file's name {stem!r}, got {recipe.id!r}. Rename one of them"
        raise ConfigError(msg)
    return recipe


def read_recipe(kind: type[RecipeT], path: Path) -> Found[RecipeT]:
    """The recipe in a YAML file."""
    return Found(parse_recipe(kind, read_utf8(path), name=str(path), stem=path.stem), path)


def load_recipes(kind: type[RecipeT], where: Sequence[Path]) -> dict[str, Found[RecipeT]]:
    """All recipes of a kind by id, in the order of their names."""
    return {stem: read_recipe(kind, path) for stem, path in sorted(recipe_files(kind, where).items())}


OWN_FOLDER = "Your own lie in a folder: name it with --profiles, or in a configuration as noise_profiles"


def find_recipe(kind: type[RecipeT], recipe_id: str, where: Sequence[Path]) -> Found[RecipeT]:
    """One recipe. Raises UnknownNameError with the nearest name, ConfigError, FaultsError."""
    files = recipe_files(kind, where)
    if recipe_id not in files:
        remedy = "" if len(where) > 1 else OWN_FOLDER
        raise UnknownNameError(kind.noun, recipe_id, files, remedy=remedy)
    return read_recipe(kind, files[recipe_id])


def recipe_files(kind: type[Recipe], where: Sequence[Path]) -> dict[str, Path]:
    """File of each recipe by id; of two with the same id, the one in the folder that comes first."""
    return {path.stem: path for folder in reversed(where) for path in (folder / kind.folder).glob("*.yaml")}
