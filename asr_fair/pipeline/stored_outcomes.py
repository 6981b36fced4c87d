"""The outcomes of a run, one at a time: which there are is known, what they say is read when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from asr_fair.pipeline.held import Held
from asr_fair.pipeline.stored_run import OUTCOME_KEY, read_stored, valid_outcomes

BYTES_HELD = 512 * 2**20
"""Of row groups that were read: texts of some five million short utterances."""


class StoredOutcomes:
    """The rows of all parts, numbered in the order of writing; what was read last is kept."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._parts = tuple(parts)
        self._groups: dict[int, np.ndarray[Any, np.dtype[np.int64]]] = {}
        self._held = Held[pa.Table](BYTES_HELD, lambda table: int(table.nbytes))

    @cached_property
    def index(self) -> pd.DataFrame:
        """OUTCOME_KEY as categories and error, of the outcomes that count; the index is the row's number."""
        columns = [*OUTCOME_KEY, "error"]
        tables = [read_stored(path, columns=columns, read_dictionary=OUTCOME_KEY) for path in self._parts]
        # A column of nothing but nulls has no type of its own in a table that was handed in.
        schema = pa.schema([*((name, pa.dictionary(pa.int32(), pa.string())) for name in OUTCOME_KEY)])
        schema = schema.append(pa.field("error", pa.string()))
        whole = pa.concat_tables([table.cast(schema) for table in tables]).to_pandas()
        return valid_outcomes(whole)

    def at(self, number: int) -> dict[str, Any]:
        """One outcome with all its columns, by its number in `index`."""
        part = int(np.searchsorted(self._starts, number, side="right")) - 1
        row = number - int(self._starts[part])
        groups = self._group_starts(part)
        group = int(np.searchsorted(groups, row, side="right")) - 1
        found: dict[str, Any] = self._group(part, group).slice(row - int(groups[group]), 1).to_pylist()[0]
        return found

    def texts(self) -> pa.Array:
        """The text of every row by its number, null where there is none: all at once, nothing is kept."""
        parts = [read_stored(path, columns=["text"])["text"].cast(pa.large_string()) for path in self._parts]
        chunks = [chunk for part in parts for chunk in part.chunks]
        return pa.chunked_array(chunks, pa.large_string()).combine_chunks()

    @cached_property
    def _starts(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Number of the first row of each part."""
        sizes = [pq.read_metadata(path).num_rows for path in self._parts]
        return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[:-1]

    def _group_starts(self, part: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Number of the first row of each row group of a part."""
        if part not in self._groups:
            metadata = pq.read_metadata(self._parts[part])
            sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
            self._groups[part] = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])[:-1]
        return self._groups[part]

    def _group(self, part: int, group: int) -> pa.Table:
        def read() -> pa.Table:
            with pq.ParquetFile(self._parts[part]) as file:
                return file.read_row_group(group)

        return self._held.get((part, group), read)
