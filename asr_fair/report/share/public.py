"""Results that may be handed out: what is hidden is taken out before anything is made of them.

So it can stand in no page, table or file, whatever is added to these later.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from asr_fair.config import Thresholds
from asr_fair.fairness.display import Visibilities, Visibility, for_card
from asr_fair.fairness.results import (
    DimensionInfo,
    Figure,
    GroupInfo,
    Loss,
    MatchedPairsRow,
    ModelRow,
    Results,
    SharedInfo,
    SystemComparison,
)
from asr_fair.records import OVERALL
from asr_fair.report.redact import DisplayRule, Shown, apply_rule, of_plain_dimensions
from asr_fair.report.share.residuals import People, revealing_group
from asr_fair.report.share.scrubbed import (
    Keyed,
    public_condition,
    public_loss,
    public_plan,
    public_system,
    public_title,
)

FEWEST = 5
"""Speakers: below, nothing is handed out (methods section 2)."""

NOT_SHOWN = "a group that is left out here"
Counted = TypeVar("Counted", Figure, ModelRow, SystemComparison)


def public_results(
    results: Results,
    people: People,
    *,
    k: int,
    keyed: Keyed,
    codes: bool = True,
    voices_in: Collection[str] = (),
    warnings: Iterable[str] = (),
) -> Results:
    """The results without anything that tells of fewer than `k` people, or names what is theirs.

    Parameters
    ----------
    codes
        Whether reasons of losses are codes of this project, not messages that were handed in.
    voices_in
        Conditions in which speakers of the data are heard: their digests are digests of data, too.
    warnings
        Those that may be handed out; the results' own may name files, utterances and small groups.
    """
    raised = _with_limits(of_plain_dimensions(results), k)
    hidden = _hidden_groups(raised, people, k)
    shown = apply_rule(raised, _rule_hiding(hidden))
    kept = {
        one.name: {group.name for group in one.groups if shown.has_rates(one.name, group.name)}
        for one in shown.results.dimensions
    }
    systems = _comparable(raised, shown, kept, people, k)
    told = {_pair_of(row) for row in systems}
    shared = SharedInfo(min_speakers=k, n_hidden=_numbers_hidden(raised, kept))
    public = shown.results.model_copy(
        update={
            "name": results.manifest.name,
            "title": public_title(results),
            "manifest": results.manifest.model_copy(update={"digest": keyed(results.manifest.digest)}),
            "plan": public_plan(raised.plan, keyed),
            "conditions": tuple(public_condition(one, voices_in, keyed) for one in shown.results.conditions),
            "systems": tuple(public_system(one) for one in results.systems),
            "dimensions": tuple(
                _public_dimension(one, kept[one.name], raised.plan.thresholds)
                for one in shown.results.dimensions
                if kept[one.name]
            ),
            "figures": _of_enough(shown.figures.values(), k),
            "comparisons": tuple(shown.comparisons.values()),
            "summaries": shown.summaries,
            "models": _of_enough(shown.models, k),
            "faas": shown.faas,
            "system_comparisons": systems,
            "matched_pairs": tuple(row for row in shown.matched_pairs if _pair_of(row) in told),
            "robustness": tuple(shown.robustness.values()),
            "normaliser_traces": tuple(one.model_copy(update={"rules": ()}) for one in shown.traces),
            "losses": tuple(
                public_loss(one, codes=codes) for one in shown.results.losses if _is_kept(one, kept)
            ),
            "warnings": tuple(warnings),
            "shared": shared,
        }
    )
    # Once more through the schema: what was put together here is what the file promises to be.
    return Results.model_validate(public.model_dump())


def _with_limits(results: Results, k: int) -> Results:
    """The results under limits of at least `k` speakers wherever something is shown."""
    limits = results.plan.thresholds
    names = ("min_speakers_counted", "min_speakers_shown", "min_speakers_full", "card_min_speakers")
    raised = limits.model_copy(update={name: max(k, getattr(limits, name)) for name in names})
    return results.model_copy(update={"plan": results.plan.model_copy(update={"thresholds": raised})})


def _hidden_groups(results: Results, people: People, k: int) -> Mapping[str, Collection[str]]:
    """Groups that are hidden beside the thin ones: thin in any column, or revealing few people."""
    hidden: dict[str, set[str]] = defaultdict(set)
    for one in results.figures:
        if one.dimension != OVERALL and one.n_utterances and _is_thin(one, k):
            hidden[one.dimension].add(one.group)
    limits = results.plan.thresholds
    while True:
        rule = _rule_hiding(hidden)
        shown = {
            dimension.name: [
                name for name, seen in rule(dimension, limits).items() if seen > Visibility.HIDDEN
            ]
            for dimension in results.dimensions
        }
        found = revealing_group(shown, people, k)
        if found is None:
            return hidden
        hidden[found[0]].add(found[1])


def _rule_hiding(hidden: Mapping[str, Collection[str]]) -> DisplayRule:
    """The card's rule with these groups hidden, too; what has no rates is not mentioned."""

    def rule(dimension: DimensionInfo, limits: Thresholds) -> Visibilities:
        seen = for_card(dimension, limits, never=hidden.get(dimension.name, ()))
        return {
            name: level if level >= Visibility.INDICATIVE else Visibility.HIDDEN
            for name, level in seen.items()
        }

    return rule


