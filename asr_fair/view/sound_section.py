"""The sounds of an utterance's page: a player and a picture for each, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asr_fair.records import CLEAN
from asr_fair.report.wording import decibels, tenths
from asr_fair.view.addresses import Addresses, Place
from asr_fair.view.wave import Outline, outline_path

QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """An outline as an SVG path, what it shows in words, and the times below it from its begin to its end."""

    path: str
    n_columns: int
    words: str
    times: Sequence[str]


@dataclass(frozen=True, slots=True)
class Player:
    """One sound: its address and picture; or why it is not played. Without either, it is being made."""

    title: str
    address: str
    picture: Picture | None
    refusal: str | None


def sounds_wanted(place: Place) -> list[str]:
    """The conditions whose sound belongs to a place: clean first, then those shown, each once."""
    beside = [] if place.beside is None else [place.beside[0]]
    return list(dict.fromkeys([CLEAN, place.column[0], *beside]))


def players(
    place: Place, found: Sequence[tuple[str, Outline | str | None]], addresses: Addresses
) -> list[Player]:
    """A player for each condition; `found`: its outline, why there is none, or None while it is being made.

    All pictures of a page have one scale, so that one sees what the condition adds.
    """
    scale = max((each.peak for _, each in found if isinstance(each, Outline)), default=1.0)
    return [
        Player(
            title="Clean: the recording as it is" if condition == CLEAN else f"As heard: {condition}",
            address=addresses.sound(place.utterance, condition),
            picture=picture(each, scale) if isinstance(each, Outline) else None,
            refusal=each if isinstance(each, str) else None,
        )
        for condition, each in found
    ]


def picture(outline: Outline, scale: float) -> Picture:
    """An outline as a page shows it; `scale`: the magnitude that fills its height."""
    length = f"{tenths(outline.duration_s)} s"
    level = decibels(round(outline.rms_db, 1))
    return Picture(
        path=outline_path(outline, scale),
        n_columns=len(outline.lows),
        words=f"Waveform of {length}; mean level {level}FS, peak {outline.peak:.2f} of full scale.",
        times=["0 s", *(tenths(outline.duration_s * part / QUARTERS) for part in range(1, QUARTERS)), length],
    )
