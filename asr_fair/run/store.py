"""The files of a run: appended while workers answer, read again when a run continues."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from asr_fair.errors import ConfigError
from asr_fair.files import OUTCOMES_PER_GROUP, write_parquet
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.batch import OutcomeKey
from asr_fair.run.worker import PASSING_FAULTS, BatchResult, Timing

KEY = ["utterance_id", "condition", "system"]
RENDER_KEY = ["utterance_id", "condition"]
_ARROW_TYPES = {
    "str": pa.string(),
    "float": pa.float64(),
    "Seconds": pa.float64(),
    "Decibels": pa.float64(),
    "int": pa.int64(),
}


def schema_of(record: type) -> pa.Schema:
    """Arrow schema of a frozen record, so that a part in which a column is all null still has its type."""
    return pa.schema(
        [(each.name, _ARROW_TYPES[str(each.type).split(" | ")[0]]) for each in dataclasses.fields(record)]
    )


SCHEMAS = {
    "transcripts": schema_of(Outcome),
    "renders": schema_of(RenderRecord),
    "timings": schema_of(Timing),
}

UNIQUE: Mapping[str, list[str] | None] = MappingProxyType({"renders": RENDER_KEY, "timings": None})
"""What is needed once: every system hears the same render; no two batches share a timing."""


class RunStore:
    """Outcomes, render records and timings of one run directory.

    While a run goes on, each flush adds one part per table, the transcripts last: a killed run leaves
    whole parts only, and no transcript without the record of its render. `compact` joins them.
    """

    def __init__(self, folder: Path, *, reads_only: bool = False) -> None:
        """`reads_only`: a run may be writing there at this moment; its unfinished files are left alone."""
        self.folder = folder
        self._next_part = 1 + max(
            (int(path.stem.removeprefix("part-")) for path in folder.glob("*/part-*.parquet")), default=-1
        )
        leftovers = () if reads_only else (*folder.glob("*.tmp"), *folder.glob("*/*.tmp"))
        for leftover in leftovers:
            leftover.unlink()

    def append(self, results: Sequence[BatchResult]) -> None:
        """Write the results of some batches as one part."""
        rows: dict[str, list[Any]] = {
            "renders": [record for result in results for record in result.renders],
            "timings": [result.timing for result in results],
            "transcripts": [outcome for result in results for outcome in result.outcomes],
        }
        for table, records in rows.items():
            self._write_part(table, [dataclasses.asdict(record) for record in records])
        self._next_part += 1

    def append_outcomes(self, outcomes: Iterable[Outcome], renders: Iterable[RenderRecord] = ()) -> None:
        """Write outcomes that no batch made: recordings that cannot be used, texts of other runs."""
        self._write_part("renders", [dataclasses.asdict(record) for record in renders])
        self._write_part("transcripts", [dataclasses.asdict(outcome) for outcome in outcomes])
        self._next_part += 1

    def _write_part(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            path = self.folder / table / f"part-{self._next_part:06d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(pa.Table.from_pylist(rows, schema=SCHEMAS[table]), path)

    def outcomes(self, cache_keys: Collection[str]) -> pd.DataFrame:
        """All outcomes that were made under these cache keys, one row per key.

        Of several, the first text that was written counts: a batch that was run again keeps its old
        texts. Where there is none, the last error counts.
        """
        outcomes = self._read("transcripts")
        valid = outcomes[outcomes["cache_key"].isin(cache_keys)]
        texts, errors = valid[valid["error"].isna()], valid[valid["error"].notna()]
        # Errors backwards, so that the first one kept is the last one written.
        ordered = pd.concat([texts, errors.iloc[::-1]])
        return ordered.drop_duplicates(KEY, keep="first").sort_index().reset_index(drop=True)

    def done(self, cache_keys: Collection[str]) -> set[OutcomeKey]:
        """Keys of the outcomes that need not be made again: texts, and faults of the recordings.

        A text without the record of its render is made again, so that every text has one.
        """
        outcomes = self.outcomes(cache_keys)
        settled = outcomes[~outcomes["error"].isin(PASSING_FAULTS)]
        rendered = pd.MultiIndex.from_frame(self._read("renders")[RENDER_KEY])
        recorded = pd.MultiIndex.from_frame(settled[RENDER_KEY]).isin(rendered)
        return set(settled.loc[settled["error"].notna() | recorded, KEY].itertuples(index=False, name=None))

    def reused(self, cache_keys: Collection[str]) -> set[OutcomeKey]:
        """Keys of the texts that no batch of this run made: they came from the cache of other runs."""
        outcomes = self.outcomes(cache_keys)
        reused = outcomes["error"].isna() & outcomes["batch_id"].isna()
        return set(outcomes.loc[reused, KEY].itertuples(index=False, name=None))

    def renders(self) -> pd.DataFrame:
        """What was done to each utterance under each condition: the columns of `RenderRecord`."""
        return self._read("renders")

    def timings(self) -> pd.DataFrame:
        """How long each batch took: the columns of `Timing`."""
        return self._read("timings").drop_duplicates(ignore_index=True)

    def compact(self) -> None:
        """Turn many parts into few files: `renders.parquet`, `timings.parquet`, one part of transcripts.

        What is joined is in place before a part goes, so a kill in between leaves rows twice and loses none;
        `outcomes`, `renders` and `timings` count such a row once, and the next call removes it.
        """
        for table, key in UNIQUE.items():
            whole = self.folder / f"{table}.parquet"
            parts = self._parts(table)
            if parts:
                frame = self._read(table).drop_duplicates(key, keep="first", ignore_index=True)
                write_parquet(pa.Table.from_pandas(frame, schema=SCHEMAS[table], preserve_index=False), whole)
            _remove(parts)
            if (self.folder / table).is_dir():
                (self.folder / table).rmdir()
        parts = self._parts("transcripts")
        if len(parts) > 1:
            joined = pa.concat_tables([_read_part(path, SCHEMAS["transcripts"]) for path in parts])
            write_parquet(joined, parts[0], rows_per_group=OUTCOMES_PER_GROUP)
            # From the first on: what is left comes last in the order of writing, as it did before.
            _remove(parts[1:])

    def _parts(self, table: str) -> list[Path]:
        return sorted((self.folder / table).glob("part-*.parquet"))

    def _read(self, table: str) -> pd.DataFrame:
        paths = [self.folder / f"{table}.parquet", *self._parts(table)]
        tables = [_read_part(path, SCHEMAS[table]) for path in paths if path.is_file()]
        whole = pa.concat_tables(tables) if tables else SCHEMAS[table].empty_table()
        frame: pd.DataFrame = whole.to_pandas()
        return frame


def _remove(parts: Iterable[Path]) -> None:
    for path in parts:
        path.unlink()


def _read_part(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        return pq.read_table(path, schema=schema)
    except (OSError, pa.ArrowException) as error:
        msg = f"{path}: cannot be read ({error}). Remove this file: what it held is made again"
        raise ConfigError(msg) from error
