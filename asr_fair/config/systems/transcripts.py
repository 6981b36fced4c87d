"""A system that is not run: its texts stand in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from asr_fair.config.systems.base import SystemConfig


class TranscriptsConfig(SystemConfig):
    """Texts that a recogniser gave elsewhere, whichever it was."""

    engine: Literal["transcripts"]
    path: Path = Field(description="table with utterance_id and text; condition, system, error, language")
    model: str = Field(default="not said", min_length=1, description="what recognised, for the report")

    def resolved(self, base: Path) -> Self:
        """The same with the path taken from `base`."""
        return self.model_copy(update={"path": base / self.path})
