"""Tests of one dimension share arrangements where these say the same, and only there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fairness_tables import LIMITS, cell, find, utterance

from asr_fair.fairness.counting.slices import Cell, Slice
from asr_fair.fairness.grouping.dimensions import Dimension
from asr_fair.fairness.permutations.arrangements import PermutationTest, null_distributions, summarised
from asr_fair.fairness.permutations.group_tests import GroupTests, group_tests
from asr_fair.fairness.permutations.heterogeneity import homogeneity
from asr_fair.fairness.permutations.omnibus import omnibus_test
from asr_fair.fairness.permutations.pairs import Pair
from asr_fair.fairness.permutations.permutation import permutation_test
from asr_fair.fairness.permutations.units import units_of
from asr_fair.fairness.resampling import bootstrap, streams
from asr_fair.fairness.results import Status
from asr_fair.records import REST

ACCENT = Dimension("accent", "Accent", "self_report")


def speakers(rng: np.random.Generator, sizes: Sequence[int], rates: Sequence[float]) -> list[Cell]:
    """Speakers numbered in the order of the groups, of unequal words."""
    cells, first = [], 0
    for size, rate in zip(sizes, rates, strict=True):
        words = rng.integers(50, 400, size)
        errors = rng.poisson(rng.gamma(8, rate / 8, size) * words)
        cells.append(cell(errors, words, speakers=np.arange(first, first + size)))
        first += size
    return cells


def joined(cells: Sequence[Cell]) -> Cell:
    """The speakers of all; whoever is in several counts with all that was said."""
    ids = np.unique(np.concatenate([each.speakers for each in cells]))
    counts = np.zeros((4, len(ids)), np.int64)
    for each in cells:
        counts[:, np.searchsorted(ids, each.speakers)] += each.counts
    return Cell(ids, counts, n_utterances=len(ids))


def as_slice(own: Cell) -> Slice:
    return Slice((own,), len(own.speakers), own.n_utterances, None)


def against_the_rest(cells: Sequence[Cell], n_draws: int = 4000) -> GroupTests:
    """Each group against the rest."""
    names = [f"group {number}" for number in range(len(cells))]
    pairs = [
        Pair(
            ACCENT.name,
            name,
            as_slice(own),
            REST,
            as_slice(joined([other for other in cells if other is not own])),
        )
        for name, own in zip(names, cells, strict=True)
    ]
    declared = {name: as_slice(own) for name, own in zip(names, cells, strict=True)}
    return group_tests(ACCENT, declared, pairs, [0], mirrored=False, n_draws=n_draws, seed=1)


def in_order(tests: GroupTests) -> list[PermutationTest]:
    """The test of each group."""
    return [found.by_place[0] for _, found in sorted(tests.pairwise.items())]


def alone(cells: Sequence[Cell], number: int, n_draws: int = 4000):
    rest = joined([other for other in cells if other is not cells[number]])
    (found,) = permutation_test([cells[number]], [rest], n_draws=n_draws, seed=7, purpose="by itself")
    return found


def test_a_group_against_the_rest_has_the_p_value_of_arrangements_of_its_own():
    cells = speakers(np.random.default_rng(1), [9, 12, 15], [0.16, 0.2, 0.24])
    together = in_order(against_the_rest(cells))
    for number, found in enumerate(together):
        own = alone(cells, number)
        assert found.statistic == pytest.approx(own.statistic, rel=1e-12)
        assert (found.exact, found.n_arrangements) == (False, 4000)
        # Two Monte Carlo figures of 4,000 draws each.
        spread = np.sqrt(2 * own.p * (1 - own.p) / 4000)
        assert found.p == pytest.approx(own.p, abs=3 * spread + 1e-3)
    assert 0.005 < together[0].p < 0.5


def test_the_tests_among_all_groups_are_those_made_one_by_one():
    cells = speakers(np.random.default_rng(2), [9, 12, 15], [0.16, 0.2, 0.24])
    found = against_the_rest(cells, n_draws=700)
    settings = {"n_draws": 700, "seed": 1, "purpose": "all groups of accent change places"}
    assert found.omnibus == omnibus_test([[own] for own in cells], **settings)
    (null,) = null_distributions([homogeneity], units_of([[own] for own in cells]), **settings)
    (q,) = (each.q for each in found.heterogeneity)
    assert [q] == list(summarised(null))


def test_heterogeneity_without_any_speaker_is_undefined():
    (found,) = against_the_rest([cell([], []), cell([], [])], n_draws=1000).heterogeneity
    assert (found.tau_squared, found.q.status) == (None, Status.NO_COMPARISON)


def test_a_pair_of_few_arrangements_goes_through_all_of_them():
    # 2 of 20 can be chosen in 190 ways, 9 of 20 in 167,960.
    cells = speakers(np.random.default_rng(3), [2, 9, 9], [0.3, 0.2, 0.2])
    few, many, _ = in_order(against_the_rest(cells, n_draws=500))
    assert (few.exact, few.n_arrangements) == (True, 190)
    assert few.p == alone(cells, 0).p
    assert (many.exact, many.n_arrangements) == (False, 500)


def test_with_a_speaker_in_two_groups_each_pair_has_arrangements_of_its_own():
    first, second, third = speakers(np.random.default_rng(4), [12, 12, 12], [0.16, 0.2, 0.24])
    both = cell([*second.errors, 9], [*second.words, 80], speakers=[*second.speakers, 30])
    cells = [first, both, third]
    found = in_order(against_the_rest(cells))[0]
    rest = joined([both, third])
    (own,) = permutation_test(
        [first], [rest], n_draws=4000, seed=1, purpose="group 0 of accent changes places"
    )
    assert found == own


def test_findings_hang_neither_on_threads_nor_on_pieces(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(5)
    rows = [
        utterance(f"{name}{number}", [name], {"clean": int(rng.poisson(20)), "ward": int(rng.poisson(40))})
        for name, size in (("Cornish", 12), ("Scottish", 14), ("Welsh", 15))
        for number in range(size)
    ]
    whole = find(rows)
    assert "permutation-monte-carlo" in {
        row.p_method.removeprefix("studentised-") for row in whole.comparisons
    }
    for threads, piece in ((1, 2**21), (3, 5000)):
        monkeypatch.setattr(streams, "MOST_THREADS", threads)
        monkeypatch.setattr(streams, "PIECE", piece)
        monkeypatch.setattr(bootstrap, "MOST_REMEMBERED", 0)
        assert find(rows) == whole


def test_the_plan_says_how_many_draws():
    rng = np.random.default_rng(6)
    rows = [
        utterance(f"{name}{number}", [name], {"clean": int(rng.poisson(20))})
        for name in ("Cornish", "Scottish", "Welsh")
        for number in range(12)
    ]
    found = find(rows, thresholds=LIMITS.model_copy(update={"n_draws": 1234}))
    for row in found.comparisons:
        assert row.p_value * 1235 == pytest.approx(round(row.p_value * 1235))
