"""Gaps within levels of another dimension, and standardised over them: what a mixture hides comes out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from combined_tables import (
    analysed,
    comparison_of,
    crowd,
    figure_of,
    said,
    standardised_of,
)
from fairness_tables import cell, unidentified

from asr_fair.fairness.analyse import Findings
from asr_fair.fairness.estimates.gaps import wer_gap
from asr_fair.fairness.estimates.standardised import standardised_gap, standardised_ratio
from asr_fair.fairness.results import Status, Verdict

IRISH = {"accent": {"group": "Irish", "reason": "most callers"}}
WITHIN = {"accent": ["gender"]}


def spread(mean: int, n_speakers: int) -> list[int]:
    return [round(mean * factor) for factor in np.linspace(0.8, 1.2, n_speakers)]


def mixture() -> list[dict]:
    """Simpson's paradox: more errors for Scottish speakers among women and men, and fewer in all.

    Women are misheard more often; most Irish speakers are women, most Scottish ones men.
    """
    sizes = {("Irish", "woman"): (40, 40), ("Irish", "man"): (10, 10)}
    sizes |= {("Scottish", "woman"): (10, 50), ("Scottish", "man"): (40, 15)}
    return [
        row
        for (accent, gender), (n, mean) in sizes.items()
        for row in crowd({"accent": accent, "gender": gender}, spread(mean, n))
    ]


def level(found: Findings, name: str, group: str, measure: str = "wer_gap") -> float | None:
    return figure_of(found, f"accent | gender = {name}", group, measure).value


def test_standardised_figures_are_those_computed_by_hand() -> None:
    # Women: 200 and 100 words, .2 and .3 wrong; men: 100 and 600 words, .1 and .05 wrong.
    group = [cell([20, 20], [100, 100]), cell([4, 6], [50, 50])]
    other = [cell([10, 20], [50, 50]), cell([10, 20], [300, 300])]
    # Weights .3 and .7: .3·.2 + .7·.1 = .13, and .3·.3 + .7·.05 = .125.
    assert standardised_gap(group, other).value == pytest.approx(0.005)
    assert standardised_ratio(group, other).value == pytest.approx(0.13 / 0.125)


def test_with_one_level_the_figure_is_the_gap_itself() -> None:
    group, other = cell([5, 9, 12], [80, 90, 100]), cell([2, 4, 9], [80, 90, 100], speakers=[3, 4, 5])
    found, plain = standardised_gap([group], [other]), wer_gap(group, other)
    assert found.value == pytest.approx(plain.value)
    assert found.bounds(0.95) == pytest.approx(plain.bounds(0.95))


def test_simpsons_paradox_comes_out() -> None:
    found = analysed(mixture(), references=IRISH, within=WITHIN)
    assert figure_of(found, "accent", "Scottish", "wer_gap").value == pytest.approx(0.22 - 0.34, abs=0.005)
    assert level(found, "woman", "Scottish") == pytest.approx(0.10, abs=0.005)
    assert level(found, "man", "Scottish") == pytest.approx(0.05, abs=0.005)
    gap, ratio = (standardised_of(found, "Scottish", measure) for measure in ("wer_gap", "wer_ratio"))
    # Both levels hold half of the words.
    assert gap.value == pytest.approx(0.075, abs=0.005)
    assert gap.low > 0
    assert ratio.value == pytest.approx(0.325 / 0.25, abs=0.02)
    assert (gap.levels, gap.n_words, gap.n_words_left_out) == (("man", "woman"), 10_000, 0)
    assert comparison_of(found, "accent", "Scottish").ratio < 1
    for name in ("woman", "man"):
        assert comparison_of(found, f"accent | gender = {name}", "Scottish").verdict is Verdict.DISPARITY


def test_interval_is_that_of_leaving_out_every_speaker_within_levels() -> None:
    rng = np.random.default_rng(8)
    sizes = {("Irish", "woman"): 9, ("Irish", "man"): 6, ("Scottish", "woman"): 5, ("Scottish", "man"): 11}
    data = {place: (rng.integers(5, 40, n), rng.integers(60, 200, n)) for place, n in sizes.items()}
    rows = [
        said(f"{place}{n}", {"accent": place[0], "gender": place[1]}, int(e), words=int(w))
        for place, (errors, words) in data.items()
        for n, (e, w) in enumerate(zip(errors, words, strict=True))
    ]

    def gap(data: dict) -> float:
        n = {place: words.sum() for place, (_, words) in data.items()}
        rates = {place: errors.sum() / n[place] for place, (errors, _) in data.items()}
        weights = {g: n["Irish", g] + n["Scottish", g] for g in ("woman", "man")}
        apart = sum(w * (rates["Scottish", g] - rates["Irish", g]) for g, w in weights.items())
        return apart / sum(weights.values())

    variance = 0.0
    for place, n in sizes.items():
        left_out = [
            gap(data | {place: tuple(np.delete(each, speaker) for each in data[place])})
            for speaker in range(n)
        ]
        variance += (n - 1) / n * np.square(left_out - np.mean(left_out)).sum()
    found = standardised_of(analysed(rows, references=IRISH, within=WITHIN), "Scottish")
    assert found.value == pytest.approx(gap(data))
    half = (found.high - found.low) / 2
    # t has between the fewest speakers less one and all of them degrees of freedom.
    assert 1.98 < half / math.sqrt(variance) < 2.78
    assert found.method == "jackknife-welch"


def test_levels_without_enough_speakers_on_both_sides_are_left_out_with_their_words() -> None:
    few = crowd({"accent": "Scottish", "gender": "other"}, [1, 2, 3, 4])
    many = crowd({"accent": "Irish", "gender": "other"}, spread(30, 12))
    found = analysed([*mixture(), *few, *many], references=IRISH, within=WITHIN)
    gap = standardised_of(found, "Scottish")
    assert (gap.levels, gap.n_words, gap.n_words_left_out) == (("man", "woman"), 10_000, 1_600)
    assert (
        gap.value == standardised_of(analysed(mixture(), references=IRISH, within=WITHIN), "Scottish").value
    )
    assert level(found, "other", "Scottish") == pytest.approx(0.025 - 0.3, abs=0.01)


def test_without_any_such_level_there_is_a_status() -> None:
    rows = crowd({"accent": "Irish", "gender": "woman"}, spread(10, 12))
    rows += crowd({"accent": "Scottish", "gender": "man"}, spread(20, 12))
    gap = standardised_of(analysed(rows, references=IRISH, within=WITHIN), "Scottish")
    assert (gap.value, gap.status, gap.levels, gap.n_words) == (None, Status.NO_COMPARISON, (), 0)
    assert gap.n_words_left_out == 2_400


def test_all_levels_and_groups_are_one_family() -> None:
    welsh = [
        row
        for gender in ("woman", "man")
        for row in crowd({"accent": "Welsh", "gender": gender}, spread(20, 12))
    ]
    found = analysed([*mixture(), *welsh], references=IRISH, within=WITHIN)
    rows = [row for row in found.comparisons if row.dimension.startswith("accent | gender")]
    assert {(row.dimension, row.group) for row in rows} == {
        (f"accent | gender = {gender}", accent)
        for gender in ("man", "woman")
        for accent in ("Scottish", "Welsh")
    }
    assert {row.family_size for row in rows} == {4}


def test_two_groups_without_a_reference_mirror_each_other_in_every_level() -> None:
    found = analysed(mixture(), within=WITHIN)
    rows = [row for row in found.comparisons if row.dimension.startswith("accent | gender")]
    assert {row.family_size for row in rows} == {2}
    one, other = (standardised_of(found, name) for name in ("Irish", "Scottish"))
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    for gender in ("man", "woman"):
        pair = [row for row in rows if row.dimension == f"accent | gender = {gender}"]
        assert pair[0].p_value == pair[1].p_value
        assert pair[0].ratio == pytest.approx(1 / pair[1].ratio)


def test_the_rest_within_a_level_is_of_that_level() -> None:
    welsh = crowd({"accent": "Welsh", "gender": "man"}, spread(30, 12))
    found = analysed([*mixture(), *welsh], within=WITHIN)
    # 10 Irish and 40 Scottish men.
    assert level(found, "man", "Welsh") == pytest.approx(0.30 - (10 * 0.10 + 40 * 0.15) / 50, abs=0.005)


def test_a_control_that_varies_within_speakers_leaves_whole_speakers_out() -> None:
    rows = [
        said(f"{accent}{n}", {"accent": accent, "handset": handset}, worse + n)
        for accent, more in (("Irish", 0), ("Scottish", 6))
        for n in range(12)
        for handset, worse in (("headset", 5 + more), ("phone", 15 + more))
    ]
    found = analysed(rows, references=IRISH, within={"accent": ["handset"]}, within_speakers=["handset"])
    gap, plain = standardised_of(found, "Scottish"), figure_of(found, "accent", "Scottish", "wer_gap")
    # The same words under both: standardising changes nothing.
    assert (gap.value, gap.low, gap.high) == pytest.approx((plain.value, plain.low, plain.high))
    row = comparison_of(found, "accent | handset = phone", "Scottish")
    assert row.p_method.startswith("studentised-permutation")


def test_who_has_several_levels_counts_in_each_and_is_left_out_of_all_at_once() -> None:
    both = [said(f"both{n}", {"accent": "Scottish", "gender": ("woman", "man")}, 30 + n) for n in range(6)]
    found = analysed([*mixture(), *both], references=IRISH, within=WITHIN)
    gap = standardised_of(found, "Scottish")
    assert gap.low < gap.value < gap.high
    info = found.controls[0].levels[1].cells
    assert {group.name: group.n_speakers for group in info.groups} == {"Irish": 40, "Scottish": 16}
    assert (gap.n_words, gap.n_words_left_out) == (10_600, 0)


def test_a_level_that_a_condition_lost_is_used_in_none() -> None:
    rows = [row | {"errors": row["errors"] | {"hum": 40}} for row in mixture()]
    lost = [
        row | {"errors": {"clean": row["errors"]["clean"]}}
        if row["tags"] == {"accent": ("Scottish",), "gender": ("woman",)}
        else row
        for row in rows
    ]
    found = analysed(lost, references=IRISH, within=WITHIN)
    assert {row.levels for row in found.standardised} == {("man",)}


def test_degenerate_cells_have_a_status_and_no_interval() -> None:
    some, none = cell([3, 4], [50, 60]), cell([0, 0], [50, 60], speakers=[2, 3])
    silent = cell([0, 0], [0, 0], speakers=[4, 5])
    one = cell([3], [50], speakers=[6])
    assert standardised_gap([], []).status is Status.NO_COMPARISON
    assert standardised_gap([some], [silent]).status is Status.NO_COMPARISON
    assert standardised_ratio([some], [none]).status is Status.NO_COMPARISON
    assert standardised_ratio([none], [some]).status is Status.NO_COMPARISON
    without = standardised_gap([some], [none])
    assert (without.value, without.status) == (pytest.approx(7 / 110), Status.NO_INTERVAL)
    assert standardised_gap([some], [one]).status is Status.ONE_SPEAKER
    nameless = standardised_gap([unidentified(3, 50)], [unidentified(9, 50)])
    assert (nameless.value, nameless.status) == (pytest.approx(-0.12), Status.NO_SPEAKERS)


def test_reserved_groups_are_in_no_level_and_compared_in_none() -> None:
    rows = [
        *mixture(),
        *crowd({"accent": "unknown", "gender": "man"}, spread(60, 12)),
        *crowd({"accent": "Scottish", "gender": "declined"}, spread(60, 12)),
    ]
    found = analysed(rows, within=WITHIN)
    (control,) = found.controls
    assert [one.level for one in control.levels] == ["man", "woman"]
    assert {group.name for one in control.levels for group in one.cells.groups} == {"Irish", "Scottish"}
    gap = standardised_of(found, "Scottish")
    assert gap.value == standardised_of(analysed(mixture(), within=WITHIN), "Scottish").value
    assert gap.n_words_left_out == 1_200


def test_order_of_rows_changes_nothing() -> None:
    settings = {"references": IRISH, "within": WITHIN, "intersections": [["accent", "gender"]]}
    rows = mixture()
    found, turned = (analysed(each, **settings) for each in (rows, rows[::-1]))
    assert found.standardised == turned.standardised
    assert found.comparisons == turned.comparisons
