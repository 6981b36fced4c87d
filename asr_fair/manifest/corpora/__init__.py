"""Importers: a public corpus, as it was published, to a manifest with its sidecar and transcripts."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.manifest.corpora.base import root_seen_from, write_sidecar
from asr_fair.manifest.sidecar import sidecar_path
from asr_fair.manifest.tables import table_ending, write_table

if TYPE_CHECKING:
    from asr_fair.manifest.corpora.base import Corpus

CORPORA = {
    "artie": "asr_fair.manifest.corpora.artie:read",
    "edacc": "asr_fair.manifest.corpora.edacc:read",
    "speechocean762": "asr_fair.manifest.corpora.speechocean762:read",
}
"""Name to `module:function`; the function takes the source folder and the corpus's own options."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import wrote, and what was dropped or changed on the way."""

    corpus: str
    manifest: Path
    sidecar: Path
    transcripts: Path | None
    n_utterances: int
    n_speakers: int
    n_transcripts: int
    systems: tuple[str, ...]
    notes: tuple[str, ...]


def import_corpus(name: str, source: Path, out: Path, /, **options: str) -> ImportSummary:
    """Write the corpus in `source` as the manifest table `out`, with its sidecar `<stem>.yaml` and, where
    the corpus brings transcripts, `<stem>.transcripts.jsonl` beside it.

    What was dropped or changed on the way is in the summary's notes and in the sidecar's description.

    Raises UnknownNameError for a corpus or an option that does not exist; ConfigError and FaultsError for
    a source that cannot be read.
    """
    read = _importer(name, options)
    table_ending(out)
    if not source.is_dir():
        msg = f"{source}: is not a folder. Name the folder that holds the corpus {name!r}"
        raise ConfigError(msg)
    corpus = read(source, **options)
    out.parent.mkdir(parents=True, exist_ok=True)
    transcripts = None
    if corpus.transcripts is not None:
        transcripts = out.with_name(f"{out.stem}.transcripts.jsonl")
        write_table(corpus.transcripts, transcripts)
    sidecar = sidecar_path(out)
    write_sidecar(_with_notes(_with_audio_root(corpus, out.parent), corpus.notes), sidecar)
    write_table(corpus.manifest, out)  # last: where a manifest is, all that belongs to it is
    return _summary(name, corpus, manifest=out, sidecar=sidecar, transcripts=transcripts)


def _importer(name: str, options: dict[str, str]) -> Callable[..., Corpus]:
    if name not in CORPORA:
        raise UnknownNameError("corpus", name, CORPORA)
    module, function = CORPORA[name].split(":")
    read: Callable[..., Corpus] = getattr(importlib.import_module(module), function)
    known = [parameter for parameter in inspect.signature(read).parameters if parameter != "source"]
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of corpus {name!r}:", option, known)
    return read


def _with_audio_root(corpus: Corpus, folder: Path) -> dict[str, Any]:
    if corpus.audio_root is None:
        return corpus.sidecar
    place = root_seen_from(folder, corpus.audio_root)
    before = {key: value for key, value in corpus.sidecar.items() if key != "dimensions"}
    return {**before, "audio_root": place, "dimensions": corpus.sidecar["dimensions"]}


def _with_notes(sidecar: dict[str, Any], notes: tuple[str, ...]) -> dict[str, Any]:
    """The sidecar whose description, which report and card print, ends with the notes."""
    if not notes:
        return sidecar
    return {**sidecar, "description": f"{sidecar['description']} On import: {'; '.join(notes)}."}


def _summary(
    name: str, corpus: Corpus, *, manifest: Path, sidecar: Path, transcripts: Path | None
) -> ImportSummary:
    systems = () if corpus.transcripts is None else tuple(sorted(corpus.transcripts["system"].unique()))
    return ImportSummary(
        corpus=name,
        manifest=manifest,
        sidecar=sidecar,
        transcripts=transcripts,
        n_utterances=len(corpus.manifest),
        n_speakers=int(corpus.manifest["speaker_id"].nunique()),
        n_transcripts=0 if corpus.transcripts is None else len(corpus.transcripts),
        systems=systems,
        notes=corpus.notes,
    )
