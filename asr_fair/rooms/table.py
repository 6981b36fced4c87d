"""What each room turned out to be, as rows of a Markdown table.

`python -m asr_fair.rooms.table` prints the table of the rooms shipped with this package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from asr_fair.recipes.library import folders, load_recipes
from asr_fair.recipes.room import Room
from asr_fair.rooms.bank import ResponseBank, open_room
from asr_fair.rooms.decay import direct_to_reverberant_db

HEADER = (
    "| id | size, m | RT60 asked, s | RT60 measured, s | distance, m | direct to reverberant, dB |",
    "|-|-|-|-|-|-|",
)


def row_of(bank: ResponseBank) -> str:
    """One row: the room's figures, and the lowest and highest of what its responses have."""
    room = bank.room
    ratios_db = [direct_to_reverberant_db(response) for response in bank.responses]
    cells = (
        f"[`{room.id}`]({room.id}.yaml)",
        " x ".join(f"{side:g}" for side in room.size_m),
        f"{room.rt60_s:g}",
        f"{min(bank.rt60_s):.3f} to {max(bank.rt60_s):.3f}",
        f"{room.distance_m:g}",
        f"{min(ratios_db):.1f} to {max(ratios_db):.1f}",
    )
    return f"| {' | '.join(cells)} |"


def table_of(banks: Iterable[ResponseBank]) -> str:
    """The table, one line a room."""
    return "\n".join((*HEADER, *map(row_of, banks)))


if __name__ == "__main__":
    rooms = load_recipes(Room, folders(None)).values()
    sys.stdout.write(table_of(map(open_room, rooms)) + "\n")
