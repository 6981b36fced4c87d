"""A person's transcripts in the caches that runs share: found by the sound of their recordings.

A cache knows no names of utterances, for a text belongs to whatever sounds like that. What others said beside
the person's voice goes, too: a run directory keeps such texts, for they are its results; a cache has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asr_fair.config.run import cache_beside
from asr_fair.errors import AsrFairError, CacheError, ConfigError
from asr_fair.manifest.check import read_manifest
from asr_fair.pipeline.forget_tables import voice_in_clips
from asr_fair.pipeline.provenance import RunRecord
from asr_fair.pipeline.stored_audio import read_audio_facts
from asr_fair.run.cache import NOBODY, TranscriptCache
from asr_fair.run.cache_file import FILE_NAME


@dataclass(frozen=True)
class Sounds:
    """What a cache knows somebody by.

    `contents`: digests of their recordings; `n_unknown` more were never decoded and cannot be now. `voice`:
    how the records of babble call them, None where others go by that name, too.
    """

    contents: frozenset[str]
    n_unknown: int
    voice: str | None

    @property
    def in_clips(self) -> re.Pattern[str] | None:
        """The voice in the record of a render."""
        return None if self.voice is None else voice_in_clips(self.voice)


@dataclass(frozen=True)
class InCache:
    """How many texts of a cache are to go: the person's own, and those of others beside their voice."""

    folder: Path
    n_own: int
    n_beside: int


def caches_of(runs: Sequence[tuple[Path, RunRecord]], beside: Collection[Path] = ()) -> tuple[Path, ...]:
    """Folders of the caches that these runs used, as far as they are there, each once.

    `beside`: other run directories, there or not, whose usual cache is looked at, too.
    """
    noted = [Path(each) for _, record in runs for each in record.caches]
    usual = [cache_beside(folder) for folder in (*beside, *(folder for folder, _ in runs))]
    folders = {each.resolve() for each in (*noted, *usual)}
    return tuple(sorted(each for each in folders if (each / FILE_NAME).exists()))


def sounds_of(
    ids_in_runs: Mapping[Path, frozenset[str]], manifest: Path, ids: frozenset[str], voice: str | None
) -> Sounds:
    """Digests of somebody's recordings, as runs have heard them and, of others, as they are now.

    Parameters
    ----------
    ids_in_runs
        Their utterances in each run directory.
    ids
        Their utterances in the manifest.
    """
    found = {
        (facts.utterance_id, facts.content_sha256)
        for folder, of_run in ids_in_runs.items()
        for facts in read_audio_facts(folder) or ()
        if facts.utterance_id in of_run and facts.content_sha256 is not None
    }
    found |= set(_decoded(manifest, ids - {utterance_id for utterance_id, _ in found}))
    unknown = ids - {utterance_id for utterance_id, _ in found}
    return Sounds(frozenset(content for _, content in found), len(unknown), voice)


def _decoded(manifest: Path, ids: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(utterance_id, digest) of what no run that is left has heard."""
    from asr_fair.audio.probe import probe_audio

    try:
        sources = list(read_manifest(manifest)[0].sources()) if ids else []
    except AsrFairError:
        return
    for source in sources:
        if source.utterance_id in ids and (content := probe_audio(source).content_sha256) is not None:
            yield source.utterance_id, content


def look_in_caches(folders: Sequence[Path], sounds: Sounds) -> tuple[InCache, ...]:
    """What caches hold of somebody. Raises ConfigError for one that cannot be looked through."""
    found = []
    for folder in folders:
        with _opened(folder) as cache:
            found.append(InCache(folder, *cache.count(sounds.contents, sounds.in_clips)))
    return tuple(found)


def forget_in_caches(folders: Sequence[Path], sounds: Sounds) -> None:
    """Remove somebody from caches, so that no byte is left. Raises ConfigError for one that is in use.

    What was made up where nobody speaks goes, too: in babble that may be this person's words.
    """
    for folder in folders:
        with _opened(folder) as cache:
            cache.forget(sounds.contents | {NOBODY}, sounds.in_clips)


@contextmanager
def _opened(folder: Path) -> Iterator[TranscriptCache]:
    try:
        with TranscriptCache(folder) as cache:
            yield cache
    except CacheError as error:
        msg = (
            f"{error}. It may hold this person: if no run is using it, delete the folder {folder}, by which "
            "nothing but time is lost, and try again"
        )
        raise ConfigError(msg) from error
