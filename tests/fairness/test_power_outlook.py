"""What is missing in each group, from small tables of reference words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from asr_fair.config import Plan, Reference
from asr_fair.fairness.counting.slices import Column, Tally
from asr_fair.fairness.counting.strata import stratify
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.planning.outlook import DimensionOutlook, GroupOutlook, Need, dimension_outlook
from asr_fair.fairness.planning.power import Assumptions, Forecaster, Sample, Side

ACCENT = Dimension("accent", "Accent", "self_report")
HANDSET = Dimension("handset", "Handset", "device_log", level="utterance")
BY_REFERENCE = Plan(references={"accent": Reference(group="b", reason="the largest")})


def words_of(
    rows: list[tuple[str | None, str, int]], dimension: str = "accent", conditions: int = 1
) -> Tally:
    """Reference words, one utterance a row: speaker, group, words."""
    people = pd.DataFrame(rows, columns=["speaker", dimension, "hits"])
    people["utterance_id"] = [f"u{number}" for number in range(len(rows))]
    people["duration_s"] = np.nan
    people[dimension] = people[dimension].map(lambda group: (group,))
    column = Column("clean", "reference", "whisper_en")
    counts = people[["utterance_id", "hits"]].assign(
        **column._asdict(), substitutions=0, deletions=0, insertions=0
    )
    return tally(counts, stratify(people, [dimension]), [column])


def speakers(n: int, group: str, words: int = 600) -> list[tuple[str, str, int]]:
    return [(f"{group}{number}", group, words) for number in range(n)]


def outlook(
    rows: list[tuple[str | None, str, int]], plan: Plan | None = None, **more: object
) -> DimensionOutlook:
    return dimension_outlook(ACCENT, words_of(rows), plan or Plan(), Assumptions(), **more)


def row(found: DimensionOutlook, name: str) -> GroupOutlook:
    return next(each for each in found.groups if each.info.name == name)


def test_need_is_met_by_the_speakers_asked_for_and_not_by_one_less() -> None:
    found = row(outlook(speakers(14, "a") + speakers(40, "b"), BY_REFERENCE), "a")
    need = found.for_ratio["1.5"]
    assert need.n_more is not None
    assert need.n_more_versus == 0

    def power(n: int) -> float:
        sample = Sample(Side.expected(n, 600, 0), Side.expected(40, 600, 0))
        return Forecaster(Assumptions()).disparity_power(sample, 1.5)

    assert power(14 + need.n_more - 1) < 0.8 <= power(14 + need.n_more)


def test_where_the_other_side_is_too_small_it_needs_people_too() -> None:
    found = row(outlook(speakers(300, "a") + speakers(12, "b"), BY_REFERENCE), "a")
    need = found.for_ratio["1.25"]
    assert need.n_more == 0
    assert need.n_more_versus > 0
    # No number of speakers in the group alone makes up for it.
    alone = Sample(Side.expected(100_000, 600, 0), Side.expected(12, 600, 0))
    assert Forecaster(Assumptions()).disparity_power(alone, 1.25) < 0.8


def test_enough_speakers_need_nobody() -> None:
    found = outlook(speakers(200, "a") + speakers(200, "b"), BY_REFERENCE)
    assert row(found, "a").for_ratio == {
        "2": Need(n_more=0),
        "1.5": Need(n_more=0),
        "1.25": Need(n_more=0),
    }
    assert row(found, "a").for_equivalence == Need(n_more=0)
    assert row(found, "a").equivalence_power > 0.8
    assert row(found, "b").versus is None


def test_a_thin_group_has_no_smallest_ratio_and_needs_at_least_what_a_verdict_needs() -> None:
    found = row(outlook(speakers(4, "a") + speakers(60, "b"), BY_REFERENCE), "a")
    assert not found.verdict_possible
    assert found.smallest_ratio is None
    # A ratio of 2 would take fewer speakers than the ten that a verdict needs, but for the ten.
    assert 4 + found.for_ratio["2"].n_more >= 10
    assert 4 + found.for_equivalence.n_more >= 30


def test_few_words_are_missing_people_too() -> None:
    found = row(outlook(speakers(10, "a", words=12) + speakers(60, "b"), BY_REFERENCE), "a")
    assert not found.verdict_possible
    # 120 words of the 300: at 12 words a speaker, fifteen speakers more at the least.
    assert found.for_ratio["2"].n_more >= 15


def test_an_empty_group_of_the_sidecar_is_planned_with_the_words_of_all() -> None:
    found = outlook(speakers(20, "a") + speakers(40, "b"), BY_REFERENCE, declared=("a", "b", "c"))
    empty = row(found, "c")
    assert (empty.info.n_speakers, empty.info.n_words) == (0, 0)
    assert empty.smallest_ratio is None
    assert empty.for_ratio["2"].n_more >= 10
    assert found.family_size == 1  # as in the analysis, which never sees it


def test_families_are_those_of_the_analysis() -> None:
    three = speakers(12, "a") + speakers(12, "b") + speakers(12, "c")
    assert outlook(three).family_size == 3
    assert outlook(three, BY_REFERENCE).family_size == 2
    assert outlook(three, n_conditions=4).family_size == 12
    assert outlook(speakers(12, "a") + speakers(12, "b")).family_size == 1
    assert outlook(three + speakers(5, "unknown")).family_size == 3


def test_a_larger_family_sees_less() -> None:
    rows = speakers(20, "a") + speakers(20, "b") + speakers(20, "c")
    alone, many = (row(outlook(rows, n_conditions=n), "a").smallest_ratio for n in (1, 8))
    assert alone < many


def test_gap_is_the_ratio_at_the_assumed_rate() -> None:
    found = row(outlook(speakers(20, "a") + speakers(20, "b"), BY_REFERENCE), "a")
    assert found.smallest_gap == pytest.approx((found.smallest_ratio - 1) * 0.15)


def test_speakers_on_both_sides_are_recorded_once() -> None:
    rows = [(f"s{number}", handset, 300) for number in range(12) for handset in ("phone", "studio")]
    found = dimension_outlook(HANDSET, words_of(rows, "handset"), Plan(), Assumptions())
    one, other = found.groups
    assert one.for_ratio["1.5"] == other.for_ratio["1.5"]
    assert one.for_ratio["1.5"].n_more_versus == 0
    alike = Assumptions(shared_correlation=1.0)
    paired = dimension_outlook(HANDSET, words_of(rows, "handset"), Plan(), alike).groups[0]
    assert paired.smallest_ratio < one.smallest_ratio


def test_reserved_groups_are_listed_and_compared_with_nothing() -> None:
    found = outlook(speakers(12, "a") + speakers(12, "b") + speakers(12, "declined"))
    declined = row(found, "declined")
    assert (declined.info.kind, declined.versus, declined.for_ratio) == ("reserved", None, {})


def test_a_single_group_has_nothing_to_be_compared_with() -> None:
    (found,) = outlook(speakers(12, "a")).groups
    assert (found.verdict_possible, found.smallest_ratio) == (False, None)
    assert found.for_ratio["2"].n_more_versus >= 10


def test_unknown_speakers_have_counts_only() -> None:
    found = row(outlook([(None, "a", 50), (None, "b", 70)]), "a")
    assert (found.info.n_speakers, found.info.n_words) == (None, 50)
    assert (found.smallest_ratio, found.for_ratio, found.for_equivalence) == (None, {}, None)
