"""What a plan declares together, and what becomes of all other comparisons."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from fairness_tables import ACCENT, HEADLINE, comparison, find, no_losses, tables, utterance
from scipy import stats

from asr_fair.config import Family, Plan, Reference
from asr_fair.errors import FaultsError
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.counting.slices import Column
from asr_fair.fairness.counting.strata import stratify
from asr_fair.fairness.counting.tally import tally
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.planning.outlook import dimension_outlook
from asr_fair.fairness.planning.power import Assumptions
from asr_fair.fairness.resampling.multiplicity import holm
from asr_fair.fairness.results import Comparison

CONDITIONS = ("clean", "hum", "ward")
SITE = Dimension("site", "Site", "self_report")


def voices(sizes: dict[str, int]) -> list[dict[str, object]]:
    """One utterance a speaker; the conditions of one speaker are much alike."""
    rng = np.random.default_rng(3)
    rows = []
    for name, size in sizes.items():
        for speaker in range(size):
            errors = rng.gamma(8, 20 / 8)
            heard = {condition: int(rng.poisson(errors)) + 1 for condition in CONDITIONS}
            rows.append(utterance(f"{name}{speaker}", [name], heard, words=200))
    return rows


SIZES = {"Cornish": 12, "Scottish": 14, "Welsh": 20}


def analysed(plan: Plan, *, exploratory: bool = False, sizes: dict[str, int] = SIZES) -> Findings:
    """Two dimensions: accent, and the site at which every other speaker was recorded."""
    counts, people = tables(voices(sizes))
    people["site"] = [(("north", "south")[number % 2],) for number in range(len(people))]
    return analyse(
        counts,
        people,
        no_losses(),
        [ACCENT, SITE],
        plan,
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in CONDITIONS],
        exploratory=exploratory,
    )


def by_hand(sizes: dict[str, int], group: str, condition: str) -> tuple[float, float]:
    """SE and Welch's df of a group's ln ratio to the rest, all speakers with equal words."""
    counts, people = tables(voices(sizes))
    members = np.array([label == (group,) for label in people["accent"]])
    errors = counts[counts["condition"] == condition]["substitutions"].to_numpy()
    parts = []
    for own in (errors[members], errors[~members]):
        theta = np.log((own.sum() - own) / (len(own) - 1))
        parts.append(((len(own) - 1) / len(own) * np.square(theta - theta.mean()).sum(), len(own) - 1))
    variance = sum(each for each, _ in parts)
    return math.sqrt(variance), variance**2 / sum(each**2 / freedom for each, freedom in parts)


def of(found: Findings, dimension: str, *, exploratory: bool = False) -> list[Comparison]:
    return [one for one in found.comparisons if (one.dimension, one.exploratory) == (dimension, exploratory)]


def test_without_a_family_every_comparison_is_declared() -> None:
    found = analysed(Plan())
    assert not any(one.exploratory for one in found.comparisons)
    assert {one.p_adjustment for one in found.comparisons} == {"holm"}


def test_conditions_that_are_not_declared_are_exploratory_with_benjamini_hochberg() -> None:
    found = analysed(Plan(family=Family(conditions=("hum",))))
    declared, others = of(found, "accent"), of(found, "accent", exploratory=True)
    assert {one.condition for one in declared} == {"hum"}
    assert {one.condition for one in others} == {"clean", "ward"}
    assert ({one.family_size for one in declared}, {one.family_size for one in others}) == ({3}, {6})
    assert [one.p_adjusted for one in others] == pytest.approx(
        stats.false_discovery_control([one.p_value for one in others])
    )
    assert {one.p_adjustment for one in others} == {"benjamini-hochberg"}
    assert [one.p_adjusted for one in declared] == holm([one.p_value for one in declared])


def test_a_smaller_family_has_narrower_intervals_and_the_same_ratios() -> None:
    whole, part = analysed(Plan()), analysed(Plan(family=Family(conditions=("hum",))))
    for one in of(part, "accent"):
        (same,) = [
            row for row in of(whole, "accent") if (row.group, row.condition) == (one.group, one.condition)
        ]
        assert one.ratio == same.ratio
        assert same.low < one.low < one.high < same.high


@pytest.mark.parametrize("across", ["groups", "dimensions"])
def test_a_plan_that_came_later_declares_nothing(across: Literal["groups", "dimensions"]) -> None:
    plan = Plan(family=Family(across=across))
    later = analysed(plan, exploratory=True)
    assert all(one.exploratory for one in later.comparisons)
    # As wide as if they had been declared: nothing is found more easily.
    bounds = [(one.group, one.condition, one.low, one.high) for one in later.comparisons]
    assert bounds == [(one.group, one.condition, one.low, one.high) for one in analysed(plan).comparisons]


def test_a_family_across_dimensions_spends_its_error_once() -> None:
    few = dict.fromkeys(SIZES, 9)  # below ten speakers each interval is Bonferroni's
    apart, together = (
        analysed(Plan(family=Family(across=across)), sizes=few) for across in ("groups", "dimensions")
    )
    # Three groups against the rest, and the two sites, which tell one contrast: four in three conditions.
    assert {one.family_size for one in together.comparisons} == {12}
    assert {one.family_size for one in of(apart, "accent")} == {9}
    for found, size in ((apart, 9), (together, 12)):
        one = comparison(found, "Cornish", "hum")
        se, df = by_hand(few, "Cornish", "hum")
        assert math.log(one.high / one.low) / 2 == pytest.approx(stats.t.ppf(1 - 0.05 / 2 / size, df) * se)


def test_p_values_of_a_family_across_dimensions_are_bonferronis_of_each_dimensions_holm() -> None:
    apart, together = (analysed(Plan(family=Family(across=across))) for across in ("groups", "dimensions"))
    for name, share in (("accent", 9 / 12), ("site", 3 / 12)):
        expected = [min(one.p_adjusted / share, 1) for one in of(apart, name)]
        assert [one.p_adjusted for one in of(together, name)] == pytest.approx(expected)


def test_a_condition_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(FaultsError, match=r"family\.conditions.*'wards'.*Did you mean 'ward'"):
        analysed(Plan(family=Family(conditions=("clean", "wards"))))


@pytest.mark.parametrize(
    ("sizes", "reference"),
    [
        ({"a": 12, "b": 12}, None),
        ({"a": 12, "b": 12}, "b"),
        ({"a": 12, "b": 12, "c": 3}, None),
        ({"a": 12, "b": 12, "c": 3}, "a"),
        ({"a": 12, "b": 12, "declined": 12}, None),
        ({"a": 4, "b": 12, "c": 12, "unknown": 3}, "c"),
    ],
)
def test_the_forecast_counts_the_comparisons_that_the_analysis_makes(
    sizes: dict[str, int], reference: str | None
) -> None:
    references = {} if reference is None else {"accent": Reference(group=reference, reason="largest")}
    rows = voices(sizes)
    found = find(rows, reference=reference)
    counts, people = tables(rows)
    column = Column("clean", "tiny", HEADLINE)
    totals = tally(counts[counts["condition"] == "clean"], stratify(people, ["accent"]), [column])
    ahead = dimension_outlook(
        ACCENT, totals, Plan(references=references), Assumptions(), declared=("nobody",), n_conditions=3
    )
    assert {one.family_size for one in found.comparisons} == {ahead.family_size}


def test_smallest_ratio_is_found_with_the_promised_chance_by_its_own_interval() -> None:
    found = comparison(analysed(Plan()), "Cornish", "hum")
    se, df = by_hand(SIZES, "Cornish", "hum")
    reach = math.log(found.high / found.low) / 2 / se
    shift = math.log(found.smallest_ratio) / se
    assert stats.nct.sf(reach, df, shift) + stats.nct.cdf(-reach, df, shift) == pytest.approx(0.8, abs=1e-4)


def test_smallest_ratio_does_not_depend_on_the_ratio_that_was_seen() -> None:
    rows = voices(SIZES)
    worse = [
        row | {"errors": {c: 3 * e for c, e in row["errors"].items()}}
        if row["accent"] == ("Cornish",)
        else row
        for row in rows
    ]
    one, other = (comparison(find(each, reference="Welsh"), "Cornish") for each in (rows, worse))
    assert other.ratio == pytest.approx(3 * one.ratio)
    assert other.smallest_ratio == pytest.approx(one.smallest_ratio, rel=0.05)


def test_groups_too_thin_for_a_verdict_have_no_smallest_ratio() -> None:
    found = find(voices({"Manx": 6, "Welsh": 20}), reference="Welsh")
    assert {one.smallest_ratio for one in found.comparisons} == {None}


def test_a_dimension_without_comparisons_has_no_share_of_the_error() -> None:
    only = Reference(group="north", reason="it is the only one")
    plan = Plan(references={"site": only}, family=Family(across="dimensions"))
    counts, people = tables(voices(SIZES))
    people["site"] = [("north",)] * len(people)
    found = analyse(
        counts,
        people,
        no_losses(),
        [ACCENT, SITE],
        plan,
        headline=HEADLINE,
        expected=[(condition, "tiny") for condition in CONDITIONS],
    )
    assert {one.family_size for one in of(found, "accent")} == {9}
    assert not of(found, "site")


def test_levels_and_intersections_follow_the_declared_conditions_and_stay_families_of_their_own() -> None:
    sizes = {"Cornish": 26, "Welsh": 30}
    plan = Plan(
        within={"accent": ("site",)},
        intersections=(("accent", "site"),),
        family=Family(conditions=("hum",), across="dimensions"),
    )
    found = analysed(plan, sizes=sizes)
    for name in ("accent | site = north", "accent × site"):
        declared, others = of(found, name), of(found, name, exploratory=True)
        assert {one.condition for one in declared} == {"hum"}
        assert {one.condition for one in others} == {"clean", "ward"}
    # Two accents tell one contrast, and so do two sites: two comparisons in one condition.
    assert {one.family_size for one in (*of(found, "accent"), *of(found, "site"))} == {2}
    assert {one.family_size for one in of(found, "accent × site")} == {4}


def test_systems_under_a_condition_that_is_not_declared_are_compared_as_exploratory() -> None:
    counts, people = tables(voices(SIZES))
    both = pd.concat([counts, counts.assign(system="base")])
    found = analyse(
        both,
        people,
        no_losses(),
        [ACCENT],
        Plan(family=Family(conditions=("hum",))),
        headline=HEADLINE,
        expected=[(condition, system) for system in ("tiny", "base") for condition in CONDITIONS],
    )
    assert {row.condition for row in found.system_comparisons if not row.exploratory} == {"hum"}
    assert {row.condition for row in found.system_comparisons if row.exploratory} == {"clean", "ward"}
