"""Permutation of speakers against scipy, against all arrangements written out, and at its edges."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from fairness_tables import cell, unidentified
from scipy import stats

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.jackknife import Reals
from asr_fair.fairness.permutations import units as module
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.resampling import streams
from asr_fair.fairness.results import Status
from asr_fair.seed import rng_for


def outcome(group: Cell, other: Cell, **settings: object) -> module.PermutationTest:
    (found,) = permutation_test([group], [other], seed=1, purpose="accent", **settings)
    return found


def apart(errors: list[int], words: list[int], first: int) -> Cell:
    return cell(errors, words, speakers=range(first, first + len(errors)))


@pytest.mark.parametrize(("k", "p"), [(3, 2 / 20), (4, 2 / 70), (5, 2 / 252)])
@pytest.mark.parametrize("studentised", [False, True])
def test_smallest_p_of_k_against_k_speakers(k: int, p: float, studentised: bool):
    low = apart([10 + s for s in range(k)], [1000] * k, 0)
    high = apart([900 + s for s in range(k)], [1000] * k, k)
    found = outcome(low, high, studentised=studentised)
    assert found.p == pytest.approx(p, rel=1e-12)
    assert (found.exact, found.method) == (True, "permutation-exact")
    # As methods section 2 has it.
    assert round(p, 3) == {3: 0.1, 4: 0.029, 5: 0.008}[k]


def log_ratio(errors: Reals, words: Reals, in_group: list[int]) -> float:
    rest = np.delete(np.arange(len(errors)), in_group)
    rates = [errors[part].sum() / words[part].sum() for part in (in_group, rest)]
    return float(np.log(rates[0]) - np.log(rates[1]))


def studentised_ratio(errors: Reals, words: Reals, in_group: list[int]) -> float:
    """By the residuals of each side, one by one."""
    variance = 0.0
    for part in (in_group, np.delete(np.arange(len(errors)), in_group)):
        residuals = errors[part] / errors[part].sum() - words[part] / words[part].sum()
        variance += len(part) * np.var(residuals, ddof=1)
    return log_ratio(errors, words, in_group) / np.sqrt(variance)


@pytest.mark.parametrize(("studentised", "statistic"), [(False, log_ratio), (True, studentised_ratio)])
def test_p_is_the_share_of_all_arrangements_written_out(studentised: bool, statistic: object):
    rng = np.random.default_rng(4)
    for k_group in (2, 3, 5):
        words = rng.integers(50, 400, 9)
        errors = rng.binomial(words, rng.beta(3, 9, 9))
        group = apart(errors[:k_group].tolist(), words[:k_group].tolist(), 0)
        other = apart(errors[k_group:].tolist(), words[k_group:].tolist(), k_group)
        null = [abs(statistic(errors, words, list(part))) for part in combinations(range(9), k_group)]
        observed = abs(statistic(errors, words, list(range(k_group))))
        found = outcome(group, other, studentised=studentised)
        assert found.statistic == pytest.approx(observed, rel=1e-9)
        assert found.p == pytest.approx(np.mean(np.array(null) >= observed * (1 - 1e-9)), rel=1e-12)
        assert found.n_arrangements == len(null)


def test_exact_p_is_scipys():
    rng = np.random.default_rng(8)
    words = rng.integers(50, 400, 10)
    errors = rng.binomial(words, 0.2)

    def statistic(one: Reals, two: Reals, axis: int = -1) -> Reals:
        rates = [errors[i].sum(axis) / words[i].sum(axis) for i in (one.astype(int), two.astype(int))]
        return np.abs(np.log(rates[0] / rates[1]))

    expected = stats.permutation_test(
        (np.arange(4), np.arange(4, 10)), statistic, n_resamples=np.inf, alternative="greater"
    )
    group, other = (
        apart(errors[s].tolist(), words[s].tolist(), s.start or 0) for s in (slice(4), slice(4, 10))
    )
    assert outcome(group, other, studentised=False).p == pytest.approx(expected.pvalue, rel=1e-12)


def test_drawn_p_agrees_with_the_enumerated_one_and_is_never_zero(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(9)
    words = rng.integers(50, 400, 16)
    errors = rng.binomial(words, 0.15 + 0.1 * (np.arange(16) < 8))
    group, other = apart(errors[:8], words[:8], 0), apart(errors[8:], words[8:], 8)
    exact = outcome(group, other)
    monkeypatch.setattr(module, "MOST_ENUMERATED", 1000)
    drawn = outcome(group, other, n_draws=4000)
    assert (drawn.exact, drawn.n_arrangements, drawn.method) == (False, 4000, "permutation-monte-carlo")
    assert drawn.p == pytest.approx(exact.p, abs=3 * np.sqrt(exact.p * (1 - exact.p) / 4000) + 1 / 4001)
    far = outcome(apart([1] * 20, [100] * 20, 0), apart([90] * 20, [100] * 20, 20), n_draws=99)
    assert far.p == 1 / 100


def test_the_result_hangs_on_no_size_of_pieces(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(9)
    words = rng.integers(50, 400, 40)
    errors = rng.binomial(words, 0.2)
    group, other = apart(errors[:20], words[:20], 0), apart(errors[20:], words[20:], 20)
    halves = np.arange(40) % 2
    whole = [outcome(group, other, strata=strata, n_draws=700) for strata in (None, halves)]
    monkeypatch.setattr(streams, "PIECE", 4000)
    assert [outcome(group, other, strata=strata, n_draws=700) for strata in (None, halves)] == whole
    assert whole[0] != whole[1]


def test_labels_are_exchanged_within_strata_only():
    # Read speech has few errors, spontaneous many, and the groups hold them unequally: within a stratum
    # all speakers are alike.
    group = apart([10, 11, 90, 91, 92, 93], [100] * 6, 0)
    other = apart([10, 11, 12, 13, 90, 91], [100] * 6, 6)
    style = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1])
    free = outcome(group, other, studentised=False)
    within = outcome(group, other, studentised=False, strata=style)
    assert (free.n_arrangements, within.n_arrangements) == (924, 15 * 15)
    base = np.concatenate([group.errors, other.errors])
    totals = [
        abs(np.log(base[[*read, *free_speech]].sum() / (base.sum() - base[[*read, *free_speech]].sum())))
        for read in combinations([0, 1, 6, 7, 8, 9], 2)
        for free_speech in combinations([2, 3, 4, 5, 10, 11], 4)
    ]
    assert within.p == pytest.approx(np.mean(np.array(totals) >= within.statistic * (1 - 1e-9)))
    assert within.p > free.p


def test_drawn_strata_keep_their_labels():
    labels = np.array([0, 0, 0, 1, 1, 0, 1, 1], np.uint16)
    strata = np.array([5, 5, 2, 2, 2, 9, 9, 5])
    nothing = np.zeros((1, 8), np.int64)
    units = module.Units(np.arange(8), labels, strata, nothing, nothing, n_groups=2)
    drawn = np.concatenate(list(module.shuffled(units, 300, rng_for(1, "", "accent"))))
    for stratum in (2, 5, 9):
        own = strata == stratum
        assert (np.sort(drawn[:, own], axis=1) == np.sort(labels[own])).all()
    # 3 · 3 · 2 arrangements, each about as often as the others.
    seen, times = np.unique(drawn, axis=0, return_counts=True)
    assert len(seen) == units.n_arrangements == 18
    assert times.max() < 3 * times.min() + 10


def test_columns_share_one_set_of_arrangements():
    rng = np.random.default_rng(2)
    words = rng.integers(50, 400, 60)
    noisy, clean = (rng.binomial(words, rate) for rate in (0.4, 0.2))
    group, other = (
        [apart(errors[part], words[part], part.start) for errors in (clean, noisy, clean)]
        for part in (slice(0, 30), slice(30, 60))
    )
    first, second, again = permutation_test(group, other, n_draws=300, seed=1, purpose="accent")
    assert first == again != second
    assert first == permutation_test(group[:1], other[:1], n_draws=300, seed=1, purpose="accent")[0]


def test_a_speaker_of_both_groups_stays_in_both():
    # Speaker 9 is in both groups: C(6, 3) arrangements of the others, each with it on both sides.
    group = cell([10, 20, 30, 5], [100, 100, 100, 100], speakers=[0, 1, 2, 9])
    other = cell([12, 8, 25, 5], [100, 100, 100, 100], speakers=[3, 4, 5, 9])
    found = outcome(group, other, studentised=False)
    errors = np.array([10, 20, 30, 12, 8, 25])
    sums = [errors[list(part)].sum() for part in combinations(range(6), 3)]
    null = [abs(np.log((s + 5) / (errors.sum() - s + 5))) for s in sums]
    assert found.n_arrangements == 20
    assert found.p == pytest.approx(np.mean(np.array(null) >= found.statistic - 1e-9))


def test_many_speakers_of_both_groups_are_no_obstacle():
    shared = list(range(100, 200))
    group = cell([10, 20, 30, *[5] * 100], [100] * 103, speakers=[0, 1, 2, *shared])
    other = cell([12, 8, 25, *[5] * 100], [100] * 103, speakers=[3, 4, 5, *shared])
    assert outcome(group, other).n_arrangements == 20


def test_groups_without_any_difference_have_p_one():
    same = outcome(apart([10] * 4, [100] * 4, 0), apart([10] * 5, [100] * 5, 4))
    assert (same.statistic, same.p, same.n_undefined) == (0.0, 1.0, 0)


def test_arrangements_without_a_statistic_count_as_extreme_and_are_counted():
    # Two speakers said nothing: where both make up the group, it has no words.
    found = outcome(apart([5, 0], [10, 0], 0), apart([3, 4, 0], [10, 10, 0], 2), studentised=False)
    assert found.n_undefined == 1
    assert found.p is not None
    assert found.p >= 2 / 10


@pytest.mark.parametrize(
    ("group", "other", "status"),
    [
        (unidentified(5, 100), unidentified(6, 100), Status.NO_SPEAKERS),
        (apart([1, 1], [0, 0], 0), apart([5, 6], [100, 100], 2), Status.NO_REFERENCE_WORDS),
        (apart([5, 6], [100, 100], 2), apart([1, 1], [0, 0], 0), Status.NO_COMPARISON),
        (apart([0, 0], [100, 100], 0), apart([5, 6], [100, 100], 2), Status.NO_COMPARISON),
        (apart([5], [100], 0), apart([5, 6], [100, 100], 1), Status.ONE_SPEAKER),
        (apart([], [], 0), apart([5, 6], [100, 100], 1), Status.NO_REFERENCE_WORDS),
    ],
)
def test_what_cannot_be_tested_says_why(group: Cell, other: Cell, status: Status):
    found = outcome(group, other)
    assert (found.p, found.statistic, found.status) == (None, None, status)


def test_type_one_error_is_kept_where_speakers_are_exchangeable():
    rng = np.random.default_rng(11)
    rejected = 0
    for _ in range(200):
        words = rng.integers(50, 800, 10)
        errors = rng.poisson(0.15 * words * rng.lognormal(0, 0.6, 10)) + 1
        found = outcome(apart(errors[:4], words[:4], 0), apart(errors[4:], words[4:], 4))
        rejected += found.p <= 0.05
    # Of 210 arrangements at most 10 reject: .0476, and three Monte Carlo errors.
    assert rejected / 200 <= 0.0476 + 3 * np.sqrt(0.0476 * 0.9524 / 200)
    assert rejected > 0
