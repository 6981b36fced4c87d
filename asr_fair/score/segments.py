"""Segments of two systems' errors, counted by utterance: what MAPSSWE is made from, for any group of them.

Alignments cost some 10 µs a transcript and the walk over both as much a pair; normalising a text that the
normaliser no longer remembers costs twenty times that. So only what has errors is aligned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

import numpy as np
import pandas as pd

from asr_fair.records import SystemPair
from asr_fair.score.counts import COUNT_COLUMNS, KEY_COLUMNS
from asr_fair.score.matched_pairs import PlacedErrors, SegmentSums, place_errors, segments, sum_segments
from asr_fair.score.normalise import Normaliser

SEGMENT_COLUMNS = ("utterance_id", *SystemPair._fields, *SegmentSums._fields)


def with_errors(transcripts: pd.DataFrame, counts: pd.DataFrame, normaliser: str) -> pd.DataFrame:
    """The transcripts of utterances where some system made an error under that condition and normaliser.

    Where all were right there is no segment.
    """
    own = counts[counts["normaliser"] == normaliser]
    wrong = own.loc[own[list(COUNT_COLUMNS[:3])].any(axis=1), ["utterance_id", "condition"]]
    return transcripts.merge(wrong.drop_duplicates(), on=["utterance_id", "condition"])


def count_segments(
    references: pd.DataFrame,
    transcripts: pd.DataFrame,
    normaliser: Normaliser,
    pairs: Collection[SystemPair],
) -> pd.DataFrame:
    """Segments of each utterance under each of `pairs`.

    Parameters
    ----------
    references
        Columns utterance_id (unique) and reference.
    transcripts
        Columns utterance_id, condition, system, text, none missing, each combination once.

    Returns
    -------
    DataFrame
        SEGMENT_COLUMNS; one row per utterance, condition and pair that has a segment.
    """
    by_condition: dict[str, list[SystemPair]] = {}
    for pair in pairs:
        by_condition.setdefault(pair.condition, []).append(pair)
    rows = pd.Index(references["utterance_id"]).get_indexer(transcripts["utterance_id"])
    order = np.lexsort((transcripts["condition"], rows))
    texts = references["reference"].to_numpy(dtype=object)
    ordered = transcripts.iloc[order][[*KEY_COLUMNS, "text"]].itertuples(index=False, name=None)
    found: list[tuple[str | int, ...]] = []
    for utterance_id, of_utterance in groupby(
        zip(rows[order], ordered, strict=True), key=lambda item: item[1][0]
    ):
        of_utterance_rows = list(of_utterance)
        words = normaliser.words(texts[of_utterance_rows[0][0]])
        for condition, heard in groupby((row for _, row in of_utterance_rows), key=lambda row: row[1]):
            placed = {system: place_errors(words, normaliser.words(text)) for _, _, system, text in heard}
            found += [
                (utterance_id, *pair, *sums)
                for pair, sums in _of_pairs(placed, by_condition.get(condition, ()))
            ]
    return pd.DataFrame(found, columns=list(SEGMENT_COLUMNS))


def _of_pairs(
    placed: Mapping[str, PlacedErrors], pairs: Collection[SystemPair]
) -> Iterator[tuple[SystemPair, SegmentSums]]:
    """The segments of one utterance; a pair of which one transcript is missing has none."""
    for pair in pairs:
        if pair.system in placed and pair.other_system in placed:
            sums = sum_segments(segments(placed[pair.system], placed[pair.other_system]))
            if sums.n_segments:
                yield pair, sums
