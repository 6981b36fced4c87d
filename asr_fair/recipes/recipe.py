"""What every recipe has: a name, a version, words for people, and a digest."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from asr_fair.records import CLEAN, NONE
from asr_fair.validation import Strict, digest_of

NAMING = frozenset({"id", "version", "title", "description", "licence", "tags"})
"""Keys of a recipe that are no figures."""


class Recipe(Strict):
    """A named, versioned and licensed part of a condition: one YAML file, called `<id>.yaml`."""

    folder: ClassVar[str]
    """Where its files lie inside a folder of recipes; '' for the folder itself."""
    noun: ClassVar[str]
    """What messages call it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="the file's name without its ending")
    version: str = Field(min_length=1, description="change it with every change of the sound")
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    tags: tuple[str, ...] = ()

    @field_validator("id")
    @classmethod
    def _is_no_condition(cls, name: str) -> str:
        if name in (CLEAN, NONE):
            msg = f"{name!r} means a condition without it. Give it another id"
            raise ValueError(msg)
        return name

    @property
    def digest(self) -> str:
        """SHA-256 of the whole content, however it is laid out in the file."""
        return digest_of(self.model_dump(mode="json"))
