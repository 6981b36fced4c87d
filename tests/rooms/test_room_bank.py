"""The bank of a room: the same everywhere, kept on disk, named by all that shapes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyroomacoustics as pra
import pytest

from asr_fair.recipes.library import Found
from asr_fair.recipes.room import Room
from asr_fair.rooms import bank as bank_module
from asr_fair.rooms.bank import draw_response, open_room
from asr_fair.rooms.cache import cache_path

MakeRoom = Callable[..., Found[Room]]

OPEN_IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
import pyroomacoustics
from asr_fair.recipes.library import Found
from asr_fair.recipes.room import Room
from asr_fair.rooms.bank import open_room
pyroomacoustics.constants.set("num_threads", 4)
pyroomacoustics.constants.set("c", 340.0)
room = Room.model_validate_json(sys.argv[1])
print(open_room(Found(room, Path("rooms/small.yaml"))).digest)
"""


def no_response(found: Found[Room]) -> Iterator[None]:
    """Nothing may be computed."""
    pytest.fail("computed although it was kept")


def test_another_process_with_other_threads_makes_the_same_bank(found_room: MakeRoom, tmp_path: Path) -> None:
    room = found_room()
    run = subprocess.run(
        [sys.executable, "-c", OPEN_IN_ANOTHER_PROCESS, room.recipe.model_dump_json(exclude_unset=True)],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "another"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == open_room(room).digest


def test_constants_of_pyroomacoustics_are_left_as_they_were(found_room: MakeRoom) -> None:
    names = ("c", "num_threads", "rir_hpf_enable", "frac_delay_length")
    before = [pra.constants.get(name) for name in names]
    open_room(found_room())
    assert [pra.constants.get(name) for name in names] == before


def test_a_bank_kept_is_the_bank_computed(found_room: MakeRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = open_room(found_room())
    monkeypatch.setattr(bank_module, "fitted_responses", no_response)
    kept = open_room(found_room())
    assert kept.digest == computed.digest
    assert kept.rt60_s == computed.rt60_s
    assert [each.tobytes() for each in kept.responses] == [each.tobytes() for each in computed.responses]


@pytest.mark.parametrize("damage", [lambda kept: b"", lambda kept: kept[:2000], lambda kept: b"no archive"])
def test_a_damaged_file_is_computed_again(found_room: MakeRoom, damage: Callable[[bytes], bytes]) -> None:
    room = found_room()
    computed = open_room(room)
    path = cache_path(room.recipe)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert open_room(room).digest == computed.digest
    assert len(path.read_bytes()) == len(whole)


def test_a_kept_sample_that_changed_is_noticed(found_room: MakeRoom) -> None:
    room = found_room()
    computed = open_room(room)
    path = cache_path(room.recipe)
    kept = bytearray(path.read_bytes())
    kept[1000] ^= 1
    path.write_bytes(kept)
    assert open_room(room).digest == computed.digest


def test_a_cache_that_cannot_be_written_is_no_error(found_room: MakeRoom, cache_home: Path) -> None:
    cache_home.write_text("a file where a folder should be")
    assert len(open_room(found_room()).responses) == 3


@pytest.mark.parametrize(
    "change", [{"size_m": [3.6, 2.9, 2.6]}, {"rt60_s": 0.21}, {"distance_m": 1.1}, {"responses": 2}]
)
def test_another_figure_makes_another_bank(found_room: MakeRoom, change: dict) -> None:
    one, other = open_room(found_room()), open_room(found_room(**change))
    assert one.digest != other.digest
    assert one.content_sha256 != other.content_sha256


def test_progress_counts_every_response(found_room: MakeRoom) -> None:
    seen: list[tuple[str, int, int]] = []
    open_room(found_room(), progress=lambda *step: seen.append(step))
    assert seen == [("computing room small", done, 3) for done in range(4)]


def test_each_response_is_met_by_its_share_of_utterances(found_room: MakeRoom) -> None:
    bank = open_room(found_room())
    drawn = [draw_response(bank, 7, f"utterance {number}") for number in range(3000)]
    counts = [drawn.count(number) for number in range(3)]
    assert sum(counts) == 3000
    assert all(900 < count < 1100 for count in counts)  # 1000, standard deviation 26
