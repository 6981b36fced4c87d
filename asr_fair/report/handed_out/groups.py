"""Which groups may be told of to others, alike under all conditions and systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from asr_fair.config import Thresholds
from asr_fair.errors import ConfigError
from asr_fair.fairness.display import Visibilities, Visibility, as_expected, for_card
from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.report.handed_out.people import People, Place
from asr_fair.report.redact import DisplayRule

FEWEST = 5
"""Speakers: below, nothing is handed out (methods section 2)."""


def fewest_people(limits: Thresholds, asked: int | None) -> int:
    """k: people whom every figure rests on, as the plan says or as is asked for, which may only be more."""
    least = max(FEWEST, limits.card_min_speakers)
    if asked is not None and asked < least:
        msg = (
            f"--min-speakers: got {asked}, but nothing is handed out of fewer than {least} speakers "
            f"({FEWEST}, or the plan's card_min_speakers where that is more). More can be hidden, not less"
        )
        raise ConfigError(msg)
    return asked or least


def with_limits(results: Results, k: int) -> Results:
    """The results under limits of at least `k` speakers wherever something is shown."""
    limits = results.plan.thresholds
    names = ("min_speakers_counted", "min_speakers_shown", "min_speakers_full", "card_min_speakers")
    raised = limits.model_copy(update={name: max(k, getattr(limits, name)) for name in names})
    return results.model_copy(update={"plan": results.plan.model_copy(update={"thresholds": raised})})


def telling_rule(results: Results, people: People | None, k: int) -> DisplayRule:
    """The display rule for what is handed out: no group of few people, and none that reveals such a one.

    A group is thin where any column holds words of it, but of fewer than `k` people. The next smallest of its
    dimension are hidden with thin ones (`for_card`), and then whatever tells of few people together with the
    other groups that are told. Where nobody knows who speaks (`people` is None) no group is told of.
    """
    hidden: defaultdict[str, set[str]] = defaultdict(set)

    def rule(dimension: DimensionInfo, limits: Thresholds) -> Visibilities:
        seen = for_card(dimension, limits, hidden[dimension.name])
        return {
            name: level if level >= Visibility.INDICATIVE else Visibility.HIDDEN
            for name, level in seen.items()
        }

    if people is None:
        for one in results.dimensions:
            hidden[one.name] = {group.name for group in one.groups}
        return rule
    for place in people.thin(k):
        hidden[place.dimension].add(place.group)
    while (found := people.revealing(told_by(rule, results), k)) is not None:
        hidden[found.dimension].add(found.group)
    return rule


def told_by(rule: DisplayRule, results: Results) -> list[Place]:
    """All groups that a rule shows."""
    limits = results.plan.thresholds
    return [
        Place(one.name, name)
        for one in results.dimensions
        for name, seen in rule(one, limits).items()
        if seen > Visibility.HIDDEN
    ]


def wholly_lost(results: Results, rule: DisplayRule) -> Mapping[str, set[str]]:
    """By dimension: groups of whom no transcript is left, and of whom enough people were asked.

    Their losses may be told: there is nothing to find out of what is left of them.
    """
    limits = results.plan.thresholds
    expected = {one.name: rule(as_expected(one), limits) for one in results.dimensions}
    return {
        one.name: {
            group.name
            for group in one.groups
            if not group.n_utterances and expected[one.name][group.name] > Visibility.HIDDEN
        }
        for one in results.dimensions
    }
