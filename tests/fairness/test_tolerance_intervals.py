"""Intervals of tolerances: one draw for whole curves, censored draws kept, a status for what is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from fairness_tables import ACCENT, HEADLINE, cell, figure, no_losses, tables, unidentified, utterance
from scipy import stats

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.fairness.analyse import Findings, analyse
from asr_fair.fairness.counting.slices import Cell, Column, Slice
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.noise.axes import Axis
from asr_fair.fairness.noise.tolerance_intervals import (
    Reading,
    difference_interval,
    read_curves,
    tolerance_interval,
)
from asr_fair.fairness.resampling.bootstrap import resampling_blocks
from asr_fair.fairness.results import ConditionInfo, Figure, Status

AT = (0.0, 10.0, 20.0)
LIMIT = 0.3
METHOD = "bootstrap-percentile-expanded-2000-draws"
WELSH = range(8)
IRISH = range(8, 16)
MIDDLING = ([70, 60, 75, 65, 50, 80, 70, 72], [40, 35, 45, 50, 30, 45, 38, 37], [9, 8, 12, 5, 7, 9, 10, 8])
BETTER = ([45, 50, 55, 50, 40, 60, 48, 52], [15, 20, 18, 12, 25, 20, 10, 20], [5, 4, 6, 5, 7, 3, 4, 6])
QUIET = ([5, 9, 12, 8, 10, 11, 5, 9], [4, 6, 8, 6, 7, 9, 3, 5], [1, 2, 3, 1, 2, 2, 1, 1])
BAD = ([90, 95, 85, 92, 80, 88, 90, 91], [80, 85, 70, 75, 66, 77, 78, 90], [60, 70, 55, 66, 45, 50, 55, 70])


def curve_of(errors: Sequence[Sequence[int]], speakers: Sequence[int]) -> list[Cell]:
    return [cell(row, [100] * len(row), speakers=list(speakers)) for row in errors]


def read(*curves: Sequence[Cell], n_draws: int = 2_000) -> list[Reading]:
    """Readings of groups on one axis, drawn together."""
    column = Column("hum", "tiny", HEADLINE)
    # The axis need not be in the order of its SNRs.
    axis = Axis(column, {snr_db: place for place, snr_db in reversed(list(enumerate(AT[: len(curves[0])])))})
    groups = [Slice(tuple(cells), len(cells[0].speakers), 1, None) for cells in curves]
    blocks = resampling_blocks(np.unique(np.concatenate([c.speakers for c in cells])) for cells in curves)
    (readings,) = read_curves(groups, [axis], LIMIT, blocks, n_draws=n_draws, seed=1, purpose="test")
    return readings


def apart(own: Sequence[Cell], other: Sequence[Cell]) -> Interval:
    return difference_interval(*read(own, other), 0.95)


def alone(cells: Sequence[Cell]) -> Interval:
    return tolerance_interval(*read(cells), 0.95)


def test_tolerance_of_a_hand_made_curve_lies_inside_its_interval():
    found = alone(curve_of(MIDDLING, WELSH))
    means = [np.mean(row) / 100 for row in MIDDLING]
    assert found.value == pytest.approx(10 + 10 * (means[1] - LIMIT) / (means[1] - means[2]))
    assert found.low < found.value < found.high
    assert (found.status, found.method, found.censored_at) == (Status.OK, METHOD, None)


def test_bounds_are_quantiles_at_the_levels_of_the_expanded_percentile_interval():
    (reading,) = read(curve_of(MIDDLING, WELSH))
    tail = stats.norm.cdf(math.sqrt(8 / 7) * stats.t.ppf(0.025, 7))
    found = tolerance_interval(reading, 0.95)
    outside = [np.mean(reading.draws.low < found.low), np.mean(reading.draws.low > found.high)]
    assert outside == pytest.approx([tail, tail], abs=1 / 2_000)
    assert tail < 0.01


def test_draws_agree_with_drawing_speakers_one_by_one():
    own, other = curve_of(MIDDLING, WELSH), curve_of(BETTER, IRISH)
    found = apart(own, other)
    rng = np.random.default_rng(3)

    def crossing(rates: np.ndarray) -> float:
        return float(np.interp(-LIMIT, -rates, AT))

    draws = []
    for _ in range(2_000):
        picks = rng.integers(0, 8, (2, 8))
        rates = [
            [np.mean(np.array(row)[pick]) / 100 for row in errors]
            for errors, pick in zip((MIDDLING, BETTER), picks, strict=True)
        ]
        draws.append(crossing(np.array(rates[0])) - crossing(np.array(rates[1])))
    tail = np.mean([np.mean(np.array(draws) < found.low), np.mean(np.array(draws) > found.high)])
    # Between one sample of 8 speakers (df 7) and two of one variance (df 14), within Monte Carlo error.
    levels = [stats.norm.cdf(math.sqrt(8 / 7) * stats.t.ppf(0.025, df)) for df in (7, 14)]
    assert levels[0] - 0.004 < tail < levels[1] + 0.004
    assert found.value == pytest.approx(np.median(draws), abs=0.3)


def test_same_people_on_both_sides_are_drawn_once():
    own, other = curve_of(MIDDLING, WELSH), curve_of(MIDDLING, WELSH)
    assert apart(own, other) == Interval(0.0, status=Status.NO_INTERVAL)
    louder = [[errors + 5 for errors in row] for row in MIDDLING]
    paired, unpaired = (apart(own, curve_of(louder, who)) for who in (WELSH, IRISH))
    assert paired.value == unpaired.value
    assert paired.high - paired.low < 0.5 * (unpaired.high - unpaired.low)


def test_limit_kept_everywhere_is_below_range_with_an_upper_bound():
    found = alone(curve_of(QUIET, WELSH))
    assert found == Interval(None, None, 0.0, METHOD, Status.BELOW_RANGE, censored_at=0.0)


def test_limit_kept_nowhere_is_above_range_with_a_lower_bound():
    found = alone(curve_of(BAD, WELSH))
    assert found == Interval(None, 20.0, None, METHOD, Status.ABOVE_RANGE, censored_at=20.0)


def test_interval_that_reaches_beyond_one_end_keeps_the_other_bound():
    near_the_top = (*MIDDLING[:2], [20, 45, 15, 10, 40, 35, 30, 35])
    found = alone(curve_of(near_the_top, WELSH))
    assert found.value == pytest.approx(10 + 10 * (0.4 - 0.3) / (0.4 - 0.2875))
    assert (found.high, found.status) == (None, Status.OK)
    assert found.low < found.value


def test_interval_that_reaches_beyond_both_ends_is_open():
    flat = (
        [32, 10, 60, 25, 35, 20, 40, 30],
        [30, 9, 58, 25, 33, 20, 38, 28],
        [29, 8, 57, 24, 32, 20, 37, 27],
    )
    found = alone(curve_of(flat, WELSH))
    assert found.value is not None
    assert (found.low, found.high, found.method, found.status) == (None, None, None, Status.OPEN_INTERVAL)


def test_differences_of_censored_tolerances_are_one_sided():
    above = apart(curve_of(BAD, WELSH), curve_of(MIDDLING, IRISH))
    reach = tolerance_interval(read(curve_of(MIDDLING, IRISH))[0], 0.95)
    assert (above.value, above.high, above.status) == (None, None, Status.ABOVE_RANGE)
    assert above.censored_at == pytest.approx(20 - reach.value)
    assert 0 < above.low < above.censored_at
    below = apart(curve_of(QUIET, WELSH), curve_of(MIDDLING, IRISH))
    assert (below.value, below.low, below.status) == (None, None, Status.BELOW_RANGE)
    assert below.censored_at < below.high < 0
    farthest = apart(curve_of(BAD, WELSH), curve_of(QUIET, IRISH))
    assert (farthest.low, farthest.censored_at) == (20.0, 20.0)
    for both in (BAD, QUIET):
        assert apart(curve_of(both, WELSH), curve_of(both, IRISH)) == Interval(
            None, status=Status.NO_COMPARISON
        )


def test_one_speaker_and_unknown_speakers_have_a_value_only():
    one = alone(curve_of([row[:1] for row in MIDDLING], [3]))
    unknown = alone([unidentified(errors, 100) for errors in (70, 40, 10)])
    assert one == Interval(pytest.approx(10 + 10 * 0.1 / 0.31), status=Status.ONE_SPEAKER)
    assert unknown == Interval(pytest.approx(40 / 3), status=Status.NO_SPEAKERS)
    lone_and_bad = alone([unidentified(errors, 100) for errors in (90, 70, 60)])
    assert lone_and_bad == Interval(None, status=Status.ABOVE_RANGE, censored_at=20.0)


def test_two_speakers_of_whom_one_says_nearly_all_have_no_interval():
    lopsided = [cell([errors, 1], [1_000, 3]) for errors in (700, 400, 100)]
    assert alone(lopsided).status is Status.NO_INTERVAL


def test_group_without_an_error_has_no_spread_to_draw_from():
    found = alone(curve_of([[0] * 8] * 3, WELSH))
    assert found == Interval(None, status=Status.BELOW_RANGE, censored_at=0.0)


def test_snr_without_words_of_a_side_leaves_nothing():
    silent = [*curve_of(MIDDLING[:2], WELSH), cell([0] * 8, [0] * 8, speakers=list(WELSH))]
    whole = curve_of(MIDDLING, IRISH)
    assert alone(silent) == Interval(None, status=Status.NO_REFERENCE_WORDS)
    assert apart(silent, whole).status is Status.NO_REFERENCE_WORDS
    assert apart(whole, silent) == Interval(None, status=Status.NO_COMPARISON)


def test_draws_without_words_at_an_snr_count_as_beyond_both_bounds():
    # Only two of eight have words at 20 dB: a tenth of the draws have neither.
    last = cell([30, 0, 0, 0, 0, 0, 0, 10], [100, 0, 0, 0, 0, 0, 0, 100], speakers=list(WELSH))
    found = alone([*curve_of(MIDDLING[:2], WELSH), last])
    assert found.value is not None
    assert (found.low, found.high) == (None, None)


def test_a_difference_told_from_the_other_side_is_the_same_but_for_its_sign():
    own, other = curve_of(MIDDLING, WELSH), curve_of(BETTER, IRISH)
    forth, back = apart(own, other), difference_interval(*reversed(read(own, other)), 0.95)
    assert (back.low, back.value, back.high) == (-forth.high, -forth.value, -forth.low)


NOISY = [ConditionInfo(name=f"hum@{at:g}dB", title="", profile="hum", snr_db=at) for at in AT]
CLEAN = ConditionInfo(name="clean", title="")


def heard(
    *,
    limit: float | None = LIMIT,
    conditions: Sequence[ConditionInfo] = NOISY,
    reference: str | None = "Irish",
) -> Findings:
    rows = [
        utterance(
            f"{accent}{number}",
            [accent],
            {"clean": 2, **{at.name: errors[place][number] for place, at in enumerate(NOISY)}},
        )
        for accent, errors in (("Welsh", MIDDLING), ("Irish", BETTER), ("unknown", QUIET))
        for number in range(8)
    ]
    counts, people = tables(rows)
    references = {} if reference is None else {"accent": Reference(group=reference, reason="largest")}
    counts = counts[counts["condition"].isin(["clean", *(each.name for each in conditions)])]
    return analyse(
        counts,
        people,
        no_losses(),
        [ACCENT],
        Plan(references=references, thresholds=Thresholds(tolerable_wer=limit)),
        headline=HEADLINE,
        expected=[("clean", "tiny"), *((each.name, "tiny") for each in conditions)],
        conditions=[CLEAN, *conditions],
    )


def rows_of(found: Findings) -> list[Figure]:
    return [row for row in found.figures if row.measure.startswith("tolerance")]


def test_rows_stand_under_the_name_of_the_noise_for_every_group_and_comparison():
    found = heard()
    own = figure(found, "Welsh", "tolerance_db", "hum")
    apart_by = figure(found, "Welsh", "tolerance_difference_db", "hum")
    irish = figure(found, "Irish", "tolerance_db", "hum")
    assert (own.versus, apart_by.versus) == (None, "Irish")
    assert apart_by.value == pytest.approx(own.value - irish.value)
    assert (own.n_speakers, own.n_words) == (8, 800)
    assert figure(found, "unknown", "tolerance_db", "hum").status is Status.BELOW_RANGE
    assert [(row.group, row.measure) for row in rows_of(found)] == [
        ("all", "tolerance_db"),
        ("Irish", "tolerance_db"),
        ("Welsh", "tolerance_db"),
        ("unknown", "tolerance_db"),
        ("Welsh", "tolerance_difference_db"),
    ]


def test_groups_that_are_each_others_rest_differ_by_the_same_from_both_sides():
    found = heard(reference=None)
    welsh, irish = (figure(found, name, "tolerance_difference_db", "hum") for name in ("Welsh", "Irish"))
    assert (irish.value, irish.low, irish.high) == (-welsh.value, -welsh.high, -welsh.low)


def test_no_limit_or_a_single_snr_makes_no_rows():
    assert rows_of(heard(limit=None)) == []
    assert rows_of(heard(conditions=NOISY[:1])) == []
