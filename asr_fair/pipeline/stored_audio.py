"""What was found of each recording, kept beside its transcripts: they can be evaluated without audio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from asr_fair.files import write_parquet
from asr_fair.records import AudioFacts

AUDIO_NAME = "audio.parquet"
_SCHEMA = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("duration_s", pa.float64()),
        ("content_sha256", pa.string()),
        ("reason", pa.string()),
    ]
)


def write_audio_facts(facts: Iterable[AudioFacts], folder: Path) -> None:
    """Write `audio.parquet`: a row for each recording; no message, which would name its path."""
    rows = [{name: value for name, value in asdict(each).items() if name != "message"} for each in facts]
    write_parquet(pa.Table.from_pylist(rows, schema=_SCHEMA), folder / AUDIO_NAME)


def read_audio_facts(folder: Path) -> list[AudioFacts] | None:
    """The facts in `audio.parquet`, in its order; None where an earlier version made the run."""
    path = folder / AUDIO_NAME
    if not path.is_file():
        return None
    return [AudioFacts(**row) for row in pq.read_table(path, schema=_SCHEMA).to_pylist()]
