"""`batches.parquet`: who is transcribed in whose company, fixed before a run starts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from asr_fair.asr.windows import n_windows
from asr_fair.errors import ConfigError
from asr_fair.files import write_parquet
from asr_fair.pipeline.prepare import Prepared
from asr_fair.run.batch import partition

BATCHES_NAME = "batches.parquet"


def fixed_partition(prepared: Prepared, folder: Path) -> dict[str, list[list[str]]]:
    """Per system the utterance ids of each block: as the run directory has them, else made and stored.

    They are read back, not made again: a person who was taken out leaves a gap and changes no company.
    Raises ConfigError where the file is not of this run.
    """
    path = folder / BATCHES_NAME
    usable = {each.utterance_id: each.duration_s or 0.0 for each in prepared.audio.values() if each.usable}
    if path.is_file():
        table = _read(path)
        held = {name: set(of_system["utterance_id"]) for name, of_system in table.groupby("system")}
        if held != {name: set(usable) for name in prepared.engines if usable}:
            msg = f"{path}: does not hold each utterance of this run. Remove this file: it is made again"
            raise ConfigError(msg)
        return _blocks_by_system(table)
    blocks = {
        name: partition(usable, n_windows, batch_windows=info.batch_windows)
        for name, info in prepared.engines.items()
    }
    write_parquet(pa.Table.from_pandas(_table(blocks), preserve_index=False), path)
    return blocks


def _table(blocks: dict[str, list[list[str]]]) -> pd.DataFrame:
    rows = [
        (name, utterance_id, number)
        for name, of_system in blocks.items()
        for number, ids in enumerate(of_system)
        for utterance_id in ids
    ]
    return pd.DataFrame(rows, columns=["system", "utterance_id", "block"])


def _blocks_by_system(table: pd.DataFrame) -> dict[str, list[list[str]]]:
    return {
        str(system): [list(ids) for _, ids in of_system.groupby("block")["utterance_id"]]
        for system, of_system in table.groupby("system", sort=False)
    }


def _read(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except (OSError, pa.ArrowException) as error:
        msg = f"{path}: cannot be read ({error}). Remove this file: it is made again"
        raise ConfigError(msg) from error
    return frame
