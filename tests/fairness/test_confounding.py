"""Tags that go together: the coefficient against another library, the sentences word by word."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import contingency

from asr_fair.fairness.counting.strata import Strata, stratify
from asr_fair.fairness.grouping.confounding import associations, containments, cramers_v
from asr_fair.fairness.grouping.dimensions import Dimension

ACCENT = Dimension("accent", "Accent", "self_report")
GENDER = Dimension("gender", "Gender", "self_report")
HANDSET = Dimension("handset", "Handset", "device_log", level="utterance")


def strata_of(rows: list[tuple[str, str, str]], names: tuple[str, str] = ("accent", "handset")) -> Strata:
    """One utterance a row: speaker and two labels; several labels stand with | between them."""
    people = pd.DataFrame(rows, columns=["speaker", *names])
    people.insert(0, "utterance_id", [f"u{number}" for number in range(len(rows))])
    people["duration_s"] = np.nan
    for name in names:
        people[name] = people[name].map(lambda cell: tuple(cell.split("|")))
    return stratify(people, names)


def spoken(n: int, accent: str, *handsets: str, prefix: str = "") -> list[tuple[str, str, str]]:
    """`n` speakers of an accent, each once on each handset."""
    return [(f"{prefix}{accent}{k}", accent, handset) for k in range(n) for handset in handsets]


@pytest.mark.parametrize("table", [[[12, 5], [3, 20]], [[9, 1, 4], [2, 8, 6], [5, 5, 15], [1, 0, 7]]])
def test_cramers_v_is_scipys_with_bergsmas_correction(table: list[list[int]]) -> None:
    counts = np.array(table, float)
    n, (r, c) = counts.sum(), counts.shape
    plain = contingency.association(np.array(table), method="cramer", correction=False)
    phi2 = max(0.0, plain**2 * (min(r, c) - 1) - (r - 1) * (c - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    assert cramers_v(counts) == pytest.approx(math.sqrt(phi2 / least), rel=1e-12)


def test_few_speakers_in_many_groups_do_not_look_associated_by_chance() -> None:
    rng = np.random.default_rng(1)
    plain, corrected = [], []
    for _ in range(300):
        table = np.zeros((5, 4))
        np.add.at(table, (np.arange(30) % 5, rng.integers(0, 4, 30)), 1)
        filled = table[:, table.sum(axis=0) > 0]
        plain.append(contingency.association(filled.astype(int), method="cramer"))
        corrected.append(cramers_v(table))
    assert np.mean(plain) > 0.3
    assert np.mean(corrected) < 0.12


def test_one_group_has_no_association() -> None:
    assert cramers_v(np.array([[5.0, 3.0]])) is None
    assert cramers_v(np.zeros((0, 0))) is None
    assert cramers_v(np.array([[3.0, 2.0], [0.0, 0.0]])) is None


def test_tags_that_decide_each_other_have_a_v_of_one() -> None:
    strata = strata_of(spoken(6, "Scottish", "phone") + spoken(8, "Irish", "headset"))
    (found,) = associations(strata, [ACCENT, HANDSET], fewest=10)
    assert found.cramers_v == pytest.approx(1.0)
    assert (found.n_cells, found.n_empty, found.n_thin) == (4, 2, 2)


def test_a_speaker_counts_once_however_much_was_said() -> None:
    # Everyone is on both handsets alike, but for how often: one speaker talks a hundred times as much.
    rows = spoken(10, "Scottish", "phone", "headset") + spoken(10, "Irish", "phone", "headset")
    talkative = rows + [("Scottish0", "Scottish", "phone"), ("Scottish0", "Scottish", "headset")] * 100
    plain, loud = (
        associations(strata_of(each), [ACCENT, HANDSET], fewest=10)[0].cramers_v for each in (rows, talkative)
    )
    assert plain == loud == 0.0


def test_a_group_wholly_inside_a_level_is_told_with_the_others_beside_it() -> None:
    rows = spoken(14, "Scottish", "phone") + spoken(24, "Irish", "headset") + spoken(2, "Welsh", "phone")
    found = containments(strata_of(rows), [ACCENT, HANDSET], fewest=5)
    assert [str(each) for each in found] == [
        '"Irish" (accent) and "headset" (handset) are the same 24 speakers: nobody else is in either',
        'all 14 speakers in "Scottish" (accent) are in "phone" (handset) only; of the other 26 speakers, '
        "2 are in it at all",
    ]


def test_a_level_that_is_one_group_only_is_told_from_its_side() -> None:
    rows = spoken(6, "Scottish", "phone", "studio") + spoken(9, "Irish", "phone")
    found = containments(strata_of(rows), [ACCENT, HANDSET], fewest=5)
    assert [str(each) for each in found if each.dimension == "handset"] == [
        'all 6 utterances by 6 speakers in "studio" (handset) are in "Scottish" (accent) only; of the other '
        "15 utterances, 6 are in it at all"
    ]


def test_what_most_others_share_is_not_told() -> None:
    rows = spoken(10, "Scottish", "phone") + spoken(40, "Irish", "phone") + spoken(5, "Welsh", "headset")
    found = containments(strata_of(rows), [ACCENT, HANDSET], fewest=5)
    assert {(each.group, each.level) for each in found} == {("Irish", "phone"), ("Welsh", "headset")}


def test_small_groups_and_reserved_labels_are_not_told() -> None:
    rows = (
        spoken(4, "Welsh", "phone")
        + spoken(12, "unknown", "phone")
        + spoken(12, "Irish", "unknown")
        + spoken(9, "Scottish", "phone", "headset")
        + spoken(4, "Manx", "headset")
    )
    assert containments(strata_of(rows), [ACCENT, HANDSET], fewest=5) == []


def test_people_with_two_labels_are_in_neither_level_only() -> None:
    rows = (
        spoken(8, "Scottish", "phone|headset") + spoken(8, "Irish", "phone") + spoken(8, "Irish", "headset")
    )
    strata = strata_of(rows)
    assert all(each.group != "Scottish" for each in containments(strata, [ACCENT, HANDSET], fewest=5))
    (pair,) = associations(strata, [ACCENT, HANDSET], fewest=10)
    assert pair.cramers_v == 0.0


def test_one_tag_alone_goes_together_with_nothing() -> None:
    strata = strata_of(spoken(6, "Scottish", "phone"))
    assert associations(strata, [ACCENT], fewest=10) == []
    assert containments(strata, [ACCENT, HANDSET], fewest=5) == []


def test_the_strongest_pair_comes_first() -> None:
    people = pd.DataFrame(
        {
            "utterance_id": [f"u{k}" for k in range(24)],
            "speaker": [f"s{k}" for k in range(24)],
            "accent": [("a",), ("b",)] * 12,
            "handset": [("p",), ("q",)] * 12,
            "gender": [("f",), ("f",), ("m",), ("m",)] * 6,
            "duration_s": np.nan,
        }
    )
    found = associations(
        stratify(people, ["accent", "handset", "gender"]), [GENDER, ACCENT, HANDSET], fewest=10
    )
    assert [(each.first, each.second) for each in found] == [
        ("accent", "handset"),
        ("gender", "accent"),
        ("gender", "handset"),
    ]
