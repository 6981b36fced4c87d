"""Measures of four counts and summaries of inequality: oracles, hand checks, published figures."""

from __future__ import annotations

import jiwer
import numpy as np
import pytest
from fairness_tables import cell
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.fairness.counting.measures import MEASURES, pooled, word_f1, word_precision, word_recall
from asr_fair.fairness.estimates import disparity
from asr_fair.fairness.estimates.disparity import GroupRates, group_rates, highest_group
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.records import ErrorCounts
from asr_fair.score.align import count_word_errors

SENTENCES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)
HAND = GroupRates(rates=np.array([0.1, 0.2, 0.3]), shares=np.array([0.5, 0.3, 0.2]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=4))
def test_mer_and_wil_of_pooled_counts_are_those_of_jiwer(pairs: list[tuple[list[str], list[str]]]) -> None:
    counts = sum((count_word_errors(*pair) for pair in pairs), ErrorCounts())
    references, hypotheses = ([" ".join(words) for words in side] for side in zip(*pairs, strict=True))
    if not counts.reference_words:
        assert MEASURES["mer"](counts) is None
        assert MEASURES["wil"](counts) is None
        return
    oracle = jiwer.process_words(references, hypotheses)
    assert MEASURES["mer"](counts) == pytest.approx(oracle.mer, abs=1e-12)
    assert MEASURES["wil"](counts) == pytest.approx(oracle.wil, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.builds(ErrorCounts, *[st.integers(0, 50)] * 4))
def test_f1_is_the_harmonic_mean_and_wil_its_square_of_geometry(counts: ErrorCounts) -> None:
    precision, recall, f1 = word_precision(counts), word_recall(counts), word_f1(counts)
    if not counts.reference_words:
        assert (recall, f1) == (None, None)
    elif precision is not None and counts.hits:
        assert f1 == pytest.approx(2 / (1 / precision + 1 / recall))
        assert MEASURES["wil"](counts) == pytest.approx(1 - precision * recall)
    else:
        assert f1 == 0.0


def test_pooled_counts_add_speakers_and_divide_once() -> None:
    assert pooled(cell([3, 120], [100, 100])) == ErrorCounts(103, 0, 20, 97)


def test_summaries_are_those_of_the_hand_check() -> None:
    # Methods section 3.
    assert HAND.mean == pytest.approx(0.17)
    assert disparity.max_minus_min(HAND) == pytest.approx(0.2)
    assert disparity.weighted_deviation(HAND) == pytest.approx(0.078102, abs=1e-6)
    assert disparity.gini(HAND) == pytest.approx(0.241176, abs=1e-6)
    assert disparity.theil(HAND) == pytest.approx(0.101758, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 90)), min_size=2, max_size=5))
def test_gini_is_that_of_a_population_of_single_words(groups: list[tuple[int, int]]) -> None:
    found = group_rates({str(number): cell([e], [n]) for number, (e, n) in enumerate(groups)})
    rates = np.sort(np.repeat(found.rates, [n for _, n in groups]))
    ranks = np.arange(1, len(rates) + 1)
    gini = disparity.gini(found)
    if not rates.any():
        assert gini is None
        return
    oracle = 2 * (ranks @ rates) / (len(rates) * rates.sum()) - (len(rates) + 1) / len(rates)
    assert gini == pytest.approx(oracle, abs=1e-9)


def test_who_declined_and_who_said_nothing_are_in_no_summary() -> None:
    cells = {"a": cell([1], [10]), "b": cell([3], [30]), "declined": cell([9], [10]), "c": cell([0], [0])}
    found = group_rates(cells)
    assert found.rates.tolist() == [0.1, 0.1]
    assert found.shares.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("cells", [{}, {"a": cell([1], [10])}, {"unknown": cell([1], [10])}])
def test_fewer_than_two_groups_have_no_inequality(cells: dict) -> None:
    found = group_rates(cells)
    for summary in ("max_minus_min", "weighted_deviation", "gini", "theil"):
        assert getattr(disparity, summary)(found) is None


def test_groups_without_any_error_are_equal_and_have_no_relative_inequality() -> None:
    found = group_rates({"a": cell([0], [10]), "b": cell([0], [30])})
    assert disparity.weighted_deviation(found) == 0.0
    assert disparity.gini(found) is None
    assert disparity.theil(found) is None


def test_highest_rate_is_bounded_by_the_highest_bounds() -> None:
    found = highest_group(
        {
            "a": Interval(0.30, 0.20, 0.45),
            "b": Interval(0.28, 0.25, 0.31),
            "c": Interval(0.10, 0.05, 0.24),
            "unknown": Interval(0.90, 0.80, 0.95),
        }
    )
    assert found is not None
    assert (found.group, found.value, found.low, found.high) == ("a", 0.30, 0.25, 0.45)
    assert found.candidates == ("a", "b")


def test_group_without_an_interval_leaves_the_highest_rate_without_an_upper_bound() -> None:
    found = highest_group({"a": Interval(0.3, 0.2, 0.4), "b": Interval(0.1), "c": Interval(None)})
    assert found is not None
    assert (found.low, found.high, found.candidates) == (0.2, None, ("a", "b"))
    assert highest_group({"c": Interval(None)}) is None


def test_interval_of_the_highest_holds_where_the_picked_groups_own_does_not() -> None:
    # Seven equal groups with known error: simultaneous bounds must cover the highest true rate, .15.
    rng = np.random.default_rng(1)
    n_runs, z_pointwise, z_seven = 2_000, 1.95996, 2.6901  # normal quantiles at 95 % and 95 %/7 (Bonferroni)
    estimates = rng.normal(0.15, 0.03, (n_runs, 7))
    covered = 0
    for row in estimates:
        intervals = {str(n): Interval(w, w - z_seven * 0.03, w + z_seven * 0.03) for n, w in enumerate(row)}
        found = highest_group(intervals)
        covered += found.low <= 0.15 <= found.high
    naive = np.mean(np.abs(estimates.max(axis=1) - 0.15) <= z_pointwise * 0.03)
    assert covered / n_runs >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / n_runs)
    assert naive < 0.9
