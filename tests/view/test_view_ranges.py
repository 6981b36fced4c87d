"""Which part of a sound a player is sent."""

from __future__ import annotations

import pytest

from asr_fair.view.ranges import Span, UnsatisfiableError, asked_span


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-", (0, 10)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=9-9", (9, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-99", (0, 10)),
    ],
)
def test_a_range_is_the_part_that_it_names(header: str, span: tuple[int, int]) -> None:
    assert asked_span(header, 10) == Span(*span, 10)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=-", "bytes=5-3", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 99],
)
def test_what_is_no_single_range_gets_the_whole(header: str | None) -> None:
    assert asked_span(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=11-12", "bytes=-0"])
def test_a_range_behind_the_end_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(UnsatisfiableError, match=r"bytes \*/10"):
        asked_span(header, 10)
