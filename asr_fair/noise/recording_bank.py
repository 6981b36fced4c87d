"""The recordings that a profile names: read, compared with their checksums, and made into loops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr_fair.audio.decode import load_audio
from asr_fair.audio.reasons import AudioReason
from asr_fair.errors import AudioError, Fault, FaultsError
from asr_fair.noise.clips import Clip, ClipBank, clip_of
from asr_fair.noise.loops import loop_of
from asr_fair.recipes.sources import BANK_LIMIT_S, ClipFile, Recording
from asr_fair.records import SOUND_SUFFIXES, AudioSource, Samples
from asr_fair.validation import digest_of

_OF_THE_SEGMENT = (AudioReason.SEGMENT_OUTSIDE, AudioReason.TOO_LONG)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of a source's `files`, with the profile's file and the entry's place in it, for faults."""

    clip_file: ClipFile
    folder: Path
    profile: str
    place: str

    @property
    def path(self) -> Path:
        return self.folder / self.clip_file.path

    def fault(self, key: str, problem: str, remedy: str) -> Fault:
        return Fault(file=self.profile, field=f"{self.place}.{key}", problem=problem, remedy=remedy)


def open_recordings(source: Recording, folder: Path, *, profile: str, place: str) -> ClipBank:
    """The bank of a source: a clip for each file, in the order of `files`, and in a folder of their names.

    Parameters
    ----------
    folder
        The folder that paths are relative to.
    profile, place
        The profile's file and the source's place in it (`sources.0`), for faults.

    Raises
    ------
    FaultsError
        Whatever is wrong with any file: missing, no sound files, not the sha256 that the profile gives (or
        none given), broken or silent audio, a segment outside; or more than 30 minutes of sound in all.
    """
    faults: list[Fault] = []
    clips: list[Clip] = []
    for number, clip_file in enumerate(source.files):
        entry = _Entry(clip_file, folder, profile, f"{place}.files.{number}")
        try:
            files = _files_of(entry)
            faults.extend(_checksum_faults(entry, files))
        except FaultsError as error:
            faults.extend(error.faults)
            continue
        for file in files:
            if _is_too_much(clips):  # what comes after it need not be decoded
                break
            try:
                clips.append(_load(entry, file, source.crossfade_s))
            except FaultsError as error:
                faults.extend(error.faults)
    if _is_too_much(clips):
        problem = f"hold more than {BANK_LIMIT_S / 60:g} minutes of sound in all"
        remedy = "Name fewer of them, or take a part of each by start_s and duration_s"
        faults.append(Fault(file=profile, field=f"{place}.files", problem=problem, remedy=remedy))
    if faults:
        raise FaultsError(faults)
    return ClipBank(tuple(clips))


def _is_too_much(clips: list[Clip]) -> bool:
    return sum(clip.duration_s for clip in clips) > BANK_LIMIT_S


def _files_of(entry: _Entry) -> list[Path]:
    """The file that an entry names, or the sound files of its folder by name."""
    path = entry.path
    if path.is_file():
        return [path]
    if not path.is_dir():
        remedy = f"Mend the path: it is relative to {entry.folder}"
        raise FaultsError([entry.fault("path", f"there is no file or folder {path}", remedy)])
    files = sorted(each for each in path.iterdir() if each.is_file() and _is_sound(each))
    if not files:
        remedy = f"Put one there, ending in {', '.join(sorted(SOUND_SUFFIXES))}"
        raise FaultsError([entry.fault("path", f"the folder {path} holds no sound file", remedy)])
    return files


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in SOUND_SUFFIXES and not path.name.startswith(".")


def _checksum_faults(entry: _Entry, files: list[Path]) -> Iterator[Fault]:
    try:
        found = _sha256_of(entry.path, files)
    except OSError as error:
        problem = f"{error.filename or entry.path} cannot be read ({error.strerror})"
        yield entry.fault("path", problem, "Check its rights")
        return
    given = entry.clip_file.sha256
    if given is None:
        yield entry.fault("sha256", "is missing", f"Add sha256: {found}")
    elif given != found:
        problem = f"the profile says {given}, {entry.path} has {found}"
        remedy = "Restore what was there; or, if the change is meant, write the new one and raise `version`"
        yield entry.fault("sha256", problem, remedy)


def _sha256_of(path: Path, files: list[Path]) -> str:
    """SHA-256 of a file; of a folder, that of a list of its sound files' names and SHA-256s."""
    digests: list[tuple[str, str]] = []
    for each in files:
        with each.open("rb") as file:
            digests.append((each.name, hashlib.file_digest(file, "sha256").hexdigest()))
    return digest_of(digests) if path.is_dir() else digests[0][1]


def _load(entry: _Entry, file: Path, crossfade_s: float) -> Clip:
    """A file, or the part of it that the entry wants, as a loop."""
    start_s, duration_s = entry.clip_file.start_s, entry.clip_file.duration_s
    path = entry.clip_file.path
    name = (path / file.name if entry.path.is_dir() else path).as_posix()
    try:
        samples = load_audio(AudioSource(name, str(file), start_s, duration_s))
    except AudioError as error:
        raise FaultsError([_audio_fault(entry, name, error)]) from error
    if start_s is not None or duration_s is not None:
        end = "end" if duration_s is None else f"{(start_s or 0) + duration_s:g} s"
        name = f"{name} [{start_s or 0:g} s to {end}]"
    return clip_of(name, loop_of(_without_offset(samples), crossfade_s))


def _without_offset(samples: Samples) -> Samples:
    """A constant offset is no sound, but would count as level and sound in every pause."""
    return samples - np.float32(samples.mean(dtype=np.float64))


def _audio_fault(entry: _Entry, name: str, error: AudioError) -> Fault:
    """What the decoder says of an utterance, said of a recording in a profile."""
    problem, _, _ = str(error).removeprefix(f"utterance {name!r}: ").rpartition(". ")
    if error.reason in _OF_THE_SEGMENT:
        key = "duration_s" if entry.clip_file.start_s is None else "start_s"
        return entry.fault(key, problem, "Mend or add start_s and duration_s")
    return entry.fault("path", problem, "Export it again from its origin, or take another recording")
