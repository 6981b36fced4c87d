"""Verdicts: their order, what each needs, and the interval that they rest on."""

from __future__ import annotations

import numpy as np
import pytest
from fairness_tables import LIMITS, cell, unidentified
from scipy import stats

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.gaps import wer_gap, wer_ratio
from asr_fair.fairness.resampling.multiplicity import Simultaneous, bonferroni
from asr_fair.fairness.results import Verdict
from asr_fair.fairness.verdicts.judgement import Judgement, judge


def group(n_speakers: int, wer: float, *, spread: float = 0.02, first: int = 0, words: int = 400) -> Cell:
    """Speakers whose rates alternate around `wer`."""
    rates = wer + spread * np.where(np.arange(n_speakers) % 2, 1, -1)
    errors = np.rint(rates * words).astype(int)
    return cell(errors, [words] * n_speakers, speakers=range(first, first + n_speakers))


def verdict(one: Cell, other: Cell) -> Judgement:
    return judge(interval(one, other), one, other, limits=LIMITS)


def interval(one: Cell, other: Cell, family_size: int = 1) -> Simultaneous:
    return bonferroni(wer_ratio(one, other), LIMITS.confidence, family_size)


def test_interval_that_excludes_one_is_a_disparity_with_its_direction():
    high, low = group(12, 0.30), group(12, 0.15, first=50)
    upward, downward = verdict(high, low), verdict(low, high)
    assert (upward.verdict, downward.verdict) == (Verdict.DISPARITY, Verdict.DISPARITY)
    assert interval(high, low).bounds[0] > 1 > interval(low, high).bounds[1]
    assert upward.reason.endswith("excludes 1")


def test_thin_group_gets_no_verdict_however_large_its_ratio():
    one, other = group(5, 0.60), group(30, 0.10, first=50)
    found = verdict(one, other)
    assert (found.verdict, found.reason) == (Verdict.CANNOT_TELL, "fewer than 10 speakers: 5 in this group")
    assert interval(one, other).bounds[0] > 1


def test_thin_reference_is_named_as_what_is_compared_with():
    found = verdict(group(30, 0.60), group(9, 0.10, first=50))
    assert found.reason == "fewer than 10 speakers: 9 in what it is compared with"
    assert verdict(group(6, 0.60), group(7, 0.10, first=50)).reason == (
        "fewer than 10 speakers: 6 in this group, 7 in what it is compared with"
    )
    assert verdict(group(10, 0.6, words=20), group(10, 0.1, first=50)).reason == (
        "fewer than 300 reference words: 200 in this group"
    )


def test_who_said_no_word_is_no_speaker_for_a_verdict():
    three, many = group(3, 0.60), group(30, 0.10, first=50)
    silent = cell([*three.errors, *[2] * 9], [*three.words, *[0] * 9])
    found = verdict(silent, many)
    assert interval(silent, many).bounds[0] > 1
    assert (found.verdict, found.reason) == (
        Verdict.CANNOT_TELL,
        "fewer than 10 speakers with reference words: 3 in this group",
    )


def test_equivalence_needs_thirty_speakers_on_each_side():
    enough, too_few = group(30, 0.200), group(29, 0.200, first=50)
    assert verdict(enough, group(30, 0.200, first=50)).verdict is Verdict.EQUIVALENT
    assert verdict(enough, too_few).verdict is Verdict.CANNOT_TELL
    assert verdict(too_few, enough).verdict is Verdict.CANNOT_TELL


def test_equivalence_comes_before_disparity_and_says_small_difference():
    one, other = group(40, 0.220, spread=0.01), group(40, 0.200, spread=0.01, first=50)
    found = verdict(one, other)
    assert interval(one, other).bounds[0] > 1
    assert found.verdict is Verdict.EQUIVALENT
    assert found.reason.startswith("small difference within the margin: 90 % interval")


def test_margin_in_points_is_asked_for_besides_the_ratio():
    one, other = group(40, 0.212, spread=0.01), group(40, 0.200, spread=0.01, first=50)

    def under(points: float | None, ratio: float = 1.25) -> Judgement:
        limits = LIMITS.model_copy(update={"equivalence_points": points, "equivalence_ratio": ratio})
        return judge(interval(one, other), one, other, limits=limits)

    low, high = (100 * bound for bound in wer_gap(one, other).bounds(0.9))
    assert 0.5 < low < high < 2
    assert under(high + 0.01).verdict is Verdict.EQUIVALENT
    assert under(high - 0.01).verdict is not Verdict.EQUIVALENT
    assert under(2).reason == (
        "small difference within both margins: 90 % interval 1.04 to 1.08 inside 0.80 to 1.25, and of the "
        f"gap +{low:.1f} to +{high:.1f} inside ±2 points"
    )
    # A wide margin in points does not make up for a ratio outside its own.
    assert under(100, ratio=1.05).verdict is not Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("n_speakers", "words", "verdict"),
    [
        (9, 400, Verdict.CANNOT_TELL),
        (10, 29, Verdict.CANNOT_TELL),
        (10, 30, Verdict.DISPARITY),
        (29, 400, Verdict.DISPARITY),
    ],
)
def test_a_disparity_needs_ten_speakers_and_three_hundred_words_on_each_side(
    n_speakers: int, words: int, verdict: Verdict
) -> None:
    thin, other = group(n_speakers, 0.6, words=words), group(40, 0.2, first=50)
    assert judge(interval(thin, other), thin, other, limits=LIMITS).verdict is verdict
    assert judge(interval(other, thin), other, thin, limits=LIMITS).verdict is verdict
    assert judge(interval(thin, other), thin, other, limits=LIMITS).is_possible is (
        verdict is not Verdict.CANNOT_TELL
    )


def test_wide_interval_cannot_tell():
    found = verdict(group(12, 0.22, spread=0.15), group(12, 0.20, spread=0.15, first=50))
    assert found.verdict is Verdict.CANNOT_TELL
    assert "includes 1" in found.reason


def test_no_speakers_and_no_errors_are_reasons_of_their_own():
    known, unknown = group(12, 0.2), unidentified(90, 900)
    assert verdict(unknown, unknown).reason == "speakers are not known"
    none = cell([0] * 12, [100] * 12, speakers=range(50, 62))
    assert verdict(none, known).reason == "no errors in the group"
    assert verdict(known, none).reason == "no errors in what it is compared with"


def test_family_widens_the_interval_by_bonferroni():
    one, other = group(12, 0.25), group(12, 0.2, first=50)
    alone, among_ten = (np.log(interval(one, other, size).bounds) for size in (1, 10))
    df = wer_ratio(one, other).estimate.df
    expected = stats.t.ppf(1 - 0.05 / 20, df) / stats.t.ppf(0.975, df)
    assert np.ptp(among_ten) / np.ptp(alone) == pytest.approx(expected, rel=1e-12)
