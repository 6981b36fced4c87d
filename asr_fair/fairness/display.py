"""What may be shown of a group: the one place where thin groups are kept out of every output.

Functions and `results.json` hold everything; a report, card or table shows a row only if `shows` says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum, StrEnum
from typing import TypeAlias

from asr_fair.config import Thresholds
from asr_fair.fairness.results import (
    Comparison,
    DimensionInfo,
    Figure,
    GroupInfo,
    ModelRow,
    Robustness,
    Standardised,
    SystemComparison,
)
from asr_fair.records import REST


class Visibility(IntEnum):
    """How much of a group is shown; a higher level shows all that a lower one does."""

    HIDDEN = 0  # that the group exists, and nothing else
    COUNTS_ONLY = 1  # speakers, utterances, words
    INDICATIVE = 2  # rates, marked as such; no verdict
    FULL = 3


class Flag(StrEnum):
    """What a reader must know about a group whose rates are shown; reports explain each once."""

    NO_SPEAKERS = "speakers not known"
    INDICATIVE = "indicative"
    FEW_WORDS = "few words"
    DOMINANT_SPEAKER = "one speaker dominates"


Visibilities: TypeAlias = Mapping[str, Visibility]
"""Visibility of each group of one dimension."""


def visibility(n_speakers: int | None, n_words: int, limits: Thresholds) -> Visibility:
    """What this much evidence allows to show (methods section 2, display rules).

    `n_speakers` with reference words: a rate says nothing of who was recorded without saying a word.
    Without known speakers (None) rates are shown as indicative: they carry no interval and no verdict.
    """
    if n_speakers is None:
        return Visibility.INDICATIVE
    if n_speakers < limits.min_speakers_counted:
        return Visibility.HIDDEN
    if n_speakers < limits.min_speakers_shown:
        return Visibility.COUNTS_ONLY
    if n_speakers < limits.min_speakers_full or n_words < limits.min_words_full:
        return Visibility.INDICATIVE
    return Visibility.FULL


def for_report(dimension: DimensionInfo, limits: Thresholds) -> dict[str, Visibility]:
    """Visibility of each group in what stays with those who hold the data, alike in all conditions."""
    return {group.name: visibility(group.n_heard, group.n_words, limits) for group in dimension.groups}


def for_card(
    dimension: DimensionInfo, limits: Thresholds, never: Collection[str] = ()
) -> dict[str, Visibility]:
    """Visibility of each group in what is handed out, alike in all conditions.

    A group needs `card_min_speakers`, which nobody can vouch for where speakers are not known. The next
    smallest groups are hidden with those that are not shown until the total less the others reveals none.
    `never`: groups that may not be shown for another reason.
    """
    seen = for_report(dimension, limits)
    for group in dimension.groups:
        too_few = group.n_heard is None or group.n_heard < limits.card_min_speakers
        if too_few or group.name in never:
            seen[group.name] = Visibility.HIDDEN
    by_size = sorted(
        (group for group in dimension.groups if seen[group.name] >= Visibility.INDICATIVE),
        key=lambda group: (group.n_heard or 0, group.n_words, group.name),
    )
    for group in by_size:
        if _conceal_each_other(_hidden_groups(dimension, seen), limits):
            break
        seen[group.name] = Visibility.HIDDEN
    return seen


def as_expected(dimension: DimensionInfo) -> DimensionInfo:
    """The dimension as the manifest has it: what its groups were before anything was lost.

    Losses are told by this size: a group of which nothing is left would otherwise vanish with its losses.
    """
    groups = tuple(
        group.model_copy(
            update={
                "n_speakers": group.n_speakers_expected,
                "n_speakers_with_words": None,
                "n_utterances": group.n_utterances_expected,
            }
        )
        for group in dimension.groups
    )
    return dimension.model_copy(update={"groups": groups})


def as_present(dimension: DimensionInfo) -> DimensionInfo:
    """The dimension as if everybody with a transcript had said a word: tells losses from silence."""
    groups = tuple(group.model_copy(update={"n_speakers_with_words": None}) for group in dimension.groups)
    return dimension.model_copy(update={"groups": groups})


def shows(
    row: Figure | Comparison | ModelRow | Standardised | Robustness,
    seen: Visibilities,
    dimension: DimensionInfo,
    limits: Thresholds,
) -> bool:
    """Whether a row of this dimension may be shown: its group may, and so may what it is compared with.

    A ratio beside one of its sides reveals the other side.
    """
    return shows_against(row.group, row.versus, seen, dimension, limits)


def shows_against(
    group: str, versus: str | None, seen: Visibilities, dimension: DimensionInfo, limits: Thresholds
) -> bool:
    """Whether a group may be shown beside `versus` (None: by itself)."""
    if seen[group] < Visibility.INDICATIVE:
        return False
    if versus is None:
        return True
    if versus != REST:
        return seen[versus] >= Visibility.INDICATIVE
    return _shows_rest(group, seen, dimension, limits)


def public_part(
    row: SystemComparison, seen: Visibilities, dimension: DimensionInfo, limits: Thresholds
) -> SystemComparison | None:
    """What may be shown of two systems in a group: not the gap where the other side is hidden.

    Fewer speakers may be left where both systems must have transcribed the same than either has alone.
    """
    left = visibility(row.n_speakers, row.n_words, limits)
    if min(seen[row.group], left) < Visibility.INDICATIVE:
        return None
    gap = row.gap_difference
    if gap is None:
        return row
    shown = visibility(gap.n_speakers, gap.n_words, limits) >= Visibility.INDICATIVE and shows_against(
        row.group, gap.versus, seen, dimension, limits
    )
    return row if shown else row.model_copy(update={"gap_difference": None})


def shows_summary(dimension: DimensionInfo, seen: Visibilities) -> bool:
    """Whether figures over all declared groups may be shown; with a hidden one they tell of it.

    Reserved groups have no part in them.
    """
    return all(dimension.is_reserved(group.name) for group in _hidden_groups(dimension, seen))


def _shows_rest(group: str, seen: Visibilities, dimension: DimensionInfo, limits: Thresholds) -> bool:
    """Whether the rest of a shown group reveals no hidden one.

    The rest holds declared groups only. It must hold a shown one, else it is the hidden ones. And where both
    declared and reserved groups are hidden, the rest tells the ones from the others, so that each kind must
    conceal its own.
    """
    others_shown = any(
        name != group and not dimension.is_reserved(name) and level >= Visibility.INDICATIVE
        for name, level in seen.items()
    )
    hidden = _hidden_groups(dimension, seen)
    reserved = [one for one in hidden if dimension.is_reserved(one.name)]
    declared = [one for one in hidden if not dimension.is_reserved(one.name)]
    told_apart = bool(reserved and declared)
    concealed = all(_conceal_each_other(kind, limits) for kind in (reserved, declared))
    return others_shown and (concealed or not told_apart)


def _hidden_groups(dimension: DimensionInfo, seen: Visibilities) -> list[GroupInfo]:
    """Groups whose rates are hidden; one without any data has none to hide, and hides no other."""
    return [
        group
        for group in dimension.groups
        if seen[group.name] < Visibility.INDICATIVE and group.n_utterances > 0
    ]


def _conceal_each_other(hidden: Collection[GroupInfo], limits: Thresholds) -> bool:
    """Whether the sum over hidden groups, which subtraction gives away, is no group's and no few people's."""
    n_heard = sum(group.n_heard or 0 for group in hidden)
    # Beside a group without words a single other is not concealed: it must be one that may be shown.
    enough = max(limits.card_min_speakers, limits.min_speakers_shown)
    return not hidden or (len(hidden) >= 2 and n_heard >= enough)


def flags(group: GroupInfo, limits: Thresholds) -> tuple[Flag, ...]:
    """What to say beside a group whose rates are shown."""
    level = visibility(group.n_heard, group.n_words, limits)
    share = group.largest_speaker_share
    found = {
        Flag.NO_SPEAKERS: group.n_heard is None,
        Flag.INDICATIVE: group.n_heard is not None and level is Visibility.INDICATIVE,
        Flag.FEW_WORDS: group.n_words < limits.few_words,
        Flag.DOMINANT_SPEAKER: share is not None and share > limits.dominant_speaker_share,
    }
    return tuple(flag for flag, holds in found.items() if holds)
