"""A checked manifest: a typed table and its sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import AsrFairError
from asr_fair.manifest.sidecar import Sidecar, Use
from asr_fair.records import AudioSource


@dataclass(frozen=True)
class Manifest:
    """Who said what, on what.

    Attributes
    ----------
    table : DataFrame
        One row per utterance: the columns of `sidecar.CORE_COLUMNS` (None where absent; `audio` as an
        absolute path or URL) and one column per dimension, whose cells are tuples of group names.
    sidecar : Sidecar
        What the data is, and where each label comes from.
    digest : str
        SHA-256 over the bytes of the table and of the sidecar.
    lines : array of int64, shape = (n_utterances,)
        Line of the file on which each row begins, counted from 1; for Parquet, the number of the row.
    name : str
        Path of the table, for faults.
    """

    table: pd.DataFrame
    sidecar: Sidecar
    digest: str
    lines: NDArray[np.int64]
    name: str

    @property
    def has_speakers(self) -> bool:
        """Whether rows say who spoke; without it there are rates, but no intervals and no verdicts."""
        return bool(self.table["speaker_id"].notna().any())

    @property
    def clusters(self) -> pd.Series[str]:
        """The unit of evidence: the declared coarser cluster where there is one, else the speaker."""
        clusters = self.table["cluster"]
        return clusters.where(clusters.notna(), self.table["speaker_id"])

    def groups(self, dimension: str) -> tuple[str, ...]:
        """Names of the groups that a dimension has in this table, in alphabetical order."""
        return tuple(sorted(self.table[dimension].explode().dropna().unique()))

    def sources(self) -> Iterator[AudioSource]:
        """Where each utterance's audio lies, in the table's order; rows without id or audio are left out."""
        columns = ["utterance_id", "audio", "start_s", "duration_s", "audio_sha256"]
        located = self.table[columns].dropna(subset=["utterance_id", "audio"])
        for utterance_id, path, start_s, duration_s, sha256 in located.itertuples(index=False):
            yield AudioSource(utterance_id, path, _number(start_s), _number(duration_s), sha256)

    def require(self, use: Use, *, why: str) -> None:
        """Raise AsrFairError unless `permitted_use` holds `use`."""
        if use not in self.sidecar.permitted_use:
            msg = (
                f"manifest {self.sidecar.name!r}: {why}, but its permitted_use does not hold {use.value!r}. "
                "Ask the people recorded, then add it to the sidecar"
            )
            raise AsrFairError(msg)


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
