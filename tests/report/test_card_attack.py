"""An attack on the card: whoever subtracts its numbers from each other finds no hidden group.

The groups made here add up, so that what is hidden is what the totals hold beyond the groups that are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from made_people import build_card, made_people, of_card
from made_results import CLEAN_ONLY, CONDITIONS, Voice, make_results
from pages import Page

from asr_fair.fairness import display
from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import Loss, Results
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.card import render_cards
from asr_fair.report.handed_out import groups
from asr_fair.report.handed_out import results as handed_out
from asr_fair.report.handed_out.people import People, Place
from asr_fair.report.redact import Shown, shown_in_report

K = 5


def shown_on_card(results: Results, *, fewest: int | None = None, people: People | None = None) -> Shown:
    return shown_in_report(of_card(results, fewest, people))


@dataclass(frozen=True)
class Secret:
    """What nobody may find out: of one group, or of fewer than K people together."""

    groups: tuple[str, ...]
    numbers: frozenset[int]


def made(seed: int, *, rendered=CLEAN_ONLY, reference: str | None = None) -> Results:
    """Groups of few and of many people, some of whom were lost; everyone is the sum of them."""
    rng = np.random.Generator(np.random.PCG64(seed))
    sizes = [int(n) for n in [rng.integers(1, K), *rng.integers(1, 9, size=3), *rng.integers(10, 60, size=3)]]
    names = ["Maltese", "Irish", "Kiwi", "Welsh", "Scottish", "unknown", "declined"]
    rng.shuffle(names)
    lost = [int(n) for n in rng.integers(0, 3, size=7)]
    voices = [
        Voice(
            name,
            n,
            n * int(rng.integers(20_000, 90_000)),
            float(rng.uniform(0.05, 0.6)),
            n_lost_speakers=gone,
        )
        for name, n, gone in zip(names, sizes, lost, strict=True)
    ]
    declared = [voice.name for voice in voices if voice.name not in ("unknown", "declined")]
    results = make_results(
        rendered=rendered, accents=voices, reference=None if reference is None else declared[0], losses=()
    )
    return summed(results)


def summed(results: Results) -> Results:
    """The results of accents alone, with everyone the sum of them, and each group's losses beside them."""
    (accent,) = [one for one in results.dimensions if one.name == "accent"]
    groups = accent.groups
    total = {
        name: sum(getattr(one, name) for one in groups) for name in ("n_speakers", "n_words", "n_utterances")
    }
    expected = {one.name: one.n_utterances_expected for one in groups}
    figures = tuple(
        one.model_copy(update=total) if one.dimension == OVERALL else one
        for one in results.figures
        if one.dimension in (OVERALL, "accent")
    )
    losses = [
        _loss("accent", one.name, one.n_utterances_expected, one.n_utterances_expected - one.n_utterances)
        for one in groups
        if one.n_utterances_expected > one.n_utterances
    ]
    losses.append(
        _loss(OVERALL, EVERYONE, sum(expected.values()), sum(expected.values()) - total["n_utterances"])
    )
    manifest = results.manifest.model_copy(
        update={
            "n_speakers": sum(one.n_speakers_expected or 0 for one in groups),
            "n_utterances": sum(expected.values()),
            "duration_s": float(sum(one.duration_s or 0 for one in groups)),
        }
    )
    only = {
        name: tuple(row for row in getattr(results, name) if row.dimension in (OVERALL, "accent"))
        for name in ("comparisons", "robustness", "normaliser_traces")
    }
    changed = {"dimensions": (accent,), "figures": figures, "losses": tuple(losses), "manifest": manifest}
    return results.model_copy(update=changed | only)


def _loss(dimension: str, group: str, n_expected: int, n_lost: int) -> Loss:
    place = {"dimension": dimension, "group": group, "condition": "clean", "system": "whisper-tiny.en"}
    return Loss(**place, n_expected=n_expected, n_missing=n_lost)


