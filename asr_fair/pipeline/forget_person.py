"""Whom a command is to forget, and where they are: found before anything is touched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from asr_fair.errors import AsrFairError, ConfigError, did_you_mean
from asr_fair.manifest.audio_paths import audio_path, is_url
from asr_fair.manifest.check import audio_root
from asr_fair.manifest.pseudonyms import private_folder, pseudonym, read_key
from asr_fair.manifest.rewrite import rows_naming, without_rows
from asr_fair.manifest.sidecar import read_sidecar, sidecar_path
from asr_fair.manifest.tables import RawTable, read_table
from asr_fair.pipeline.forget_cache import InCache, Sounds, caches_of, look_in_caches, sounds_of
from asr_fair.pipeline.provenance import RECORD_NAME, RunRecord, read_record
from asr_fair.pipeline.stored_run import MANIFEST_NAME

RUNS = Path("runs")
"""Where runs are looked for unless they are named."""


@dataclass(frozen=True)
class Rewritten:
    """A file that is to hold something else: what it is now and what it will be."""

    path: Path
    before: str
    content: bytes
    n_rows: int

    @property
    def after(self) -> str:
        """SHA-256 of the new content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Person:
    """Somebody in a manifest, and everything of theirs that was found.

    Attributes
    ----------
    ids
        Their utterances.
    manifest
        The manifest's file as it is to be.
    before, after
        Digest of the manifest, as runs know it, with and without them.
    transcripts
        Tables that were handed in to score, as they are to be.
    runs
        Folders of runs of this manifest that hold something of them.
    sounds
        What caches know them by.
    caches
        Caches of transcripts that these runs share with others, and what they hold of them.
    audio
        Recordings of nobody else, under the audio root.
    other_audio
        Recordings that hold others, too, or lie elsewhere.
    elsewhere
        Files that may hold them and are somebody's to look at.
    """

    speaker: str
    cluster: str | None
    ids: frozenset[str]
    manifest: Rewritten
    before: str
    after: str
    transcripts: tuple[Rewritten, ...]
    runs: tuple[Path, ...]
    sounds: Sounds
    caches: tuple[InCache, ...]
    audio: tuple[Path, ...]
    other_audio: tuple[str, ...]
    elsewhere: tuple[Path, ...]


def find_person(name: str, manifest: Path, runs: Sequence[Path] | None = None) -> Person:
    """Find somebody by the name in the manifest, or by that which became a pseudonym when it was imported.

    `runs`: where they are to be taken out; all runs of this manifest under `runs/` unless given.

    Raises ConfigError for somebody who is not in the manifest, for its only speaker, for a run that is of
    another manifest, and for a cache that cannot be looked through.
    """
    raw = read_table(manifest)
    read_sidecar(manifest)
    sidecar = sidecar_path(manifest).read_bytes()
    before = hashlib.sha256(manifest.read_bytes() + sidecar).hexdigest()
    candidates = list(_runs(runs))
    of_it = [each for each in candidates if _is_of(*each, manifest, before, named=runs is not None)]
    speaker = _speaker(name, manifest, raw, [folder for folder, _ in of_it])
    gone = rows_naming(raw, "speaker_id", frozenset({speaker}))
    if gone.all():
        msg = f"{manifest}: holds nobody else. Delete it, and the folders of its runs, instead"
        raise ConfigError(msg)
    ids = frozenset(str(each) for each in raw.frame.loc[gone, "utterance_id"])
    rewritten = _rewritten(manifest, raw, gone)
    after = hashlib.sha256(rewritten.content + sidecar).hexdigest()
    transcripts = tuple(_handed_in(of_it, speaker, ids))
    audio, other_audio = _recordings(manifest, raw, gone)
    voice = _voice(raw, gone, speaker)
    caches = caches_of(of_it, beside=() if runs is not None else [RUNS / "any"])
    sounds = _sounds(caches, of_it, speaker, manifest, ids, voice)
    return Person(
        speaker=speaker,
        cluster=voice,
        ids=ids,
        manifest=rewritten,
        before=before,
        after=after,
        transcripts=transcripts,
        runs=tuple(folder for folder, _ in of_it),
        sounds=sounds,
        caches=look_in_caches(caches, sounds),
        audio=audio,
        other_audio=other_audio,
        elsewhere=tuple(_beside(manifest, speaker, ids, {each.path for each in transcripts})),
    )


def _sounds(
    caches: Collection[Path],
    runs: Sequence[tuple[Path, RunRecord]],
    speaker: str,
    manifest: Path,
    ids: frozenset[str],
    voice: str | None,
) -> Sounds:
    """What caches know the person by; where there is no cache, nothing is decoded for it."""
    if not caches:
        return Sounds(frozenset(), 0, voice)
    in_runs = {folder: ids | utterances_in_run(folder, speaker) for folder, _ in runs}
    return sounds_of(in_runs, manifest, ids, voice)


def utterances_in_run(folder: Path, speaker: str) -> frozenset[str]:
    """Somebody's utterances in the manifest that a run was made with."""
    return frozenset(each for each, who in _people_in_run(folder) if who == speaker)


def _people_in_run(folder: Path) -> list[tuple[str, str]]:
    """(utterance_id, speaker_id) of a run; none where it was stopped before it had a manifest."""
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return []
    with path.open("rb") as file:
        columns = pq.read_table(file, columns=["utterance_id", "speaker_id"]).to_pydict()
    return list(zip(columns["utterance_id"], columns["speaker_id"], strict=True))


