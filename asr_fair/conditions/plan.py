"""From the run configuration to named conditions; the same utterances go through all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TypeVar

from asr_fair.config import ConditionConfig, Grid, RunConfig
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.handsets.chain import check_handset, made_with
from asr_fair.noise.synth import NoiseBed
from asr_fair.recipes.handset import Handset
from asr_fair.recipes.library import Found, find_recipe, folders
from asr_fair.recipes.profile import Profile
from asr_fair.recipes.recipe import Recipe
from asr_fair.recipes.room import Room
from asr_fair.records import CLEAN, NONE, Decibels
from asr_fair.rooms.bank import ResponseBank
from asr_fair.validation import digest_of

RENDER_VERSION = 3
"""Part of every digest: raise it when a change of the code changes a sample of any render."""

SNR_RANGE_DB: tuple[Decibels, Decibels] = (-50.0, 100.0)
"""Beyond these a number is a slip of the pen."""

RecipeT = TypeVar("RecipeT", bound=Recipe)


@dataclass(frozen=True, slots=True)
class Outline:
    """A condition as the configuration names it: recipes, whose sounds are not there yet."""

    room: Found[Room] | None = None
    profile: Found[Profile] | None = None
    snr_db: Decibels | None = None
    handset: Found[Handset] | None = None

    @property
    def name(self) -> str:
        """Such as `bay+scanner@10dB+landline`: room, noise and handset, in the order of the signal."""
        return "+".join(self._parts("id")) or CLEAN

    @property
    def title(self) -> str:
        """The same in words."""
        return "; ".join(self._parts("title")) or "Clean: the recording as it is"

    def _parts(self, attribute: str) -> Iterator[str]:
        if self.room is not None:
            yield getattr(self.room.recipe, attribute)
        if self.profile is not None:
            snr = f"{self.snr_db:g}"
            text = getattr(self.profile.recipe, attribute)
            yield f"{text}@{snr}dB" if attribute == "id" else f"{text}, {snr} dB SNR"
        if self.handset is not None:
            yield getattr(self.handset.recipe, attribute)


@dataclass(frozen=True)
class Condition:
    """A named recipe with all its sounds; `clean` has none. `digest` covers all that shapes a sample."""

    name: str
    title: str
    digest: str
    room: ResponseBank | None = None
    noise: NoiseBed | None = None
    snr_db: Decibels | None = None
    handset: Handset | None = None

    @property
    def hears_speakers(self) -> bool:
        """Whether a render depends on who speaks."""
        return self.noise is not None and self.noise.has_voices


def recipes_of(conditions: Sequence[Condition]) -> tuple[Recipe, ...]:
    """The rooms, profiles and handsets of some conditions, each once, in the order of the conditions."""
    found: dict[tuple[str, str], Recipe] = {}
    for each in conditions:
        room = None if each.room is None else each.room.room
        profile = None if each.noise is None else each.noise.profile
        parts: tuple[Recipe | None, ...] = (room, profile, each.handset)
        for recipe in parts:
            if recipe is not None:
                found.setdefault((recipe.noun, recipe.id), recipe)
    return tuple(found.values())


def condition_of(outline: Outline, room: ResponseBank | None, noise: NoiseBed | None) -> Condition:
    """A condition from its outline and the sounds that belong to it."""
    handset = None if outline.handset is None else outline.handset.recipe
    recipe = {
        "render_version": RENDER_VERSION,
        "room": None if room is None else room.digest,
        "noise": None if noise is None else noise.digest,
        "snr_db": outline.snr_db,
        "handset": None if handset is None else [handset.digest, made_with()],
    }
    return Condition(outline.name, outline.title, digest_of(recipe), room, noise, outline.snr_db, handset)


def outlines_of(config: RunConfig) -> tuple[Outline, ...]:
    """The conditions of a run configuration; faults name its file. Raises what `expand_conditions` does."""
    place = f"{config.source}: conditions" if config.source else "conditions"
    return expand_conditions(config.conditions, folders(config.noise_profiles), place=place)


def expand_conditions(
    config_conditions: Sequence[ConditionConfig], where: Sequence[Path], *, place: str = "conditions"
) -> tuple[Outline, ...]:
    """The conditions of a run, in the configuration's order; recipes come from the folders `where`.

    `place` says in messages where the conditions stand, such as 'run.yaml: conditions'.

    Raises UnknownNameError for a recipe that is not there, ConfigError for a condition named twice, an SNR
    out of range or a codec that cannot be had, and what a faulty recipe raises.
    """
    shelf = _Shelf(where, place)
    outlines: list[Outline] = []
    for entry in config_conditions:
        outlines.extend(_combinations(entry, shelf) if isinstance(entry, Grid) else [Outline()])
    names = [outline.name for outline in outlines]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"{place}: {', '.join(twice)} stands there more than once. Remove the others"
        raise ConfigError(msg)
    return tuple(outlines)


class _Shelf:
    """Recipes that were read, so that all conditions of a run share one copy."""

    def __init__(self, where: Sequence[Path], place: str) -> None:
        self.place = place
        self._where = where
        self._found: dict[tuple[type[Recipe], str], Found[Recipe]] = {}

    def take(self, kind: type[RecipeT], recipe_id: str) -> Found[RecipeT] | None:
        """A recipe by its id; None for 'none'."""
        if recipe_id == NONE:
            return None
        key = (kind, recipe_id)
        if key not in self._found:
            try:
                self._found[key] = find_recipe(kind, recipe_id, self._where)
            except UnknownNameError as error:
                error.args = (f"{self.place}: {error}",)  # the key to mend; the recipe knows nothing of it
                raise
        return self._found[key]  # type: ignore[return-value]


def _combinations(grid: Grid, shelf: _Shelf) -> Iterator[Outline]:
    """Every combination but the empty one, which is `clean`."""
    for room_id, profile_id, handset_id in product(grid.room, grid.profile, grid.handset):
        room = shelf.take(Room, room_id)
        profile = shelf.take(Profile, profile_id)
        handset = shelf.take(Handset, handset_id)
        if handset is not None:
            check_handset(handset)
        if profile is not None:
            for snr_db in grid.snr_db:
                yield Outline(room, profile, _checked_snr_db(profile.recipe, snr_db, shelf.place), handset)
        elif room is not None or handset is not None:
            yield Outline(room=room, handset=handset)


def _checked_snr_db(profile: Profile, snr_db: Decibels, place: str) -> Decibels:
    low_db, high_db = SNR_RANGE_DB
    if not low_db <= snr_db <= high_db:
        msg = f"{place}: {profile.id}: snr_db must lie in [{low_db:g}, {high_db:g}] dB, got {snr_db:g}"
        raise ConfigError(f"{msg}. 20 is quiet, 0 is noise as loud as speech")
    return snr_db + 0.0  # minus zero is zero
