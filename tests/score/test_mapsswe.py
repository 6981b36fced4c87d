"""NIST's matched-pairs test against its own test files, and against a walk written the other way round."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from asr_fair.score.align import count_word_errors
from asr_fair.score.matched_pairs import (
    PlacedErrors,
    matched_pairs_of,
    place_errors,
    segments,
    sum_segments,
)

SENTENCES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=12)


def read_alignments(path: Path) -> dict[str, PlacedErrors]:
    """Alignments in NIST's sgml format, by sentence; C, S, D and I begin each word."""
    found = {}
    for name, body in re.findall(r'<PATH id="([^"]+)"[^>]*>\s*(.*?)\s*</PATH>', path.read_text(), re.DOTALL):
        wrong: list[int] = []
        inserted = [0]
        for kind in re.findall(r"(?:^|:)([CSDI]),", body, re.MULTILINE):
            if kind == "I":
                inserted[-1] += 1
            else:
                wrong.append(int(kind != "C"))
                inserted.append(0)
        found[name] = PlacedErrors(wrong, inserted)
    return found


@pytest.mark.shared
def test_nists_own_files_give_nists_figures(shared_data: Path) -> None:
    first, second = (read_alignments(shared_data / "mapsswe" / f"file{number}.sgml") for number in (1, 2))
    assert first.keys() == second.keys()
    found = np.array([pair for name in first for pair in segments(first[name], second[name])])
    result = matched_pairs_of(sum_segments(found))
    assert (result.n_segments, result.errors) == (3, (9, 7))
    assert (round(result.mean, 3), round(result.sd, 3), round(result.z, 3)) == (0.667, 0.577, 2.000)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(2.0))


def oracle(first: PlacedErrors, second: PlacedErrors) -> list[tuple[int, int]]:
    """Cut after each pair of neighbours right in both with nothing between them; keep what has errors."""
    n = len(first.wrong)
    good = [not (first.wrong[i] or second.wrong[i]) for i in range(n)]
    between = [not (first.inserted[i] or second.inserted[i]) for i in range(n + 1)]
    # Words and gaps belong to the part with the number of cuts before them.
    part_of_word, part = [], 0
    for i in range(n):
        if i > 1 and good[i - 2] and good[i - 1] and between[i - 1]:
            part += 1
        part_of_word.append(part)
    last = part + (n > 1 and good[n - 2] and good[n - 1] and between[n - 1])
    part_of_gap = [*part_of_word, last]
    tokens = [(part_of_gap[i], first.inserted[i], second.inserted[i]) for i in range(n + 1)]
    tokens += [(part_of_word[i], first.wrong[i], second.wrong[i]) for i in range(n)]
    sums = [
        (sum(one for _, one, _ in rows), sum(other for _, _, other in rows))
        for rows in (list(group) for _, group in groupby(sorted(tokens), key=lambda token: token[0]))
    ]
    return [pair for pair in sums if any(pair)]


@settings(max_examples=50, deadline=None)
@given(SENTENCES, SENTENCES, SENTENCES)
def test_segments_are_the_parts_between_pairs_of_good_words(
    reference: list[str], one: list[str], other: list[str]
) -> None:
    placed = place_errors(reference, one), place_errors(reference, other)
    found = list(segments(*placed))
    assert found == oracle(*placed)
    # No error is lost or counted twice.
    totals = [count_word_errors(reference, hypothesis).errors for hypothesis in (one, other)]
    assert [sum(pair[side] for pair in found) for side in (0, 1)] == totals


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("x b c d e f", "a b c d e y", [(1, 0), (0, 1)]),  # four good words between them
        ("x b y d e f", "a b c d e f", [(2, 0)]),  # one good word is not enough
        ("x b c y e f", "a b c d e f", [(1, 0), (1, 0)]),  # two are
        ("x b k c y e f", "a b c d e f", [(3, 0)]),  # not where a word is inserted between them
        ("a b c d e f k", "a b c d e f", [(1, 0)]),  # after the last word
        ("a b c d e f", "a b c d e f k", [(0, 1)]),  # which SCTK counts in the first system only
        ("a b c d e f", "a b c d e f", []),
        ("", "a b c d e f", [(6, 0)]),
    ],
)
def test_where_segments_open_and_close(one: str, other: str, expected: list[tuple[int, int]]) -> None:
    reference = ["a", "b", "c", "d", "e", "f"]
    found = segments(place_errors(reference, one.split()), place_errors(reference, other.split()))
    assert list(found) == expected


def test_z_is_a_t_statistic_read_off_the_normal() -> None:
    errors = np.array([(3, 1), (0, 2), (4, 1), (1, 0), (2, 2)])
    found = matched_pairs_of(sum_segments(errors))
    assert found.z == pytest.approx(stats.ttest_rel(errors[:, 0], errors[:, 1]).statistic)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.z)))


@pytest.mark.parametrize("errors", [[], [(2, 1)], [(2, 1), (1, 0)]])
def test_differences_without_spread_have_no_z(errors: list[tuple[int, int]]) -> None:
    found = matched_pairs_of(sum_segments(errors))
    assert (found.n_segments, found.z, found.p_value) == (len(errors), None, None)
