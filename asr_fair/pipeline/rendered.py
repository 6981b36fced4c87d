"""What the renders of a run were like: a condition in the words of the results, and whether it clipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from asr_fair.fairness.results import ConditionInfo
from asr_fair.report.wording import decibels, percent

if TYPE_CHECKING:
    from asr_fair.conditions.plan import Condition

CLIPPED_SHARE = 0.01
"""Mean share of clipped samples from which a condition is warned about: there, it is part of the sound."""


def condition_infos(conditions: Sequence[Condition], renders: pd.DataFrame) -> tuple[ConditionInfo, ...]:
    """Conditions with the recipes that they are made of, and the means over their renders.

    Parameters
    ----------
    renders
        One row per utterance and condition: the columns of `RenderRecord`.
    """
    return with_means(map(_info, conditions), renders)


def with_means(infos: Iterable[ConditionInfo], renders: pd.DataFrame) -> tuple[ConditionInfo, ...]:
    """The same conditions with the means over these renders."""
    names = ["clipped_share", "speech_level_db"]
    means = renders.groupby(["condition", "recipe_digest"])[names].mean()
    return tuple(
        each.model_copy(update={name: _number(means[name].get((each.name, each.digest))) for name in names})
        for each in infos
    )


def clipping_warnings(conditions: Sequence[ConditionInfo]) -> Iterator[str]:
    """A sentence for each condition whose sound is clipped so much that errors may come from that."""
    for each in conditions:
        if each.clipped_share is None or each.clipped_share < CLIPPED_SHARE:
            continue
        level = each.speech_level_db
        loud = "" if level is None else f" (speech has {decibels(round(level))}FS before it is recorded)"
        yield (
            f"{each.name}: {percent(each.clipped_share)} of the samples are clipped in the mean{loud}. "
            "Unless the place is like that, lower the handset's gain, or take a room that rings less"
        )


def _info(condition: Condition) -> ConditionInfo:
    room = None if condition.room is None else condition.room.room
    profile = None if condition.noise is None else condition.noise.profile
    handset = condition.handset
    return ConditionInfo(
        name=condition.name,
        title=condition.title,
        room=None if room is None else room.id,
        room_title=None if room is None else room.title,
        room_version=None if room is None else room.version,
        profile=None if profile is None else profile.id,
        profile_title=None if profile is None else profile.title,
        profile_version=None if profile is None else profile.version,
        snr_db=condition.snr_db,
        handset=None if handset is None else handset.id,
        handset_title=None if handset is None else handset.title,
        handset_version=None if handset is None else handset.version,
        digest=condition.digest,
    )


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