def secrets(results: Results, hidden: Iterable[str]) -> Iterator[Secret]:
    """Words, utterances and losses of each hidden group, and of hidden groups of fewer than K together."""
    (accent,) = results.dimensions
    groups = {one.name: one for one in accent.groups if one.name in hidden}
    for size in range(1, len(groups) + 1):
        for names in combinations(groups, size):
            chosen = [groups[name] for name in names]
            if size > 1 and sum(one.n_speakers or 0 for one in chosen) >= K:
                continue
            words = sum(one.n_words for one in chosen)
            left = sum(one.n_utterances for one in chosen)
            expected = sum(one.n_utterances_expected for one in chosen)
            # A small number may be any number; of a large one a hit is no accident.
            yield Secret(names, frozenset(n for n in (words, left, expected) if n > 2026))


def text_of(name: str, card: str) -> str:
    """The card as a reader has it, numbers in one piece."""
    if name == "card.html":
        card = Page.parse(card).text
    return card.replace("{}", "").replace("~", " ")


def integers(text: str) -> set[int]:
    found = re.findall(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w.])|(?<![\w.,])\d+(?![\w.,]*\d)", text)
    return {int(number.replace(",", "")) for number in found}


def recovered(numbers: set[int], shown: list[list[int]]) -> set[int]:
    """All that can be had by adding and subtracting: pairs, and each total less any of the shown groups."""
    values = {number for number in numbers if number > 9}
    found = set(values) | {a - b for a in values for b in values if a > b}
    for column in shown:
        sums = {sum(part) for size in range(1, len(column) + 1) for part in combinations(column, size)}
        found |= {total - part for total in values for part in sums}
        # And what was lost of all less what was lost of some, from what is expected of all.
        found |= {a - b - part for a in values for b in values for part in {sum(column)} if a > b}
    return found


def columns(results: Results) -> list[list[int]]:
    """Counts of the shown groups, by column."""
    shown = shown_on_card(results)
    (accent,) = results.dimensions
    groups = [one for one in accent.groups if shown.has_rates("accent", one.name)]
    return [[one.n_words for one in groups], [one.n_utterances for one in groups]]


def found_secrets(results: Results) -> list[tuple[str, tuple[str, ...]]]:
    shown = shown_on_card(results)
    hidden = [name for name, seen in shown.visibility["accent"].items() if seen is Visibility.HIDDEN]
    wanted = list(secrets(results, hidden))
    found = []
    for name, card in render_cards(build_card(results)).items():
        known = recovered(integers(text_of(name, card)), columns(results))
        found += [(name, one.groups) for one in wanted if one.numbers & known]
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_hidden_group_is_found_by_subtraction(seed: int) -> None:
    results = made(seed, reference=None if seed % 2 else "declared")
    shown = shown_on_card(results)
    assert Visibility.HIDDEN in shown.visibility["accent"].values()
    assert found_secrets(results) == []


def test_the_attack_succeeds_where_the_next_smallest_group_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = {"Maltese": 3, "Irish": 20, "Kiwi": 30, "Welsh": 12}
    voices = [Voice(name, n, 12_347 * n, 0.2) for name, n in sizes.items()]
    results = summed(make_results(rendered=CLEAN_ONLY, accents=voices, reference="Irish", losses=()))
    assert found_secrets(results) == []
    monkeypatch.setattr(
        groups, "for_card", lambda dimension, limits, _: display.for_report(dimension, limits)
    )
    monkeypatch.setattr(People, "revealing", lambda *_: None)
    assert {groups for _, groups in found_secrets(results)} == {("Maltese",)}
    assert {name for name, _ in found_secrets(results)} == {"card.md", "card.html", "card.tex"}


