"""Verdicts of an analysis rest on intervals of the whole family, and carry p-values of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, comparison, find, no_losses, tables, utterance

from asr_fair.config import Plan
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.resampling.multiplicity import holm
from asr_fair.fairness.results import Comparison, Verdict

SIZES = {"Cornish": 12, "Scottish": 14, "Welsh": 20}
CONDITIONS = ("clean", "hum", "ward")


def voices(names: tuple[str, ...] = tuple(SIZES), *, rate: float = 20.0) -> list[dict[str, object]]:
    """One utterance a speaker; the conditions of one speaker are much alike."""
    rng = np.random.default_rng(3)
    rows = []
    for name in names:
        for speaker in range(SIZES[name]):
            errors = rng.gamma(8, rate / 8)
            heard = {condition: int(rng.poisson(errors)) + 1 for condition in CONDITIONS}
            rows.append(utterance(f"{name}{speaker}", [name], heard, words=200))
    return rows


def rows_of(found: Findings, group: str) -> list[Comparison]:
    return [row for row in found.comparisons if row.group == group]


def test_verdicts_rest_on_max_t_where_every_group_has_ten_speakers():
    found = find(voices(), reference="Welsh")
    assert {row.method for row in found.comparisons} == {"jackknife-log-welch-max-t"}
    assert {row.family_size for row in found.comparisons} == {6}


def test_gaps_stand_beside_ratios_with_intervals_that_hold_together_too():
    found = find(voices(), reference="Welsh")
    own = {(row.group, row.versus, row.condition): row for row in found.figures if row.measure == "wer_gap"}
    for row in found.comparisons:
        alone = own[row.group, row.versus, row.condition]
        assert (row.gap, row.gap_method) == (alone.value, "jackknife-welch-max-t")
        # Six comparisons, much alike: wider than each by itself, by about 1.4 if they were independent.
        reach = (row.gap_high - row.gap_low) / (alone.high - alone.low)
        assert 1.1 < reach < 1.6
        assert row.gap_low + row.gap_high == pytest.approx(2 * row.gap)


def test_groups_of_few_speakers_stay_under_bonferroni():
    few = [utterance(f"m{speaker}", ["Manx"], dict.fromkeys(CONDITIONS, 9 + speaker)) for speaker in range(6)]
    found = find([*voices(), *few], reference="Welsh")
    assert {row.method for row in rows_of(found, "Manx")} == {"jackknife-log-welch-bonferroni"}
    assert {row.method for row in rows_of(found, "Cornish")} == {"jackknife-log-welch-max-t"}
    assert {row.gap_method for row in rows_of(found, "Manx")} == {"jackknife-welch-bonferroni"}
    assert {row.gap_method for row in rows_of(found, "Cornish")} == {"jackknife-welch-max-t"}


def test_a_plain_difference_is_a_disparity_with_a_small_p_value():
    # The same people three times worse.
    worse = [row | {"errors": {c: 3 * e for c, e in row["errors"].items()}} for row in voices(("Cornish",))]
    found = comparison(find([*worse, *voices(("Scottish", "Welsh"))], reference="Welsh"), "Cornish")
    assert found.verdict is Verdict.DISPARITY
    assert found.p_value < 0.01
    assert found.p_method == "studentised-permutation-monte-carlo"


def test_p_values_are_those_of_the_two_groups_and_adjusted_by_holm_over_the_family():
    found = find(voices(), reference="Welsh")
    assert [row.p_adjusted for row in found.comparisons] == holm([row.p_value for row in found.comparisons])
    alone = find([row for row in voices() if row["accent"] != ("Scottish",)], reference="Welsh")
    assert [row.p_value for row in rows_of(alone, "Cornish")] == [
        row.p_value for row in rows_of(found, "Cornish")
    ]


def test_p_value_of_few_speakers_is_the_share_of_all_arrangements():
    rows = [utterance(f"a{n}", ["a"], {"clean": 30 + n}) for n in range(3)]
    rows += [utterance(f"b{n}", ["b"], {"clean": 10 + n}) for n in range(3)]
    found = comparison(find(rows, reference="b"), "a")
    # The arrangement seen and its mirror image are the most extreme of 20.
    assert (found.p_value, found.p_method) == (pytest.approx(2 / 20), "studentised-permutation-exact")


def test_tag_within_speakers_is_tested_by_swapping_within_each():
    rows = []
    for speaker in range(5):
        rows.append(utterance(f"s{speaker}", ["telephone"], {"clean": 20 + 3 * speaker}))
        rows.append(utterance(f"s{speaker}", ["wideband"], {"clean": 10 + 2 * speaker}))
    counts, people = tables(rows)
    handset = Dimension("accent", "Handset", "device_log", level="utterance")
    arguments = {"headline": HEADLINE, "expected": [("clean", "tiny")]}
    swapped = analyse(counts, people, no_losses(), [handset], Plan(), **arguments).comparisons[0]
    assert (swapped.p_value, swapped.p_method) == (2 / 2**5, "within-speaker-permutation-exact")
    # Whole speakers cannot change places, each is in both groups: that is no test, and no p of 1.
    whole = analyse(counts, people, no_losses(), [ACCENT], Plan(), **arguments).comparisons[0]
    assert (whole.p_value, whole.p_method, whole.p_adjusted) == (None, None, None)


def test_two_sides_of_one_contrast_have_one_p_value_and_mirrored_bounds():
    found = find(voices(("Cornish", "Welsh")))
    for one, other in zip(rows_of(found, "Cornish"), rows_of(found, "Welsh"), strict=True):
        assert one.p_value == other.p_value
        assert (one.low, one.high) == pytest.approx((1 / other.high, 1 / other.low))
        assert one.family_size == other.family_size == 3


def test_without_speakers_there_is_no_p_value():
    found = find([row | {"speaker": None} for row in voices()], reference="Welsh")
    assert {(row.p_value, row.p_method, row.p_adjusted) for row in found.comparisons} == {(None, None, None)}


def test_systems_are_families_of_their_own_with_the_same_draws():
    counts, people = tables(voices())
    both = [counts, counts.assign(system="base")]
    expected = [(condition, system) for system in ("tiny", "base") for condition in CONDITIONS]
    found = analyse(
        pd.concat(both), people, no_losses(), [ACCENT], Plan(), headline=HEADLINE, expected=expected
    )
    tiny, base = (
        [row.model_copy(update={"system": ""}) for row in found.comparisons if row.system == system]
        for system in ("tiny", "base")
    )
    assert tiny == base
    assert {row.family_size for row in found.comparisons} == {9}


def test_adjusted_p_values_of_a_large_family_can_still_be_small():
    conditions = [f"hum@{level}" for level in range(40)]
    rows = [
        utterance(f"{name}{speaker}", [name], dict.fromkeys(conditions, errors + speaker))
        for name, errors in (("Cornish", 80), ("Scottish", 20), ("Welsh", 20))
        for speaker in range(12)
    ]
    found = rows_of(find(rows), "Cornish")
    assert {row.family_size for row in found} == {120}
    assert {row.verdict for row in found} == {Verdict.DISPARITY}
    # The smallest p of 2,000 arrangements, 1/2,001, times 120 is .06: no difference could be found with it.
    assert max(row.p_adjusted for row in found) < 0.01
