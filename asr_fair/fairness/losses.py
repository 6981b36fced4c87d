"""Outcomes that are missing or failed, counted for every group: what was lost is never dropped silently."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from asr_fair.fairness.counting.strata import Mask, Strata
from asr_fair.fairness.counting.tally import locate
from asr_fair.fairness.results import Loss

ERROR, MISSING = "error", "missing"


def count_losses(
    losses: pd.DataFrame, strata: Strata, groups: Mapping[tuple[str, str], Mask]
) -> tuple[Loss, ...]:
    """One row per (dimension, group), condition and system in which an outcome was lost.

    `losses` has one row per lost outcome: utterance_id, condition, system, kind ('error' or 'missing') and
    reason (or NA). Raises FaultsError for utterances that the manifest does not hold.
    """
    stratum = strata.of_utterance[locate(losses["utterance_id"], strata.utterance_ids, "losses")]
    return tuple(
        _loss(place, int(strata.n_utterances[members].sum()), str(condition), str(system), lost)
        for place, members in groups.items()
        for (condition, system), lost in losses[members[stratum]].groupby(
            ["condition", "system"], observed=True
        )
    )


def _loss(place: tuple[str, str], n_expected: int, condition: str, system: str, lost: pd.DataFrame) -> Loss:
    reasons = lost["reason"].dropna().value_counts()
    return Loss(
        dimension=place[0],
        group=place[1],
        condition=condition,
        system=system,
        n_expected=n_expected,
        n_errors=int((lost["kind"] == ERROR).sum()),
        n_missing=int((lost["kind"] == MISSING).sum()),
        reasons={str(reason): int(reasons[reason]) for reason in sorted(reasons.index)},
    )
