"""What lies in a folder of recordings: sound files, and texts beside them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from asr_fair.errors import ConfigError, Fault, FaultsError
from asr_fair.records import SOUND_SUFFIXES
from asr_fair.validation import read_utf8

ENDINGS = SOUND_SUFFIXES | {
    *(
        ".3gp",
        ".ac3",
        ".aifc",
        ".au",
        ".avi",
        ".flv",
        ".g722",
        ".gsm",
        ".mka",
        ".mkv",
        ".mov",
        ".mp2",
        ".mp4",
    ),
    *(".mpeg", ".mpg", ".ts", ".w64", ".wave", ".wma"),
}
"""What counts as a recording: whatever the decoder reads, in small letters."""

TEXT_ENDINGS = (".txt", ".lab")


@dataclass(frozen=True)
class Recordings:
    """The recordings of a folder and all those below it.

    Attributes
    ----------
    files : tuple of str
        Paths seen from the folder, with `/`, in order.
    others : mapping of ending to number
        Files that are no recordings, by their endings.
    """

    files: tuple[str, ...]
    others: Mapping[str, int]


def find_recordings(source: Path) -> Recordings:
    """Every recording below a folder; hidden files and folders are left out.

    Raises ConfigError where there is no such folder or no recording in it, FaultsError for names that are
    not UTF-8.
    """
    if not source.is_dir():
        msg = f"{source}: is not a folder. Name the folder that holds the recordings"
        raise ConfigError(msg)
    files: list[str] = []
    others: Counter[str] = Counter()
    for folder, below, names in os.walk(source):
        below[:] = [name for name in below if not name.startswith(".") and name != "__MACOSX"]
        for name in names:
            if name.startswith("."):
                continue
            ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, not a path
            if ending in ENDINGS:
                files.append((Path(folder) / name).relative_to(source).as_posix())
            else:
                others[ending or "no ending"] += 1
    _refuse_names(source, files)
    if not files:
        seen = ", ".join(f"{number} {ending}" for ending, number in others.most_common(5))
        msg = (
            f"{source}: holds no recording{f', only {seen}' if seen else ''}. Name the folder that holds them"
        )
        raise ConfigError(msg)
    return Recordings(tuple(sorted(files)), dict(others))


def _refuse_names(source: Path, files: Sequence[str]) -> None:
    broken = [file for file in files if file.encode("utf-8", "replace").decode() != file]
    if broken:
        problem, remedy = "its name is not UTF-8", "Rename it (convmv does it for a whole folder)"
        raise FaultsError([Fault(str(source), problem, remedy, value=os.fsencode(file)) for file in broken])


def read_texts(source: Path, files: Sequence[str]) -> dict[str, str]:
    """Of each recording that has a text file beside it, called as it is, the words in it.

    Line breaks become spaces. Raises ConfigError for a text that is not UTF-8.
    """
    texts = {}
    for file in files:
        for ending in TEXT_ENDINGS:
            path = source / PurePosixPath(file).with_suffix(ending)
            if path.is_file():
                texts[file] = " ".join(read_utf8(path).split())
                break
    return texts
