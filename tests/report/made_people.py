"""People for results that were made up: as many as the groups say, tags independent of each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from asr_fair import report
from asr_fair.fairness.results import GroupInfo, Results
from asr_fair.report import card
from asr_fair.report.card.model import Card
from asr_fair.report.card.text import NOTHING_WRITTEN, HumanText
from asr_fair.report.handed_out.groups import fewest_people
from asr_fair.report.handed_out.people import Mask, People, Place
from asr_fair.report.handed_out.results import hand_out


def made_people(results: Results) -> People | None:
    """Each speaker says one utterance, or one in each group of a tag that varies within speakers.

    People whom a group lost, or who said no word, are the last ones of it.
    """
    plain = [one for one in results.dimensions if not one.parts]
    if any(group.n_speakers is None for one in plain for group in one.groups):
        return None
    by_speaker = [one for one in plain if one.level == "speaker"]
    within = [one for one in plain if one.level != "speaker"]
    n_takes = max((len(one.groups) for one in within), default=1)
    n_speakers = max((sum(map(expected, one.groups)) for one in by_speaker), default=84)
    speaker = np.repeat(np.arange(n_speakers), n_takes)
    take = np.tile(np.arange(n_takes), n_speakers)
    heard, spoke = np.ones(len(speaker), bool), np.ones(len(speaker), bool)
    members: dict[Place, Mask] = {}
    for number, one in enumerate(by_speaker):
        # The first tag in blocks, all others across.
        order = np.random.default_rng(number).permutation(n_speakers) if number else np.arange(n_speakers)
        start = 0
        for group in one.groups:
            own = order[start : start + expected(group)]
            start += expected(group)
            members[Place(one.name, group.name)] = np.isin(speaker, own)
            if not number:
                heard &= ~np.isin(speaker, own[group.n_speakers :])
                spoke &= ~np.isin(speaker, own[group.n_heard :])
    for one in within:
        for at, group in enumerate(one.groups):
            members[Place(one.name, group.name)] = take == at
    columns = {(one.name, each.name): heard for one in results.conditions for each in results.systems}
    return People(speaker, members, columns, spoke)


def expected(group: GroupInfo) -> int:
    return max(group.n_speakers_expected or 0, group.n_speakers or 0)


def of_card(results: Results, fewest: int | None = None, people: People | None = None) -> Results:
    """What the card is made of."""
    k = max(fewest or 0, fewest_people(results.plan.thresholds, None))
    return hand_out(results, people or made_people(results), k=k, names_hidden=True)


def build_card(results: Results, text: HumanText = NOTHING_WRITTEN, *, fewest: int | None = None) -> Card:
    return card.build_card(of_card(results, fewest), text)


def render_card(results: Results, text: HumanText = NOTHING_WRITTEN, *, fewest: int | None = None) -> str:
    return card.render_card(of_card(results, fewest), text)


def render_card_html(results: Results, text: HumanText = NOTHING_WRITTEN) -> str:
    return card.render_card_html(of_card(results), text)


def render_card_tex(results: Results, text: HumanText = NOTHING_WRITTEN) -> str:
    return card.render_card_tex(of_card(results), text)


def write_report(results: Results, folder: Path) -> list[Path]:
    return report.write_report(results, of_card(results), folder)


def has_rates(public: Results, dimension: str, group: str) -> bool:
    """Whether a group is told of with figures."""
    return any((one.dimension, one.group) == (dimension, group) for one in public.figures)