def _speaker(name: str, manifest: Path, raw: RawTable, runs: Sequence[Path]) -> str:
    """The name as the manifest or a run has it. One that is near is told; a list of all would name everybody.

    A run may still hold somebody whose rows were taken out of the manifest by hand.
    """
    if "speaker_id" not in raw.frame.columns:
        msg = f"{manifest}: has no speaker_id, so that nobody knows whose utterances to take out"
        raise ConfigError(msg)
    known = {str(each).strip() for each in raw.frame["speaker_id"].dropna()}
    known |= {who for folder in runs for _, who in _people_in_run(folder) if who is not None}
    key = read_key(manifest)
    names = [name, *([] if key is None else [pseudonym(key, name)])]
    for each in names:
        if each in known:
            return each
    otherwise = "Names are written as in the column speaker_id"
    hint = did_you_mean(name, sorted(known), otherwise=otherwise, cutoff=0.8)
    msg = f"{manifest}: no speaker {name!r}. {hint}"
    raise ConfigError(msg)


def _voice(raw: RawTable, gone: NDArray[np.bool_], speaker: str) -> str | None:
    """How babble calls the person: by the cluster; None where others are in it."""
    if "cluster" not in raw.frame.columns:
        return speaker
    cells = raw.frame["cluster"].map(lambda cell: "" if cell is None else str(cell).strip())
    own = next((cell for cell in cells[gone] if cell), None)
    if own is None:
        return speaker
    return None if (cells[~gone] == own).any() else own


def _rewritten(path: Path, raw: RawTable, gone: NDArray[np.bool_]) -> Rewritten:
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    return Rewritten(path, before, without_rows(path, raw, gone), int(gone.sum()))


def _runs(named: Sequence[Path] | None) -> Iterator[tuple[Path, RunRecord]]:
    """Folders of runs with their records; of those that nobody named, what cannot be read is passed over."""
    folders = [path.parent for path in sorted(RUNS.rglob(RECORD_NAME))] if named is None else named
    for folder in folders:
        try:
            yield folder, read_record(folder / RECORD_NAME)
        except (AsrFairError, OSError) as error:
            if named is not None:
                msg = f"{folder}: holds no run of this version of asr-fair. Name the folder of a run"
                raise ConfigError(msg) from error


def _is_of(folder: Path, record: RunRecord, manifest: Path, digest: str, *, named: bool) -> bool:
    """Whether a run is of a manifest, known by its path or its content; raises for one that was named."""
    source = Path(str(record.configuration.get("manifest", "")))
    if record.identity.get("manifest") == digest or source.resolve() == manifest.resolve():
        return True
    if named:
        msg = f"{folder}: is a run of another manifest ({source}). Name that one with --manifest"
        raise ConfigError(msg)
    return False


def _handed_in(
    runs: Sequence[tuple[Path, RunRecord]], speaker: str, ids: frozenset[str]
) -> Iterator[Rewritten]:
    """Tables of transcripts that runs were scored from and that still hold the person."""
    by_path: dict[Path, frozenset[str]] = {}
    for folder, record in runs:
        if record.kind == "score":
            path = Path(str(record.configuration["transcripts"]))
            by_path[path] = by_path.get(path, ids) | utterances_in_run(folder, speaker)
    for path, gone_ids in sorted(by_path.items()):
        if path.is_file():
            raw = read_table(path)
            gone = rows_naming(raw, "utterance_id", gone_ids)
            if gone.any():
                yield _rewritten(path, raw, gone)


def _recordings(
    manifest: Path, raw: RawTable, gone: NDArray[np.bool_]
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Recordings of the person alone that may be deleted, and those that may not.

    What a symbolic link leads to, of the audio root or of a file, may be somebody else's, too: it stays.
    """
    if "audio" not in raw.frame.columns:
        return (), ()
    sidecar = read_sidecar(manifest)
    root = audio_root(manifest, sidecar)
    written = manifest.parent.resolve() / sidecar.audio_root
    locate = audio_path(root)
    cells = raw.frame["audio"].map(lambda cell: cell.strip() if isinstance(cell, str) else "")
    places = {cell: locate(cell)[0] for cell in set(cells) if cell}
    others = {places[cell] for cell in cells[~gone] if cell}
    alone, rest = set(), set()
    for cell in filter(None, cells[gone]):
        place = places[cell]
        is_linked = place != os.path.normpath(written / cell)
        if place is None or is_url(place) or place in others or is_linked:
            rest.add(cell)
        elif os.path.lexists(place):
            alone.add(Path(place))
    return tuple(sorted(alone)), tuple(sorted(rest))


def _beside(manifest: Path, speaker: str, ids: frozenset[str], known: Collection[Path]) -> Iterator[Path]:
    """Files beside a manifest that hold the person, too: other tables of it, and what an import told."""
    for path in sorted(manifest.parent.glob(f"{manifest.stem}.*")):
        is_table = path.suffix.lower() in (".jsonl", ".csv", ".tsv", ".parquet")
        if is_table and path not in (manifest, *known) and _holds(path, speaker, ids):
            yield path
    yield from sorted(private_folder(manifest).glob(f"{manifest.stem}.*.txt"))


def _holds(path: Path, speaker: str, ids: frozenset[str]) -> bool:
    """Whether a table holds somebody; of one that cannot be read, somebody must look."""
    try:
        raw = read_table(path)
    except AsrFairError:
        return True
    named = rows_naming(raw, "speaker_id", frozenset({speaker})) | rows_naming(raw, "utterance_id", ids)
    return bool(named.any())
