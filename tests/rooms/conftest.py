"""Small rooms with a short decay, computed in a fraction of a second, and a cache of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr_fair.recipes.library import Found
from asr_fair.recipes.room import Room

SMALL_ROOM: dict[str, Any] = {
    "id": "small",
    "version": "1",
    "title": "Small room",
    "description": "For tests",
    "licence": "Apache-2.0",
    "size_m": [3.6, 2.9, 2.5],
    "rt60_s": 0.2,
    "distance_m": 1.0,
    "responses": 3,
}


@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache: empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def found_room(cache_home: Path) -> Callable[..., Found[Room]]:
    """Make a small room with some figures changed."""

    def make(**changes: Any) -> Found[Room]:
        content = SMALL_ROOM | changes
        figures = sorted(content.keys() - {"id", "version", "title", "description", "licence"})
        evidence = [{"figures": figures, "origin": "assumed"}]
        return Found(Room.model_validate(content | {"evidence": evidence}), Path("rooms/small.yaml"))

    return make