def test_losses_of_a_hidden_group_would_tell_how_much_of_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six were asked and three are left: what was expected less what was lost is what is hidden."""
    sizes = {"Maltese": (3, 3), "Irish": (20, 0), "Kiwi": (6, 1), "Welsh": (12, 0)}
    voices = [Voice(name, n, 12_347 * n, 0.2, n_lost_speakers=lost) for name, (n, lost) in sizes.items()]
    results = summed(make_results(rendered=CLEAN_ONLY, accents=voices, reference="Irish", losses=()))
    assert found_secrets(results) == []
    everybody = {"accent": {voice.name for voice in voices}}
    monkeypatch.setattr(handed_out, "wholly_lost", lambda *_: everybody)
    assert ("card.md", ("Maltese",)) in found_secrets(results)


def test_a_group_that_was_lost_under_one_condition_conceals_nobody_there() -> None:
    """Of Kiwi nothing is left in noise: there the total less the others would be Maltese alone."""
    sizes = {"Maltese": 4, "Irish": 20, "Kiwi": 4, "Welsh": 12}
    voices = [Voice(name, n, 1234 * n, 0.2) for name, n in sizes.items()]
    results = summed(make_results(rendered=CONDITIONS[:2], accents=voices, reference="Irish", losses=()))
    assert shown_on_card(results).has_rates("accent", "Welsh")
    people = made_people(results)
    heard = people.heard | {
        column: mask & ~people.members[Place("accent", "Kiwi")]
        for column, mask in people.heard.items()
        if column[0] == CONDITIONS[1].name
    }
    lost = shown_on_card(results, people=replace(people, heard=heard))
    assert not lost.has_rates("accent", "Welsh")
    assert lost.has_rates("accent", "Irish")


def test_nothing_on_the_card_depends_on_the_rates_or_the_order_of_size_of_hidden_groups() -> None:
    results = made(3)
    hidden = [
        name
        for name, seen in shown_on_card(results).visibility["accent"].items()
        if seen is Visibility.HIDDEN
    ]
    rates = tuple(
        one.model_copy(update={"value": 0.918273, "low": 0.1, "high": 3.0}) if one.group in hidden else one
        for one in results.figures
    )
    comparisons = tuple(
        one.model_copy(update={"ratio": 7.77, "low": 6.66, "high": 8.88, "reason": "quite another"})
        if one.group in hidden
        else one
        for one in results.comparisons
    )
    changed = results.model_copy(update={"figures": rates, "comparisons": comparisons})
    assert render_cards(build_card(changed)) == render_cards(build_card(results))


@pytest.mark.parametrize("fewest", [5, 8, 15, 40])
def test_more_speakers_asked_for_never_show_more(fewest: int) -> None:
    for seed in range(4):
        results = made(seed)
        before, after = shown_on_card(results), shown_on_card(results, fewest=fewest)
        (accent,) = results.dimensions
        for group in accent.groups:
            if after.has_rates("accent", group.name):
                assert before.has_rates("accent", group.name)
                assert (group.n_heard or 0) >= fewest


def nested(*, moved: int = 0) -> tuple[Results, People]:
    """Accents of which Maltese and Kiwi are hidden; and regions, of which one is Irish and Maltese people.

    `moved`: Irish people who are counted in the other region.
    """
    sizes = {"Maltese": 3, "Kiwi": 4, "Irish": 12, "Welsh": 20, "Scottish": 30}
    accents = [Voice(name, n, 9_000 * n, 0.1 + n / 100) for name, n in sizes.items()]
    first = make_results(rendered=CLEAN_ONLY, accents=accents, reference="Scottish", losses=())
    regions = [
        Voice("small islands", 15 - moved, 9_000 * 15, 0.2),
        Voice("others", 54 + moved, 9_000 * 54, 0.3),
    ]
    second = make_results(rendered=CLEAN_ONLY, accents=regions, reference=None, losses=())
    region = second.dimensions[0].model_copy(update={"name": "region", "title": "Region"})
    own = [
        row.model_copy(update={"dimension": "region"}) for row in second.figures if row.dimension == "accent"
    ]
    base = summed(first)
    accent = base.dimensions[0]
    results = base.model_copy(update={"dimensions": (accent, region), "figures": (*base.figures, *own)})
    people = made_people(base)
    members = {place.group: mask for place, mask in people.members.items()}
    inside = (members["Maltese"] | members["Irish"]) & ~np.isin(
        people.speaker, np.flatnonzero(members["Irish"])[:moved]
    )
    both = {Place("region", "small islands"): inside, Place("region", "others"): ~inside}
    return results, replace(people, members={**people.members, **both})


def test_a_region_does_not_give_away_the_one_accent_in_it_that_is_hidden() -> None:
    results, people = nested()
    shown = shown_on_card(results, people=people)
    assert not shown.has_rates("accent", "Maltese")
    assert shown.has_rates("accent", "Scottish")
    # 15 people less the 12 Irish ones would be the 3 Maltese.
    assert not (shown.has_rates("region", "small islands") and shown.has_rates("accent", "Irish"))
    # Where six Irish people are elsewhere, nine people hide each other.
    results, people = nested(moved=6)
    assert shown_on_card(results, people=people).has_rates("region", "small islands")
    assert shown_on_card(results, people=people).has_rates("accent", "Irish")
