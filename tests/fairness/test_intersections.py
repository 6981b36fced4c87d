"""Intersections: combinations of groups are analysed like groups, and keep apart what margins hide."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from combined_tables import analysed, comparison_of, crowd, dimensions_of, figure_of, people_of, said
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.config import Plan
from asr_fair.errors import FaultsError
from asr_fair.fairness.analyse import Findings
from asr_fair.fairness.counting.combinations import is_reserved, joined, taken_apart
from asr_fair.fairness.grouping.groupings import grouped
from asr_fair.fairness.results import DimensionInfo, Status, Verdict

BOTH = "accent × gender"
ACCENT_GENDER = [["accent", "gender"]]
TO_IRISH_WOMEN = {
    "accent": {"group": "Irish", "reason": "most callers"},
    "gender": {"group": "woman", "reason": "largest group."},
}


def spread(mean: int, *, n_speakers: int = 14) -> list[int]:
    """Errors of speakers who differ by a fifth either way, the same whatever the mean."""
    return [round(mean * factor) for factor in np.linspace(0.8, 1.2, n_speakers)]


def crossed(low: int = 10, high: int = 30, *, n_speakers: int = 14) -> list[dict]:
    """Neither accent nor gender matters by itself, and each combination does."""
    means = {("Irish", "woman"): low, ("Irish", "man"): high, ("Scottish", "woman"): high}
    means |= {("Scottish", "man"): low}
    return [
        row
        for (accent, gender), mean in means.items()
        for row in crowd({"accent": accent, "gender": gender}, spread(mean, n_speakers=n_speakers))
    ]


def dimension_of(found: Findings, name: str) -> DimensionInfo:
    (one,) = (dimension for dimension in found.dimensions if dimension.name == name)
    return one


def names(dimension: DimensionInfo) -> list[str]:
    return [group.name for group in dimension.groups]


def test_a_disparity_that_both_margins_hide_is_found_in_the_intersection() -> None:
    found = analysed(crossed(), intersections=ACCENT_GENDER)
    margins = [row for row in found.comparisons if row.dimension in ("accent", "gender")]
    assert {row.verdict for row in margins} == {Verdict.CANNOT_TELL}
    assert {row.ratio for row in margins} == {1.0}
    cells = [row for row in found.comparisons if row.dimension == BOTH]
    assert {row.verdict for row in cells} == {Verdict.DISPARITY}
    assert (
        comparison_of(found, BOTH, "Irish × man").ratio
        > 1
        > comparison_of(found, BOTH, "Irish × woman").ratio
    )
    assert {(row.family_size, row.method) for row in cells} == {(4, "jackknife-log-welch-max-t")}


def test_combinations_add_up_to_the_groups_that_they_are_made_of() -> None:
    rng = np.random.default_rng(4)
    rows = [
        said(f"s{n}", {"accent": "ab"[n % 2], "gender": "xyz"[n % 3]}, int(rng.integers(1, 40)), words=50 + n)
        for n in range(60)
    ]
    found = analysed(rows, intersections=ACCENT_GENDER)
    for accent in "ab":
        whole = figure_of(found, "accent", accent)
        cells = [figure_of(found, BOTH, f"{accent} × {gender}") for gender in "xyz"]
        assert sum(cell.n_words for cell in cells) == whole.n_words
        assert sum(cell.n_speakers for cell in cells) == whole.n_speakers
        errors = [cell.value * cell.n_words for cell in cells]
        assert sum(errors) == pytest.approx(whole.value * whole.n_words)


def test_an_intersection_has_figures_summaries_and_losses_of_its_own() -> None:
    found = analysed(crossed(), intersections=ACCENT_GENDER)
    (summary,) = (row for row in found.summaries if row.dimension == BOTH)
    assert summary.groups == ("Irish × man", "Irish × woman", "Scottish × man", "Scottish × woman")
    assert summary.max_minus_min.value == pytest.approx(0.2)
    assert dimension_of(found, BOTH).title == "Accent × Gender"
    measures = {row.measure for row in found.figures if row.dimension == "accent"}
    assert {row.measure for row in found.figures if row.dimension == BOTH} == measures


def test_three_dimensions_are_combined() -> None:
    rows = [
        row
        for accent, gender, age in product("ab", "xy", "12")
        for row in crowd({"accent": accent, "gender": gender, "age": age}, spread(20, n_speakers=3))
    ]
    found = analysed(rows, intersections=[["accent", "gender", "age"]])
    info = dimension_of(found, "accent × gender × age")
    assert info.parts == ("accent", "gender", "age")
    assert names(info) == [" × ".join(each) for each in product("ab", "xy", "12")]
    assert {group.n_speakers for group in info.groups} == {3}


def test_with_a_reference_for_every_part_combinations_are_compared_with_that_of_the_references() -> None:
    found = analysed(crossed(), intersections=ACCENT_GENDER, references=TO_IRISH_WOMEN)
    info = dimension_of(found, BOTH)
    assert info.reference == "Irish × woman"
    assert info.reference_reason == "accent: most callers; gender: largest group"
    assert {row.versus for row in found.comparisons if row.dimension == BOTH} == {"Irish × woman"}
    assert comparison_of(found, BOTH, "Scottish × woman").ratio == pytest.approx(3.0, abs=0.1)
    one = {"accent": TO_IRISH_WOMEN["accent"]}
    found = analysed(crossed(), intersections=ACCENT_GENDER, references=one)
    assert dimension_of(found, BOTH).reference is None
    assert {row.versus for row in found.comparisons if row.dimension == BOTH} == {"rest"}


def test_whoever_declined_in_any_part_has_rates_and_no_comparison() -> None:
    rows = [
        *crossed(),
        *crowd({"accent": "Scottish", "gender": "unknown"}, spread(20)),
        *crowd({"accent": "declined", "gender": "man"}, spread(20)),
    ]
    found = analysed(rows, intersections=ACCENT_GENDER)
    info = dimension_of(found, BOTH)
    assert names(info)[-2:] == ["Scottish × unknown", "declined × man"]
    assert [group.kind for group in info.groups] == ["declared"] * 4 + ["reserved"] * 2
    assert figure_of(found, BOTH, "Scottish × unknown").value == pytest.approx(0.2, abs=0.01)
    compared = {row.group for row in found.comparisons if row.dimension == BOTH}
    assert compared == set(names(info)[:4])
    # Nor have they a part in what the others are compared with.
    without = analysed(crossed(), intersections=ACCENT_GENDER)
    gap = figure_of(found, BOTH, "Irish × man", "wer_gap")
    assert gap.value == figure_of(without, BOTH, "Irish × man", "wer_gap").value


def test_who_has_several_labels_counts_in_each_combination() -> None:
    rows = [*crossed(), said("both", {"accent": ("Irish", "Scottish"), "gender": "man"}, 50)]
    found = dimension_of(analysed(rows, intersections=ACCENT_GENDER), BOTH)
    sizes = {group.name: group.n_speakers for group in found.groups}
    assert sizes == {"Irish × man": 15, "Irish × woman": 14, "Scottish × man": 15, "Scottish × woman": 14}


def test_combinations_without_anybody_are_listed() -> None:
    rows = [row for row in crossed() if row["tags"] != {"accent": ("Irish",), "gender": ("woman",)}]
    info = dimension_of(analysed(rows, intersections=ACCENT_GENDER), BOTH)
    assert info.empty == ("Irish × woman",)
    assert "Irish × woman" not in names(info)


def test_a_combination_that_a_condition_lost_has_a_status_there_and_figures_elsewhere() -> None:
    rows = [row | {"errors": row["errors"] | {"hum": 40}} for row in crossed()]
    lost = [
        row | {"errors": {"clean": row["errors"]["clean"]}}
        if row["tags"] == {"accent": ("Irish",), "gender": ("man",)}
        else row
        for row in rows
    ]
    found = analysed(lost, intersections=ACCENT_GENDER)
    assert figure_of(found, BOTH, "Irish × man", condition="hum").status is Status.NO_REFERENCE_WORDS
    assert figure_of(found, BOTH, "Irish × man").value == pytest.approx(0.3, abs=0.01)
    assert comparison_of(found, BOTH, "Irish × man", "hum").verdict is Verdict.CANNOT_TELL
    assert comparison_of(found, BOTH, "Scottish × man", "hum").ratio == pytest.approx(1.0)


def test_small_combinations_have_figures_and_do_not_widen_the_intervals_of_others() -> None:
    few = crowd({"accent": "Welsh", "gender": "man"}, [5, 9, 12, 20])
    few += crowd({"accent": "Welsh", "gender": "woman"}, [31, 9, 2])
    found = analysed([*crossed(), *few], intersections=ACCENT_GENDER)
    assert figure_of(found, BOTH, "Welsh × man", "wer_ratio").low is not None
    cells = [row for row in found.comparisons if row.dimension == BOTH]
    assert {row.family_size for row in cells} == {4}
    assert "Welsh × man" not in {row.group for row in cells}


def test_an_intersection_varies_within_speakers_if_a_part_does() -> None:
    rows = [
        said(f"{accent}{n}", {"accent": accent, "handset": handset}, 10 + n + worse)
        for accent in ("Irish", "Scottish")
        for n in range(12)
        for handset, worse in (("headset", 0), ("phone", 9))
    ]
    settings = {"within_speakers": ["handset"], "intersections": [["accent", "handset"]]}
    found = analysed(rows, **settings)
    name = "accent × handset"
    assert dimension_of(found, name).level == "utterance"
    # Irish speakers are in both sides, Scottish ones in one: neither kind of exchange says anything.
    assert {row.p_value for row in found.comparisons if row.dimension == name} == {None}
    references = {"accent": {"group": "Irish", "reason": "x"}, "handset": {"group": "headset", "reason": "x"}}
    found = analysed(rows, **settings, references=references)
    methods = {
        row.group: row.p_method.partition("-permutation")[0]
        for row in found.comparisons
        if row.dimension == name
    }
    assert methods == {
        "Irish × phone": "within-speaker",
        "Scottish × headset": "studentised",
        "Scottish × phone": "studentised",
    }


def test_combinations_stand_in_the_order_of_their_parts() -> None:
    rows = [said(f"{a}{g}", {"age": a, "gender": g}, 3) for a in ("9", "10", "unknown") for g in "ba"]
    _, people = people_of(rows)
    dimensions = dimensions_of(rows)
    banded = [type(dimensions[0])("age", "Age", "self_report", bands=("9", "10")), dimensions[1]]
    found = grouped(people, banded, Plan(intersections=(("age", "gender"),)))
    assert list(found.groups["age × gender"]) == [
        "9 × a", "9 × b", "10 × a", "10 × b", "unknown × a", "unknown × b"
    ]  # fmt: skip


@given(st.lists(st.lists(st.text("a× “", min_size=1, max_size=6), min_size=2, max_size=3), min_size=1))
def test_no_two_combinations_have_the_same_name(combinations: list[list[str]]) -> None:
    for parts in combinations:
        assert taken_apart(joined(parts)) == tuple(parts)


def test_groups_whose_names_hold_the_sign_are_kept_apart() -> None:
    rows = crowd({"accent": "a × b", "gender": "c"}, spread(10)) + crowd(
        {"accent": "a", "gender": "b × c"}, spread(30)
    )
    found = analysed(rows, intersections=ACCENT_GENDER)
    assert names(dimension_of(found, BOTH)) == ["a × b ×× c", "a ×× b × c"]
    assert figure_of(found, BOTH, "a ×× b × c").value == pytest.approx(0.1, abs=0.01)
    # The label of a dimension by itself is never taken apart.
    assert not is_reserved("a × unknown")
    assert is_reserved("a × unknown", ("accent", "gender"))


def faults(rows: list[dict], **plan: object) -> str:
    _, people = people_of(rows)
    with pytest.raises(FaultsError) as caught:
        grouped(people, dimensions_of(rows), Plan.model_validate(plan))
    return str(caught.value)


def test_too_many_combinations_are_refused_with_their_number() -> None:
    rows = [said(f"s{n}", {"accent": f"a{n}", "gender": f"g{n}", "age": f"o{n}"}, 1) for n in range(9)]
    message = faults(rows, intersections=[["accent", "gender", "age"]])
    assert "intersections.0" in message
    assert "729 combinations of groups (9 of accent × 9 of gender × 9 of age), more than 500" in message
    assert "thresholds.max_combinations" in message


def test_references_that_nobody_has_together_are_refused() -> None:
    rows = [row for row in crossed() if row["tags"] != {"accent": ("Irish",), "gender": ("woman",)}]
    message = faults(rows, intersections=ACCENT_GENDER, references=TO_IRISH_WOMEN)
    assert "intersections.0: nobody is in 'Irish × woman'" in message


def test_dimensions_that_are_not_analysed_cannot_be_combined() -> None:
    message = faults(crossed(), intersections=[["accent", "gendr"]], within={"accent": ["sex"]})
    assert "intersections.0: unknown analysed dimension 'gendr'. Did you mean 'gender'?" in message
    assert "within.accent: unknown analysed dimension 'sex'" in message
    message = faults(crossed(), dimensions=["accent"], intersections=ACCENT_GENDER)
    assert "unknown analysed dimension 'gender'" in message
    message = faults(crossed(), dimensions=["accent", "gendr"], intersections=[["accent", "gendr"]])
    assert "intersections.0: unknown analysed dimension 'gendr'. Known: accent" in message


def test_a_dimension_with_the_name_of_an_intersection_is_refused() -> None:
    rows = [row | {"tags": row["tags"] | {BOTH: ("x",)}} for row in crossed()]
    assert "Rename this dimension" in faults(rows, intersections=ACCENT_GENDER)
