"""The rooms shipped with this package, and what their README says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_fair.recipes.library import load_recipes, shipped_folder
from asr_fair.recipes.room import Room
from asr_fair.rooms.bank import open_room
from asr_fair.rooms.fit import TOLERANCE
from asr_fair.rooms.image_sources import MAX_ORDER, image_order
from asr_fair.rooms.table import HEADER, row_of

FOLDER = shipped_folder()
ROOMS = load_recipes(Room, [FOLDER])
QUICK = ("car", "office")


def readme_rows() -> dict[str, str]:
    """Rows of the README's table by room."""
    text = (FOLDER / Room.folder / "README.md").read_text(encoding="utf-8")
    assert "\n".join(HEADER) in text
    lines = text.split("\n".join(HEADER) + "\n")[1].split("\n\n")[0].splitlines()
    return {line.split("`")[1]: line for line in lines}


def test_the_readme_has_a_row_for_each_room() -> None:
    assert list(readme_rows()) == list(ROOMS)


@pytest.mark.parametrize("room_id", ROOMS)
def test_a_row_says_what_its_file_says(room_id: str) -> None:
    room = ROOMS[room_id].recipe
    _, _, size, asked, measured, distance, *_ = (cell.strip() for cell in readme_rows()[room_id].split("|"))
    assert size == " x ".join(f"{side:g}" for side in room.size_m)
    assert float(asked) == room.rt60_s
    assert float(distance) == room.distance_m
    low_s, high_s = map(float, measured.split(" to "))
    assert (1 - TOLERANCE) * room.rt60_s <= low_s <= high_s <= (1 + TOLERANCE) * room.rt60_s


@pytest.mark.parametrize("room_id", QUICK)
def test_a_row_is_what_the_room_gives(room_id: str, cache_home: Path) -> None:
    assert row_of(open_room(ROOMS[room_id])) == readme_rows()[room_id]


@pytest.mark.parametrize("room_id", ROOMS)
def test_no_room_costs_more_than_is_computed(room_id: str) -> None:
    room = ROOMS[room_id].recipe
    assert image_order(room.size_m, room.rt60_s) <= MAX_ORDER
