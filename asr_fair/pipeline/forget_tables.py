"""The tables of a run directory without some utterances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from asr_fair.files import write_parquet
from asr_fair.pipeline.provenance import COUNTS_NAME
from asr_fair.pipeline.stored_audio import AUDIO_NAME

REMOVED = "removed"
"""In place of the name of a voice that was heard as babble."""

BATCH_KEY = ("batch_id", "system", "condition")


def take_out(folder: Path, ids: frozenset[str], voice: str | None) -> tuple[str, ...]:
    """Take utterances out of every table but the manifest; conditions in whose babble `voice` was heard.

    `voice`: how the person is called in the records of babble, None where others go by that name, too. Each
    file is written whole or not at all; what is out already is passed over, so that a second call finishes.
    """
    batches = _batches_of(folder, ids)
    for path in _tables(folder, "timings"):
        _rewrite(path, _with_key(_read(path), batches))
    heard: set[str] = set()
    for path in _tables(folder, "renders"):
        table = _read(path)
        heard |= _conditions_with(table, ids, voice)
        _rewrite(path, _without_voice(_kept(table, ids), voice))
    for path in (*_tables(folder, "transcripts"), folder / "batches.parquet", folder / COUNTS_NAME):
        if path.is_file():
            _rewrite(path, _kept(_read(path), ids))
    if (folder / AUDIO_NAME).is_file():
        _rewrite(folder / AUDIO_NAME, _kept(_read(folder / AUDIO_NAME), ids))
    return tuple(sorted(heard))


def holds(folder: Path, ids: frozenset[str]) -> bool:
    """Whether any transcript is of these utterances."""
    return any(len(_kept(table, ids)) < len(table) for table in map(_read, _tables(folder, "transcripts")))


def _tables(folder: Path, name: str) -> Iterator[Path]:
    """A table of the run: one file, or parts while the run goes on."""
    whole = folder / f"{name}.parquet"
    if whole.is_file():
        yield whole
    yield from sorted((folder / name).glob("part-*.parquet"))


def _read(path: Path) -> pa.Table:
    with path.open("rb") as file:
        return pq.read_table(file)


def _kept(table: pa.Table, ids: frozenset[str]) -> pa.Table:
    return table.filter(pc.invert(_is_of(table, ids)))


def _is_of(table: pa.Table, ids: frozenset[str]) -> pa.ChunkedArray:
    return pc.is_in(table["utterance_id"].cast(pa.string()), value_set=pa.array(sorted(ids), pa.string()))


def _rewrite(path: Path, kept: pa.Table) -> None:
    """Write what is kept, unless that is what is there; a part of which nothing is left goes."""
    if path.parent.name == "transcripts" and not len(kept):
        path.unlink()
    elif not kept.equals(_read(path)):
        write_parquet(kept, path)


def _batches_of(folder: Path, ids: frozenset[str]) -> set[tuple[object, ...]]:
    """Batches that held one of the utterances: how long such a batch took tells how long they are."""
    found: set[tuple[object, ...]] = set()
    for table in map(_read, _tables(folder, "transcripts")):
        if "batch_id" in table.column_names:
            rows = table.filter(_is_of(table, ids)).select(BATCH_KEY).to_pydict()
            found |= set(zip(*rows.values(), strict=True))
    return found


def _with_key(table: pa.Table, gone: set[tuple[object, ...]]) -> pa.Table:
    """The rows of other batches."""
    keys = zip(*table.select(BATCH_KEY).to_pydict().values(), strict=True)
    return table.filter(pa.array([key not in gone for key in keys], pa.bool_()))


def _conditions_with(table: pa.Table, ids: frozenset[str], voice: str | None) -> set[str]:
    """Conditions in which somebody else was heard beside the voice, which may be called `removed` by now."""
    others = _kept(table, ids).select(["condition", "clips"]).to_pydict()
    pattern = voice_in_clips(voice or REMOVED)
    return {
        condition
        for condition, clips in zip(others["condition"], others["clips"], strict=True)
        if clips is not None and (pattern.search(clips) or voice_in_clips(REMOVED).search(clips))
    }


def _without_voice(table: pa.Table, voice: str | None) -> pa.Table:
    """The records with the voice's name taken out; what was heard, and from where on, stays."""
    if voice is None:
        return table
    pattern = voice_in_clips(voice)
    clips = [
        None if each is None else pattern.sub(f"{REMOVED} from", each) for each in table["clips"].to_pylist()
    ]
    place = table.column_names.index("clips")
    return table.set_column(place, table.schema.field("clips"), pa.array(clips, pa.string()))


def voice_in_clips(voice: str) -> re.Pattern[str]:
    """The voice in a record such as 'a from 1.250 s; b from 0.000 s'."""
    return re.compile(rf"(?:^|(?<=; )){re.escape(voice)} from(?= \d+\.\d+ s(?:; |$))")
