"""Results that may be handed out: what is hidden is taken out before anything is made of them.

So it can stand in no page, table or file, whatever is added to these later.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from asr_fair.config import Thresholds
from asr_fair.fairness.results import (
    Comparison,
    DimensionInfo,
    Figure,
    GroupInfo,
    MatchedPairsRow,
    ModelRow,
    Results,
    Robustness,
    SharedInfo,
    SystemComparison,
)
from asr_fair.records import OVERALL, REST
from asr_fair.report.handed_out.groups import telling_rule, told_by, wholly_lost, with_limits
from asr_fair.report.handed_out.people import People, Place
from asr_fair.report.handed_out.scrubbed import (
    Keyed,
    public_loss,
    public_system,
    unlinked,
)
from asr_fair.report.redact import Shown, apply_rule, of_plain_dimensions

NOT_SHOWN = "a group that is left out here"
Counted = TypeVar("Counted", Figure, ModelRow, SystemComparison)
Versus = TypeVar("Versus", Figure, Comparison, Robustness, ModelRow)
Groups = Mapping[str, Collection[str]]
"""Names of groups by dimension."""


def hand_out(
    results: Results,
    people: People | None,
    *,
    k: int,
    names_hidden: bool = False,
    keyed: Keyed | None = None,
    codes: bool = True,
    voices_in: Collection[str] = (),
    warnings: Iterable[str] = (),
) -> Results:
    """The results without anything that tells of fewer than `k` people, or names files and messages.

    Parameters
    ----------
    people
        Who is in which group; None where speakers are not known, so that no group is told of.
    names_hidden
        Whether hidden groups are named: on a card that a reader of the data's holders looks at before it is
        published, so that it says for whom it cannot speak; not in a package, where the name of a group of
        one may name the person.
    keyed
        What digests of data and plan are put under, and then names of runs are left out, too; None leaves
        them, as a card names what it speaks of.
    codes
        Whether reasons of losses are codes of this project, not messages that were handed in.
    voices_in
        Conditions in which speakers of the data are heard: their digests are digests of data, too.
    warnings
        Those that may be handed out; the results' own may name files, utterances and small groups.
    """
    raised = with_limits(of_plain_dimensions(results), k)
    rule = telling_rule(raised, people, k)
    told = told_by(rule, raised)
    shown = apply_rule(raised, rule)
    kept = {
        one.name: {place.group for place in told if place.dimension == one.name} for one in raised.dimensions
    }
    lost = wholly_lost(raised, rule)
    told_of = {name: groups | lost[name] for name, groups in kept.items()}
    rests = _dimensions_with_rest(raised, people, told, k)
    systems = _comparable(shown, people, told, k)
    pairs = {_pair_of(row) for row in systems}
    changes = {
        "systems": tuple(public_system(one) for one in results.systems),
        "dimensions": tuple(
            _public_dimension(one, told_of[one.name], raised.plan.thresholds, names_hidden=names_hidden)
            for one in raised.dimensions
            if told_of[one.name] or names_hidden
        ),
        "figures": _of_enough(_beside(shown.figures.values(), rests), k),
        "comparisons": _beside(shown.comparisons.values(), rests),
        "summaries": shown.summaries,
        "models": _of_enough(_beside(shown.models, rests), k),
        "faas": shown.faas,
        "system_comparisons": systems,
        "matched_pairs": tuple(row for row in shown.matched_pairs if _pair_of(row) in pairs),
        "robustness": _beside(shown.robustness.values(), rests),
        # Examples are people's words.
        "normaliser_traces": tuple(one.model_copy(update={"rules": ()}) for one in shown.traces),
        "losses": tuple(
            public_loss(one, codes=codes)
            for one in shown.results.losses
            if one.dimension == OVERALL or one.group in told_of[one.dimension]
        ),
        "warnings": tuple(warnings),
        "shared": _shared(raised, told_of, k, names_hidden=names_hidden),
    }
    public = shown.results.model_copy(update=changes)
    return public if keyed is None else unlinked(public, voices_in, keyed)


def _of_enough(rows: Iterable[Counted], k: int) -> tuple[Counted, ...]:
    return tuple(row for row in rows if row.n_speakers is None or row.n_speakers >= k)


def _dimensions_with_rest(
    results: Results, people: People | None, told: Collection[Place], k: int
) -> set[str]:
    """Dimensions in which groups may be compared with all others, which tells of declared groups together."""
    declared = {
        one.name: [
            Place(one.name, group.name)
            for group in one.groups
            if not one.is_reserved(group.name) and group.n_utterances
        ]
        for one in results.dimensions
    }
    return {
        name
        for name, places in declared.items()
        if people is not None and places and not people.reveals_beside([*told], places, k)
    }


def _beside(rows: Iterable[Versus], rests: Collection[str]) -> tuple[Versus, ...]:
    return tuple(row for row in rows if row.versus != REST or row.dimension in rests)


def _comparable(
    shown: Shown, people: People | None, told: Collection[Place], k: int
) -> tuple[SystemComparison, ...]:
    """Comparisons of systems whose common utterances lack nobody, or enough people to hide each other.

    Where the lost of one group are few, totals would tell of them, too: its whole dimension is left out.
    """
    rows = _of_enough(shown.system_comparisons, k)
    if people is None:
        return ()
    kept: list[SystemComparison] = []
    for pair in dict.fromkeys((row.condition, row.system, row.other_system) for row in rows):
        own = [row for row in rows if (row.condition, row.system, row.other_system) == pair]
        so_far: list[Place] = []
        if people.lost_tell(so_far, *pair, k):
            continue
        for dimension in dict.fromkeys(row.dimension for row in own):
            groups = [place for place in told if place.dimension == dimension]
            if not people.lost_tell([*so_far, *groups], *pair, k):
                so_far += groups
                kept += [row for row in own if row.dimension == dimension]
    return tuple(kept)


def _pair_of(row: SystemComparison | MatchedPairsRow) -> tuple[str, ...]:
    return row.dimension, row.group, row.condition, row.system, row.other_system


def _shared(results: Results, kept: Groups, k: int, *, names_hidden: bool) -> SharedInfo:
    """What was left out; one in which nobody is hides nobody."""
    left_out = {
        one.name: tuple(
            group.name
            for group in one.groups
            if max(group.n_utterances_expected, group.n_utterances) and group.name not in kept[one.name]
        )
        for one in results.dimensions
    }
    titles = {one.name: one.title for one in results.dimensions}
    return SharedInfo(
        has_losses=bool(results.losses),
        min_speakers=k,
        n_hidden={titles[name]: len(groups) for name, groups in left_out.items() if groups},
        hidden={name: groups for name, groups in left_out.items() if groups} if names_hidden else None,
    )


def _public_dimension(
    dimension: DimensionInfo, kept: Collection[str], limits: Thresholds, *, names_hidden: bool
) -> DimensionInfo:
    """The dimension with the groups that are kept; unless hidden ones are named, a reference has no name."""
    groups = tuple(_public_group(group, limits) for group in dimension.groups if group.name in kept)
    public = dimension.model_copy(update={"groups": groups})
    if names_hidden or dimension.reference is None or dimension.reference in kept:
        return public
    return public.model_copy(update={"reference": NOT_SHOWN, "reference_reason": "its reason is, too"})


def _public_group(group: GroupInfo, limits: Thresholds) -> GroupInfo:
    """The group with its largest speaker's share rounded up to quarters where it must be flagged, else none.

    The share is one person's.
    """
    share = group.largest_speaker_share
    coarse = None if share is None or share <= limits.dominant_speaker_share else math.ceil(4 * share) / 4
    return group.model_copy(update={"largest_speaker_share": coarse})
