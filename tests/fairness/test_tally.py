"""What the pass over the rows adds up, against one utterance at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from fairness_tables import HEADLINE
from hypothesis import given, settings
from hypothesis import strategies as st

from asr_fair.errors import FaultsError
from asr_fair.fairness.counting import tally as module
from asr_fair.fairness.counting.hallucination import empty_insertions_per_minute
from asr_fair.fairness.counting.measures import capped_wer, utterance_mean_wer
from asr_fair.fairness.counting.slices import COUNTS, Cell, Column, UtteranceSums
from asr_fair.fairness.counting.strata import groups_of, stratify
from asr_fair.fairness.counting.tally import tally
from asr_fair.records import ErrorCounts

COLUMNS = [Column(condition, "tiny", HEADLINE) for condition in ("clean", "hum")]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["clean", "hum"]),
        st.sampled_from("abc"),  # speaker and, but for the last, group
        st.tuples(*[st.sampled_from([0, 0, 1, 2, 11])] * 4),
        st.sampled_from([None, 0.25, 3.0000004]),  # seconds
        st.sampled_from([None, True, False]),  # language wrong
    ),
    min_size=1,
    max_size=30,
)


def tables(rows: list[tuple]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of an utterance a row, and who spoke."""
    ids = [f"u{number}" for number in range(len(rows))]
    counts = pd.DataFrame([row[2] for row in rows], columns=list(COUNTS))
    counts = counts.assign(utterance_id=ids, condition=[row[0] for row in rows], system="tiny")
    counts["normaliser"] = HEADLINE
    counts["wrong_language"] = pd.array([row[4] for row in rows], dtype="boolean")
    people = pd.DataFrame({"utterance_id": ids, "speaker": [row[1] for row in rows]})
    people["duration_s"] = np.array([row[3] for row in rows], float)
    people["accent"] = [("x",) if row[1] == "a" else ("y",) for row in rows]
    return counts, people


def cells(counts: pd.DataFrame, people: pd.DataFrame) -> dict[str, list[Cell]]:
    """Cells of everyone and of each group."""
    strata = stratify(people, ["accent"])
    totals = tally(counts, strata, COLUMNS)
    masks = {"all": np.ones(len(strata.speakers), bool)} | groups_of(strata, "accent")
    return {name: list(totals.of(mask).cells) for name, mask in masks.items()}


def expected(rows: list[tuple]) -> UtteranceSums:
    """The sums, by the words of their definitions."""
    each = [(ErrorCounts(*row[2]), row) for row in rows]
    empty = [(one, row) for one, row in each if one.reference_words == 0]
    return UtteranceSums(
        errors_squared=sum(one.errors**2 for one, _ in each),
        errors_times_words=sum(one.errors * one.reference_words for one, _ in each),
        words_squared=sum(one.reference_words**2 for one, _ in each),
        capped_errors=sum(min(one.errors, one.reference_words) for one, _ in each),
        nano_rates=sum(
            round(Fraction(one.errors, one.reference_words) * 10**9) for one, _ in each if one.reference_words
        ),
        above_one=sum(one.wer is not None and one.wer > 1 for one, _ in each),
        runaway=sum(
            one.hypothesis_words > 5 * one.reference_words and one.hypothesis_words >= 10 for one, _ in each
        ),
        empty_references=len(empty),
        empty_reference_insertions=sum(one.insertions for one, _ in empty),
        empty_reference_us=sum(round((row[3] or 0) * 1e6) for _, row in empty),
        untimed_empty_references=sum(row[3] is None for _, row in empty),
        empty_transcripts=sum(one.hypothesis_words == 0 < one.reference_words for one, _ in each),
        languages_detected=sum(row[4] is not None for _, row in each),
        languages_wrong=sum(row[4] is True for _, row in each),
    )


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_sums_are_those_of_one_utterance_at_a_time(rows: list[tuple]) -> None:
    found = cells(*tables(rows))
    for position, column in enumerate(COLUMNS):
        of_column = [row for row in rows if row[0] == column.condition]
        assert found["all"][position].sums == expected(of_column)
        assert found["all"][position].n_utterances == len(of_column)
        if "y" in found:
            assert found["y"][position].sums == expected([row for row in of_column if row[1] != "a"])


@settings(max_examples=20, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_order_and_type_of_the_rows_change_nothing(rows: list[tuple], random: object) -> None:
    counts, people = tables(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = counts.iloc[order].astype({"utterance_id": "category", "condition": "category"})
    for name, own in cells(counts, people).items():
        for cell, again in zip(own, cells(shuffled, people)[name], strict=True):
            assert again.sums == cell.sums
            assert np.array_equal(again.counts, cell.counts)


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_groups_with_one_label_each_add_up_to_everyone(rows: list[tuple]) -> None:
    found = cells(*tables(rows))
    everyone = found.pop("all")
    for position, whole in enumerate(everyone):
        parts = [own[position].sums for own in found.values()]
        assert tuple(map(sum, zip(*parts, strict=True))) == whole.sums


def test_parts_of_a_table_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("clean", "abc"[n % 3], (n, 1, n % 5, 2), 1.5, n % 2 == 0) for n in range(40)]
    whole = cells(*tables(rows))["all"][0]
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    parts = cells(*tables(rows))["all"][0]
    assert parts.sums == whole.sums
    assert np.array_equal(parts.counts, whole.counts)


def test_utterance_mean_and_capped_rate_of_three_utterances_by_hand() -> None:
    # 1 of 2 words wrong, all of 4 and a word more, five words where nobody speaks.
    rows = [
        ("clean", "a", (1, 0, 0, 1), 1.0, None),
        ("clean", "b", (4, 0, 1, 0), 1.0, None),
        ("clean", "b", (0, 0, 5, 0), 30.0, None),
    ]
    counts, people = tables(rows)
    found = cells(counts, people)["all"][0]
    assert utterance_mean_wer(found) == pytest.approx((1 / 2 + 5 / 4) / 2)
    assert capped_wer(found) == pytest.approx((1 + 4 + 0) / 6)
    assert empty_insertions_per_minute(found) == pytest.approx(10)
    silent = cells(counts[2:], people)["all"][0]
    assert (utterance_mean_wer(silent), capped_wer(silent)) == (None, None)


def test_a_table_that_tells_no_language_detected_none() -> None:
    counts, people = tables([("clean", "a", (1, 0, 0, 1), 1.0, True)])
    found = cells(counts.drop(columns="wrong_language"), people)["all"][0].sums
    assert (found.languages_detected, found.languages_wrong) == (0, 0)


def test_a_row_of_a_column_that_is_not_expected_is_refused() -> None:
    counts, people = tables([("clean", "a", (1, 0, 0, 1), 1.0, True)])
    strata = stratify(people, ["accent"])
    columns = [Column("clean", "other", HEADLINE), Column("hum", "tiny", HEADLINE)]
    with pytest.raises(FaultsError, match=r"a column not expected here, got \('clean', 'tiny'"):
        tally(counts, strata, columns)