def _is_thin(row: Figure | ModelRow | SystemComparison, k: int) -> bool:
    return row.n_speakers is not None and row.n_speakers < k


def _of_enough(rows: Iterable[Counted], k: int) -> tuple[Counted, ...]:
    return tuple(row for row in rows if not _is_thin(row, k))


def _comparable(
    results: Results, shown: Shown, kept: Mapping[str, Collection[str]], people: People, k: int
) -> tuple[SystemComparison, ...]:
    """Comparisons of systems whose common utterances lack nobody, or enough people to hide each other.

    A system's own rate less that on what both transcribed is the rate of those whom the other one lost. Where
    that is of few for one group, totals would tell it: the pair is left out of the whole dimension.
    """
    telling = {
        _without_group(row)
        for row in results.system_comparisons
        if _is_kept(row, kept) and (_is_thin(row, k) or _tells_of_lost(row, people, k))
    }
    return tuple(row for row in shown.system_comparisons if _without_group(row) not in telling)


def _tells_of_lost(row: SystemComparison, people: People, k: int) -> bool:
    heard = [people.heard.get((row.condition, system)) for system in (row.system, row.other_system)]
    if heard[0] is None or heard[1] is None:
        return False
    return people.differs_by_few(people.of(row.dimension, row.group), heard[0], heard[1], k)


def _is_kept(row: Loss | SystemComparison, kept: Mapping[str, Collection[str]]) -> bool:
    return row.dimension == OVERALL or row.group in kept.get(row.dimension, ())


def _pair_of(row: SystemComparison | MatchedPairsRow) -> tuple[str, ...]:
    return row.dimension, row.group, row.condition, row.system, row.other_system


def _without_group(row: SystemComparison) -> tuple[str, ...]:
    return row.dimension, row.condition, row.system, row.other_system


def _numbers_hidden(results: Results, kept: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many groups of each dimension are left out; one in which nobody is hides nobody."""
    numbers = {
        one.title: sum(group.n_utterances_expected > 0 for group in one.groups) - len(kept[one.name])
        for one in results.dimensions
    }
    return {title: number for title, number in numbers.items() if number}


def _public_dimension(dimension: DimensionInfo, kept: Collection[str], limits: Thresholds) -> DimensionInfo:
    """The dimension with the groups that are kept; a reference that is not has no name any more."""
    groups = tuple(_public_group(group, limits) for group in dimension.groups if group.name in kept)
    public = dimension.model_copy(update={"groups": groups})
    if dimension.reference is None or dimension.reference in kept:
        return public
    return public.model_copy(update={"reference": NOT_SHOWN, "reference_reason": "its reason is, too"})


def _public_group(group: GroupInfo, limits: Thresholds) -> GroupInfo:
    """The group with its largest speaker's share rounded up to quarters where it must be flagged, else none.

    The share is one person's.
    """
    share = group.largest_speaker_share
    coarse = None if share is None or share <= limits.dominant_speaker_share else math.ceil(4 * share) / 4
    return group.model_copy(update={"largest_speaker_share": coarse})
