"""Noise profiles: `noise_profiles/<id>.yaml`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from asr_fair.recipes.recipe import Recipe
from asr_fair.recipes.sources import NoiseSource


class Profile(Recipe):
    """The sound of a place; its sources sound together."""

    folder: ClassVar[str] = ""
    noun: ClassVar[str] = "noise profile"

    sources: tuple[NoiseSource, ...] = Field(min_length=1)
