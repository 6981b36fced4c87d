"""Which rows hold a text, in what somebody wrote down or in what was heard: as it stands, case apart.

Texts are read when somebody looks for one, and kept in memory: a million short ones take some 70 MB.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from asr_fair.fairness.counting.strata import Mask
from asr_fair.pipeline.stored_outcomes import StoredOutcomes
from asr_fair.view.catalogue import Catalogue


class Texts:
    """References and transcripts of a catalogue in small letters."""

    def __init__(self, catalogue: Catalogue, references: pd.Series[str], outcomes: StoredOutcomes) -> None:
        self._catalogue = catalogue
        self._written = references
        self._outcomes = outcomes

    def load(self) -> None:
        """Read everything, before somebody waits for it."""
        _ = self._references, self._transcripts

    def matching(self, text: str, wanted: Mask) -> Mask:
        """Of the wanted rows those that hold a text; shape = (C × U,)."""
        asked, n_utterances = text.lower(), self._catalogue.n_utterances
        said = _holds(self._references, asked)
        found = np.zeros_like(wanted)
        for column in range(len(self._catalogue.columns)):
            own = slice(column * n_utterances, (column + 1) * n_utterances)
            if wanted[own].any():
                heard = _holds(self._transcripts.slice(own.start, n_utterances), asked)
                found[own] = wanted[own] & (said | heard)
        return found

    @cached_property
    def _references(self) -> pa.Array:
        """Shape = (U,)."""
        return pc.utf8_lower(pa.array(self._written, pa.large_string()))

    @cached_property
    def _transcripts(self) -> pa.Array:
        """Null where there is none; shape = (C × U,)."""
        numbers = self._catalogue.outcomes
        rows = pa.array(numbers, mask=numbers < 0)
        return pc.utf8_lower(self._outcomes.texts().take(rows))


def _holds(texts: pa.Array, asked: str) -> Mask:
    found: Mask = pc.match_substring(texts, asked).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    return found
