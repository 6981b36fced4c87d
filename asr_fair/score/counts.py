"""From transcripts to counts: one row of integers per transcript and normaliser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asr_fair.errors import AsrFairError
from asr_fair.records import ErrorCounts
from asr_fair.score.align import count_word_errors
from asr_fair.score.normalise import Normaliser

KEY_COLUMNS = ("utterance_id", "condition", "system")
COUNT_COLUMNS = ("substitutions", "deletions", "insertions", "hits")

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of transcripts scored since the last call."""

PROGRESS_STEP = 5_000


def count_errors(
    references: pd.DataFrame,
    transcripts: pd.DataFrame,
    normalisers: Sequence[Normaliser],
    *,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Word error counts of every transcript under every normaliser.

    Parameters
    ----------
    references : DataFrame
        Columns utterance_id (unique) and reference (text; may be empty).
    transcripts : DataFrame
        Columns utterance_id, condition, system, text. Rows whose text is missing are losses and are not
        counted; an empty text is a transcript of no words.
    normalisers : sequence of Normaliser
        Each is applied to references and transcripts alike.
    progress : callable, optional
        Called with the number of transcripts scored since the last call.

    Returns
    -------
    DataFrame
        Columns utterance_id, condition, system, normaliser, substitutions, deletions, insertions, hits
        (int64); the transcripts' order within each normaliser.

    Raises
    ------
    AsrFairError
        For a transcript whose utterance has no reference.
    """
    scored = transcripts.loc[transcripts["text"].notna(), [*KEY_COLUMNS, "text"]].reset_index(drop=True)
    rows = pd.Index(references["utterance_id"]).get_indexer(scored["utterance_id"])
    _refuse_unknown(scored.loc[rows < 0, "utterance_id"])
    # Transcripts of one utterance stand together, so that its reference is normalised once.
    order = np.argsort(rows, kind="stable")
    reference_texts = references["reference"].to_numpy(dtype=object)[rows[order]]
    texts = scored["text"].to_numpy(dtype=object)[order]
    tables = []
    for normaliser in normalisers:
        counts = np.empty((len(scored), len(COUNT_COLUMNS)), dtype=np.int64)
        counts[order] = _count_pairs(reference_texts, texts, normaliser, progress)
        table = scored[list(KEY_COLUMNS)].assign(normaliser=normaliser.name)
        table[list(COUNT_COLUMNS)] = counts
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _count_pairs(
    references: NDArray[np.object_],
    texts: NDArray[np.object_],
    normaliser: Normaliser,
    progress: Progress | None,
) -> NDArray[np.int64]:
    """Counts in the order of COUNT_COLUMNS, shape = (n_pairs, 4); equal references should be neighbours."""
    counts = np.empty((len(texts), len(COUNT_COLUMNS)), dtype=np.int64)
    last_reference: str | None = None
    words: list[str] = []
    for row, (reference, text) in enumerate(zip(references, texts, strict=True)):
        if reference is not last_reference:
            words, last_reference = normaliser.words(reference), reference
        counts[row] = _as_row(count_word_errors(words, normaliser.words(text)))
        if progress is not None and (row + 1) % PROGRESS_STEP == 0:
            progress(PROGRESS_STEP)
    if progress is not None:
        progress(len(texts) % PROGRESS_STEP)
    return counts


def _as_row(counts: ErrorCounts) -> tuple[int, int, int, int]:
    return counts.substitutions, counts.deletions, counts.insertions, counts.hits


def _refuse_unknown(utterance_ids: pd.Series[str]) -> None:
    if not utterance_ids.empty:
        msg = (
            f"{len(utterance_ids)} transcripts are of utterances that have no reference, "
            f"such as {utterance_ids.iloc[0]!r}. Score them with the manifest that they were made from"
        )
        raise AsrFairError(msg)
