"""Attack by differencing: what published figures less each other would tell of few people."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from asr_fair.report.handed_out import told
from asr_fair.report.handed_out.people import People, Place

K = 5


def people_of(groups: dict[str, dict[str, range | list[int]]], *, n_speakers: int) -> People:
    """Each speaker says one utterance; groups name speakers."""
    numbers = np.arange(n_speakers)
    members = {
        Place(dimension, group): np.isin(numbers, list(speakers))
        for dimension, named in groups.items()
        for group, speakers in named.items()
    }
    everyone = np.ones(n_speakers, bool)
    return People(numbers, members, {("clean", "a"): everyone}, everyone)


def revealing_group(shown: dict, people: People, k: int) -> Place | None:
    return people.revealing([Place(name, group) for name, groups in shown.items() for group in groups], k)


REGIONS = {
    "region": {"isles": range(14), "far": range(14, 30)},
    "accent": {"English": range(11), "Welsh": [11, 12, 13], "Indian": range(14, 30)},
}


def test_a_region_less_its_large_accent_tells_of_the_small_one() -> None:
    people = people_of(REGIONS, n_speakers=30)
    shown = {"region": ["isles", "far"], "accent": ["English", "Indian"]}
    assert revealing_group(shown, people, K) == ("accent", "English")
    assert revealing_group({"region": ["far"], "accent": ["Indian"]}, people, K) is None


def test_what_is_left_of_everyone_is_told_by_the_total() -> None:
    people = people_of({"accent": {"English": range(26), "Welsh": range(26, 30)}}, n_speakers=30)
    assert revealing_group({"accent": ["English"]}, people, K) == ("accent", "English")
    assert revealing_group({"accent": ["English"]}, people, 4) is None


def test_two_remainders_of_which_one_holds_the_other_tell_of_the_difference() -> None:
    people = people_of(
        {"accent": {"English": range(20), "Other": range(20, 30)}, "age": {"old": range(22)}}, n_speakers=30
    )
    # Everyone less English is 20 to 29, everyone less old is 22 to 29: speakers 20 and 21.
    assert revealing_group({"accent": ["English"], "age": ["old"]}, people, K) is not None


def test_a_person_in_two_groups_is_told_by_one_that_holds_the_other() -> None:
    people = people_of({"accent": {"Scottish": range(12), "Irish": range(9)}}, n_speakers=30)
    assert revealing_group({"accent": ["Scottish", "Irish"]}, people, K) == ("accent", "Irish")


def test_people_of_whom_a_system_lost_all_are_few_in_its_column() -> None:
    people = people_of({"accent": {"English": range(20), "Other": range(20, 30)}}, n_speakers=30)
    lost = np.arange(30) < 23
    thinned = People(people.speaker, people.members, {("clean", "b"): lost}, people.with_words)
    assert revealing_group({"accent": ["English"]}, people, K) is None
    assert revealing_group({"accent": ["English"]}, thinned, K) == ("accent", "English")


def test_people_who_said_nothing_hide_nobody() -> None:
    people = people_of({"accent": {"English": range(20)}}, n_speakers=30)
    spoke = np.arange(30) < 23
    silent = People(people.speaker, people.members, people.heard, spoke)
    assert revealing_group({"accent": ["English"]}, silent, K) == ("accent", "English")


@pytest.mark.parametrize("seed", range(12))
def test_no_subtraction_of_published_sums_leaves_few_people(seed: int) -> None:
    """Random nested tags; the attacker tries every group less every union of groups of another tag."""
    rng = np.random.default_rng(seed)
    n = 60
    fine = rng.choice(8, n, p=[0.3, 0.25, 0.15, 0.1, 0.08, 0.06, 0.04, 0.02])
    coarse = rng.choice(3, 8)[fine]
    other = rng.choice(3, n)
    groups = {
        name: {str(value): np.flatnonzero(values == value).tolist() for value in np.unique(values)}
        for name, values in (("fine", fine), ("coarse", coarse), ("other", other))
    }
    people = people_of(groups, n_speakers=n)
    shown = {name: {group for group in named if len(named[group]) >= K} for name, named in groups.items()}
    while (found := revealing_group(shown, people, K)) is not None:
        shown[found[0]].remove(found[1])
    published = {name: [set(groups[name][group]) for group in kept] for name, kept in shown.items()}
    wholes = [set(range(n)), *(each for sets in published.values() for each in sets)]
    for whole in wholes:
        for sets in published.values():
            for size in range(1, len(sets) + 1):
                for parts in combinations(sets, size):
                    union = set().union(*parts)
                    assert not union <= whole or len(whole - union) == 0 or len(whole - union) >= K


def test_two_regions_less_an_accent_that_is_in_both_tell_of_the_rest() -> None:
    people = people_of(
        {
            "region": {"isles": range(14), "coast": range(14, 30), "far": range(30, 50)},
            "accent": {"English": [*range(12), *range(14, 29)], "Indian": range(30, 50)},
        },
        n_speakers=50,
    )
    # No region lies in an accent, nor an accent in a region: both together less English are 12, 13 and 29.
    shown = {"region": ["isles", "coast"], "accent": ["English"]}
    assert revealing_group(shown, people, K) is not None
    assert revealing_group({"region": ["isles", "coast"], "accent": []}, people, K) is None


@pytest.mark.parametrize("seed", range(12))
def test_no_combination_of_sums_of_three_tags_is_that_of_few_people(seed: int) -> None:
    """The attacker adds and subtracts up to four groups of any tags, and everyone."""
    rng = np.random.default_rng(seed)
    n = 70
    fine = rng.choice(5, n, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    coarse = np.where(rng.random(n) < 0.93, fine // 2, rng.choice(3, n))
    third = np.where(rng.random(n) < 0.9, (fine == 1).astype(int), rng.choice(3, n))
    groups = {
        name: {str(value): np.flatnonzero(values == value).tolist() for value in np.unique(values)}
        for name, values in (("fine", fine), ("coarse", coarse), ("third", third))
    }
    people = people_of(groups, n_speakers=n)
    shown = {name: {group for group in named if len(named[group]) >= K} for name, named in groups.items()}
    while (found := revealing_group(shown, people, K)) is not None:
        shown[found[0]].remove(found[1])
    sums = [people.members[Place(name, group)].astype(int) for name, kept in shown.items() for group in kept]
    sums.append(np.ones(n, int))
    for size in range(1, 5):
        for chosen in combinations(range(len(sums)), size):
            for signs in product((1, -1), repeat=size - 1):
                left = sums[chosen[0]] + sum(
                    (sign * sums[at] for sign, at in zip(signs, chosen[1:], strict=True)), np.zeros(n, int)
                )
                n_left = np.count_nonzero(left)
                assert n_left == 0 or n_left >= K, (chosen, signs)


def test_lost_people_of_a_hidden_group_are_told_by_totals() -> None:
    """Of six whom a system lost five are English: the sixth is all that everyone less English lost."""
    people = people_of({"accent": {"English": range(20), "Other": range(20, 30)}}, n_speakers=30)
    lost = np.isin(np.arange(30), [0, 1, 2, 3, 4, 25])
    both = replace(people, heard={("clean", "a"): people.everyone, ("clean", "b"): ~lost})
    assert not both.lost_tell([], "clean", "a", "b", K)
    assert both.lost_tell([Place("accent", "English")], "clean", "a", "b", K)


def test_all_declared_groups_together_tell_those_who_declined_from_a_hidden_one() -> None:
    groups = {"accent": {"English": range(20), "Maltese": range(20, 24), "unknown": range(24, 30)}}
    people = people_of(groups, n_speakers=30)
    shown, declared = [Place("accent", "English")], [Place("accent", "English"), Place("accent", "Maltese")]
    assert people.revealing(shown, K) is None
    assert people.reveals_beside(shown, declared, K)


def test_what_is_sure_is_not_tried_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some three hundred parts of a person or two: a programme for each would take a minute."""
    monkeypatch.setattr(told, "_least", lambda *_: pytest.fail("a linear programme"))
    rng = np.random.default_rng(1)
    groups = {
        name: {str(value): np.flatnonzero(values == value).tolist() for value in np.unique(values)}
        for name, values in (
            ("a", rng.choice(10, 400)),
            ("b", rng.choice(10, 400)),
            ("c", rng.choice(10, 400)),
        )
    }
    people = people_of(groups, n_speakers=400)
    assert revealing_group({name: list(named) for name, named in groups.items()}, people, K) is None
