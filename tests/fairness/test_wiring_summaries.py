"""Summaries of an analysis: figures over all groups, beside what they are where groups are alike."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from fairness_tables import ACCENT, HEADLINE, find, no_losses, tables, utterance

from asr_fair.config import Plan
from asr_fair.fairness.analyse import analyse
from asr_fair.fairness.display import Visibility, shows_summary
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.heterogeneity import cochran_q
from asr_fair.fairness.results import DimensionInfo, GroupInfo, Status, Summary

SMALL = {"a": (30, 34, 41), "b": (10, 13, 11), "c": (20, 22, 27)}
"""Errors of each speaker in 100 words."""


def summary(groups: dict[str, tuple[int, ...]], level: str = "speaker", **changes: object) -> Summary:
    rows = [
        utterance(f"{name}{number}", [name], {"clean": errors}) | changes
        for name, speakers in groups.items()
        for number, errors in enumerate(speakers)
    ]
    counts, people = tables(rows)
    dimension = Dimension("accent", "Accent", "self_report", level=level)
    (found,) = analyse(
        counts, people, no_losses(), [dimension], Plan(), headline=HEADLINE, expected=[("clean", "tiny")]
    ).summaries
    return found


def arrangements() -> list[np.ndarray]:
    """Errors of three groups of three, in every way to hand out nine speakers; shape (3, 3) each."""
    errors = np.array([*SMALL["a"], *SMALL["b"], *SMALL["c"]])
    found = []
    for first in combinations(range(9), 3):
        left = [speaker for speaker in range(9) if speaker not in first]
        for second in combinations(left, 3):
            third = [speaker for speaker in left if speaker not in second]
            found.append(errors[[first, second, third]])
    return found


def linearised(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln W and its standard error for speakers of 100 words each: u_s = (e_s − ē)/E."""
    total = errors.sum(axis=1)
    influence = errors / total[:, None] - 1 / 3
    return np.log(total / 300), np.sqrt(3 / 2 * np.square(influence).sum(axis=1))


def test_max_minus_min_stands_beside_its_mean_over_all_arrangements():
    found = summary(SMALL).max_minus_min
    null = np.array([np.ptp(errors.sum(axis=1)) / 300 for errors in arrangements()])
    assert found.value == pytest.approx((105 - 34) / 300)
    assert found.null_mean == pytest.approx(null.mean())
    assert found.p_value == pytest.approx((null >= found.value - 1e-9).mean())
    assert found.p_method == "permutation-exact"


def test_weighted_deviation_has_the_p_value_of_its_square_and_no_mean():
    found = summary(SMALL).weighted_deviation
    null = np.array([errors.sum(axis=1).std() / 300 for errors in arrangements()])
    assert found.value == pytest.approx(np.array([105, 34, 69]).std() / 300)
    assert found.p_value == pytest.approx((null >= found.value - 1e-9).mean())
    assert found.null_mean is None


def test_variance_between_groups_is_centred_on_the_mean_of_q_over_all_arrangements():
    found = summary(SMALL)
    null = np.array([cochran_q(*linearised(errors)) for errors in arrangements()])
    theta, se = linearised(np.array(list(SMALL.values())))
    weights = se**-2
    scale = weights.sum() - np.square(weights).sum() / weights.sum()
    assert found.cochran_q.value == pytest.approx(float(cochran_q(theta, se)))
    assert found.cochran_q.null_mean == pytest.approx(null.mean())
    assert found.tau_squared.value == pytest.approx((cochran_q(theta, se) - null.mean()) / scale)


def test_group_without_errors_has_no_part_in_q_and_a_part_in_the_rest():
    found = summary(SMALL | {"d": (0, 0, 0)})
    assert found.max_minus_min.value == pytest.approx(105 / 300)
    assert found.cochran_q.value == pytest.approx(summary(SMALL).cochran_q.value)
    assert found.highest.group == "a"
    assert "d" not in found.highest.candidates


def test_reserved_groups_have_no_part():
    with_declined = summary(SMALL | {"declined": (90, 95, 99), "unknown": (1, 1, 2)})
    assert with_declined.groups == ("a", "b", "c")
    assert with_declined == summary(SMALL)


def test_two_groups_are_needed():
    found = summary({"a": (3, 4, 5)})
    figures = (found.max_minus_min, found.weighted_deviation, found.cochran_q, found.tau_squared, found.gini)
    assert {(one.value, one.status) for one in figures} == {(None, Status.NO_COMPARISON)}
    assert found.highest is None
    assert summary({"declined": (3, 4)} | {"a": (0, 0), "b": (0, 0)}).gini.status is Status.NO_COMPARISON


def test_one_speaker_a_group_has_figures_and_no_q():
    found = summary({"a": (3,), "b": (9,)})
    assert found.max_minus_min.value == pytest.approx(0.06)
    assert (found.cochran_q.value, found.cochran_q.status) == (None, Status.NO_COMPARISON)
    assert found.highest.candidates == ("a", "b")


def test_without_speakers_there_are_figures_and_no_test():
    found = summary(SMALL, speaker=None)
    assert (found.max_minus_min.value, found.max_minus_min.status) == (
        pytest.approx(71 / 300),
        Status.NO_SPEAKERS,
    )
    assert (found.tau_squared.value, found.tau_squared.status) == (None, Status.NO_SPEAKERS)
    assert (found.highest.low, found.highest.high) == (None, None)


def test_tag_within_speakers_has_no_test_by_whole_speakers():
    found = summary(SMALL, level="utterance")
    assert (found.max_minus_min.p_value, found.max_minus_min.status) == (None, Status.NO_INTERVAL)
    assert (found.tau_squared.value, found.tau_squared.status) == (None, Status.NO_INTERVAL)
    assert found.highest is not None


def test_highest_rate_has_an_interval_of_the_family_and_its_candidates():
    rng = np.random.default_rng(5)
    rates = {"a": 30, "b": 28, "c": 5}
    groups = {name: tuple(rng.poisson(rate, 12) + rng.integers(0, 4, 12)) for name, rate in rates.items()}
    found = summary(groups).highest
    assert found.method == "jackknife-log-t-max-t"
    assert set(found.candidates) == {"a", "b"}
    assert found.low < found.value < found.high


def test_condition_without_words_of_a_group_leaves_it_out():
    rows = [utterance(f"{g}{n}", [g], {"clean": 5 + n, "hum": 9 + n}) for g in "ab" for n in range(3)]
    rows += [utterance(f"c{n}", ["c"], {"clean": 7 + n}) for n in range(3)]
    clean, hum = find(rows, conditions=("clean", "hum")).summaries
    assert (clean.groups, hum.groups) == (("a", "b", "c"), ("a", "b"))


@pytest.mark.parametrize(
    ("hidden", "shown"), [("Welsh", False), ("declined", True), ("nobody", True), (None, True)]
)
def test_summary_is_shown_only_where_every_declared_group_with_data_is(hidden: str | None, shown: bool):
    sizes = {"Irish": 20, "Welsh": 20, "declined": 20, "nobody": 0}
    groups = tuple(
        GroupInfo(
            name=name,
            n_speakers=size,
            n_utterances=size,
            n_words=100 * size,
            n_speakers_expected=size,
            n_utterances_expected=size,
        )
        for name, size in sizes.items()
    )
    info = DimensionInfo(
        name=ACCENT.name, title=ACCENT.title, source=ACCENT.source, level="speaker", groups=groups
    )
    seen = {name: Visibility.HIDDEN if name == hidden else Visibility.INDICATIVE for name in sizes}
    assert shows_summary(info, seen) is shown
