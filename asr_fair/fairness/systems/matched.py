"""MAPSSWE by group: the segments of its utterances added up, for comparability only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from asr_fair.fairness.counting.strata import Integers, Mask, Strata
from asr_fair.fairness.counting.tally import locate
from asr_fair.fairness.results import MatchedPairsRow, Status
from asr_fair.records import SystemPair
from asr_fair.score.matched_pairs import MatchedPairs, SegmentSums, matched_pairs_of

FIGURES = ("n_segments", "n_errors", "n_errors_other", "mean", "sd", "z", "p_value")


def matched_pairs_rows(
    segments: pd.DataFrame | None,
    strata: Strata,
    groups: Mapping[tuple[str, str], Mask],
    pairs: Sequence[SystemPair],
    *,
    normaliser: str,
) -> Iterator[MatchedPairsRow]:
    """One row per (dimension, group) and pair of systems; `skipped` where `segments` is None.

    `segments` has one row per utterance_id, condition, system and other_system, with the fields of
    `SegmentSums` (`score.segments.count_segments`).
    """
    sums = None if segments is None else _by_stratum(segments, strata, pairs)
    for (dimension, group), members in groups.items():
        for number, pair in enumerate(pairs):
            place: dict[str, Any] = {
                "dimension": dimension,
                "group": group,
                **pair._asdict(),
                "normaliser": normaliser,
            }
            if sums is None:
                nothing: dict[str, Any] = dict.fromkeys(FIGURES)
                yield MatchedPairsRow(**place, **nothing, status=Status.SKIPPED)
                continue
            found = matched_pairs_of(SegmentSums(*sums[:, number, members].sum(axis=1).tolist()))
            yield MatchedPairsRow(
                **place,
                n_segments=found.n_segments,
                n_errors=found.errors[0],
                n_errors_other=found.errors[1],
                mean=found.mean,
                sd=found.sd,
                z=found.z,
                p_value=found.p_value,
                status=_status(found),
            )


def _by_stratum(segments: pd.DataFrame, strata: Strata, pairs: Sequence[SystemPair]) -> Integers:
    """Sums by field, pair and stratum, shape (n_fields, M, T)."""
    stratum = strata.of_utterance[locate(segments["utterance_id"], strata.utterance_ids, "segments")]
    number = {pair: position for position, pair in enumerate(pairs)}
    names = segments[list(SystemPair._fields)].itertuples(index=False, name=None)
    key = np.array([number[SystemPair(*name)] for name in names], np.int64) * len(strata.speakers) + stratum
    shape = (len(pairs), len(strata.speakers))
    size = shape[0] * shape[1]
    # bincount adds in float64, which is exact for integers below 2**53.
    sums = [
        np.bincount(key, weights=segments[field], minlength=size).reshape(shape)
        for field in SegmentSums._fields
    ]
    return np.stack(sums).astype(np.int64)


def _status(found: MatchedPairs) -> Status:
    if not found.n_segments:
        return Status.NO_ERRORS
    return Status.NO_INTERVAL if found.z is None else Status.OK
