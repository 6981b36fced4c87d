"""Numbers and verdicts in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.fairness.results import Comparison, Verdict
from asr_fair.report import wording


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.percent(0.1234), "12.3\u00a0%"),
        (wording.percent(1.2692), "126.9\u00a0%"),
        (wording.points(0.042), "+4.2\u00a0points"),
        (wording.points(-0.042), "\u22124.2\u00a0points"),
        (wording.points(-0.0001), "0.0\u00a0points"),
        (wording.ratio(1.312), "1.31×"),
        (wording.count(12345), "12,345"),
        (wording.count(None), "not known"),
        (wording.interval(0.101, 0.148, wording.percent_number), "[10.1\u00a0to\u00a014.8]"),
        (wording.interval(None, 0.031, wording.percent_number), "at most\u00a03.1"),
        (wording.interval(None, None, wording.percent_number), ""),
    ],
)
def test_numbers_are_written_as_agreed(written: str, expected: str) -> None:
    assert written == expected


@given(st.floats(min_value=-20, max_value=20))
def test_points_read_back_within_half_a_unit_of_the_last_digit(value: float) -> None:
    read = float(wording.points_number(value).replace(wording.MINUS, "-"))
    assert abs(read - 100 * value) <= 0.0500001
    assert wording.points_number(value) not in {"+0.0", wording.MINUS + "0.0", "-0.0"}


def comparison(verdict: Verdict, ratio: float | None, versus: str = "Irish") -> Comparison:
    return Comparison(
        dimension="accent",
        group="g",
        versus=versus,
        condition="clean",
        system="s",
        normaliser="n",
        verdict=verdict,
        reason="r",
        ratio=ratio,
        low=None,
        high=None,
        method="m",
        family_size=1,
    )


@pytest.mark.parametrize(
    ("verdict", "ratio", "versus", "words"),
    [
        (Verdict.DISPARITY, 1.4, "Irish", "disparity: higher WER than Irish"),
        (Verdict.DISPARITY, 0.6, "rest", "disparity: lower WER than all other groups"),
        (Verdict.EQUIVALENT, 1.0, "Irish", "equivalent to Irish (within 1.25×)"),
        (Verdict.CANNOT_TELL, None, "Irish", "cannot tell"),
    ],
)
def test_verdicts_in_words(verdict: Verdict, ratio: float | None, versus: str, words: str) -> None:
    assert wording.verdict_words(comparison(verdict, ratio, versus), margin="1.25×") == words


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.312, "1.31"), (99.99, "99.99"), (100.0, "over 100"), (19518.3, "over 100"), (0.004, "under 0.01")],
)
def test_ratios_beyond_reading_are_bounded(value: float, written: str) -> None:
    assert wording.ratio_number(value) == written


def test_rates_beyond_reading_are_bounded() -> None:
    assert wording.percent_number(9.991) == "999.1"
    assert wording.percent_number(30.483) == "over 1000"
