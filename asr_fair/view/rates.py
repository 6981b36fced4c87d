"""Whether a selection has a WER that is told: the one rule of the server's list and of the exported folder's.

A rate of few people, of what was chosen by what was heard, or of several conditions at once would be read as
a finding about a group; the report gives those, with their intervals.
"""

from __future__ import annotations

from enum import StrEnum

from asr_fair.view.query import Query
from asr_fair.view.selection import Totals


class NoRate(StrEnum):
    """Why there is none, as people read it; the exported folder's script says the same words."""

    COLUMNS = "WER: choose one condition and one system"
    CHOSEN = "no WER of what is chosen by errors, text or change"
    FEW = "no WER of so few speakers"
    PART = "no WER of a part of the transcripts"


def no_rate(query: Query, totals: Totals, least_speakers: int) -> NoRate | None:
    """Why a selection has no WER that is told; None where it has one, or no words."""
    if query.kind or query.said or query.other:
        return NoRate.CHOSEN
    if totals.n_speakers is not None and totals.n_speakers < least_speakers:
        return NoRate.FEW
    return NoRate.COLUMNS if totals.n_columns > 1 else None
