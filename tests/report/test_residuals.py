"""Attack by differencing: what published figures less each other would tell of few people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from asr_fair.report.share.residuals import People, revealing_group

K = 5


def people_of(groups: dict[str, dict[str, range | list[int]]], *, n_speakers: int) -> People:
    """Each speaker says one utterance; groups name speakers."""
    numbers = np.arange(n_speakers)
    members = {
        (dimension, group): np.isin(numbers, list(speakers))
        for dimension, named in groups.items()
        for group, speakers in named.items()
    }
    everyone = np.ones(n_speakers, bool)
    return People(numbers, members, {("clean", "a"): everyone}, everyone)


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


@pytest.mark.parametrize("seed", range(40))
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
