"""Responses kept on disk; what is missing there, damaged or cannot be written is computed again."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from asr_fair.files import replacing
from asr_fair.recipes.room import Room
from asr_fair.records import Samples, Seconds
from asr_fair.validation import digest_of

ROOM_VERSION = 1
"""Part of every file's name: raise it when a change of the code changes a response."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Responses, each of shape (n_taps,), and their measured reverberation times."""

    responses: tuple[Samples, ...]
    rt60_s: tuple[Seconds, ...]


def cache_path(room: Room) -> Path:
    """Where a room's responses are kept: `asr-fair/rooms` in the user's cache (`XDG_CACHE_HOME`)."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asr-fair" / "rooms"
    key = digest_of([room.digest, ROOM_VERSION, version("pyroomacoustics")])
    return folder / f"{key}.npz"


def content_sha256(responses: Sequence[Samples]) -> str:
    """SHA-256 of all samples, and of where each response ends."""
    content = hashlib.sha256()
    for response in responses:
        content.update(len(response).to_bytes(8, "little"))
        content.update(response.astype("<f4", copy=False).tobytes())
    return content.hexdigest()


def load(path: Path) -> Computed | None:
    """What a file holds; None where it is absent, damaged or not what was written."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            ends = np.cumsum(kept["lengths"])
            responses = tuple(np.split(kept["samples"], ends[:-1]))
            rt60_s = tuple(map(float, kept["rt60_s"]))
            sha256 = str(kept["sha256"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return Computed(responses, rt60_s) if content_sha256(responses) == sha256 else None


def save(computed: Computed, path: Path) -> None:
    """Keep responses in a file, whole or not at all; a cache that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                samples=np.concatenate(computed.responses),
                lengths=np.array([len(response) for response in computed.responses]),
                rt60_s=np.array(computed.rt60_s),
                sha256=np.array(content_sha256(computed.responses)),
            )
    except OSError:
        return
