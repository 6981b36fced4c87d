"""The shared draw: whole numbers of whole speakers, the same for whatever is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fairness_tables import cell

from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals, jackknife
from asr_fair.fairness.resampling import bootstrap as bootstrap_module
from asr_fair.fairness.resampling import streams
from asr_fair.fairness.resampling.bootstrap import Amount, bootstrap, resample, resampling_blocks


def speakers(*numbers: int) -> Integers:
    return np.array(numbers, np.int64)


def times_drawn(blocks: Sequence[Integers], n_draws: int, seed: int = 1, purpose: str = "accent") -> Reals:
    """How often each speaker is in each draw, (n_speakers, n_draws): the total of one for this speaker."""
    each = [Amount(speakers(int(s)), speakers(1)) for s in np.concatenate(blocks)]
    chunks = resample(np.copy, each, blocks, n_draws=n_draws, seed=seed, purpose=purpose)
    return np.concatenate(chunks, axis=1)


def totals(amounts: Sequence[Amount], blocks: Sequence[Integers], n_draws: int) -> Reals:
    chunks = resample(np.copy, amounts, blocks, n_draws=n_draws, seed=1, purpose="accent")
    return np.concatenate(chunks, axis=1)


def test_every_draw_has_as_many_speakers_of_each_group_as_the_group():
    drawn = times_drawn([np.arange(4), np.arange(4, 13)], 700)
    assert (drawn[:4].sum(axis=0) == 4).all()
    assert (drawn[4:].sum(axis=0) == 9).all()


def test_speakers_are_drawn_as_a_multinomial_says():
    drawn = times_drawn([np.arange(10)], 20_000)
    # 10 draws at 1/10: mean 1, variance 10 · .1 · .9 = .9, covariance −.1; Monte Carlo error of each ≈ .01.
    assert drawn.mean(axis=1) == pytest.approx(np.ones(10), abs=0.03)
    assert np.cov(drawn) == pytest.approx(np.eye(10) - 0.1, abs=0.05)


def test_totals_are_the_speakers_counts_times_how_often_they_were_drawn_to_the_last_digit():
    rng = np.random.default_rng(3)
    blocks = [np.arange(30), np.arange(30, 75)]
    # Totals near 2**53 / 10, where float64 has no digit to spare.
    values = rng.integers(0, 10**13, 75)
    some = np.arange(20, 60)
    found = totals([Amount(np.arange(75), values), Amount(some, values[some])], blocks, 600)
    drawn = times_drawn(blocks, 600).astype(int)
    exact = [[sum(int(v) * int(t) for v, t in zip(values, draw, strict=True)) for draw in drawn.T]]
    exact.append([sum(int(values[s]) * int(draw[s]) for s in some) for draw in drawn.T])
    assert found.astype(int).tolist() == exact


def test_the_draw_hangs_neither_on_pieces_nor_on_threads_nor_on_the_number_of_draws(
    monkeypatch: pytest.MonkeyPatch,
):
    blocks = [np.arange(7), np.arange(7, 20)]
    whole = times_drawn(blocks, 620)
    for piece in (50, 333):
        monkeypatch.setattr(streams, "PIECE", piece)
        monkeypatch.setattr(bootstrap_module, "MOST_REMEMBERED", 0)  # draw again
        assert (times_drawn(blocks, 620) == whole).all()
    monkeypatch.setattr(streams, "MOST_THREADS", 1)
    assert (times_drawn(blocks, 620) == whole).all()
    assert (times_drawn(blocks, 510) == whole[:, :510]).all()


def test_draws_that_are_remembered_are_those_made_again(monkeypatch: pytest.MonkeyPatch):
    blocks = [np.arange(7), np.arange(7, 20)]
    remembered = [times_drawn(blocks, 620), times_drawn(blocks, 620)]
    monkeypatch.setattr(bootstrap_module, "MOST_REMEMBERED", 0)
    again = times_drawn(blocks, 620)
    assert all((one == again).all() for one in remembered)


def test_seed_and_purpose_make_the_draw():
    blocks = [np.arange(20)]
    first = times_drawn(blocks, 50)
    assert (first != times_drawn(blocks, 50, seed=2)).any()
    assert (first != times_drawn(blocks, 50, purpose="age")).any()


def test_two_columns_and_the_rest_of_a_group_share_one_draw():
    blocks = [np.arange(5), np.arange(5, 9), np.arange(9, 12)]
    counts = np.arange(1, 13)
    parts = [Amount(block, counts[block]) for block in blocks]
    rest = Amount(np.arange(5, 12), counts[5:])
    found = totals([*parts, rest, parts[0]], blocks, 300)
    assert (found[1] + found[2] == found[3]).all()
    assert (found[0] == found[4]).all()
    assert len(np.unique(found[0])) > 5


def test_groups_that_share_speakers_are_drawn_as_one():
    blocks = resampling_blocks([speakers(1, 2), speakers(3, 4), speakers(5, 6), speakers(2, 5), speakers()])
    assert sorted(block.tolist() for block in blocks) == [[1, 2, 5, 6], [3, 4]]


def test_a_speaker_in_no_block_is_refused():
    with pytest.raises(ValueError, match="none of the blocks"):
        totals([Amount(speakers(7), speakers(1))], [speakers(1, 2)], 10)


def test_spread_of_the_draws_is_the_jackknifes_for_many_speakers():
    rng = np.random.default_rng(5)
    words = rng.integers(100, 400, 400)
    own = cell(rng.binomial(words, 0.2), words)

    def log_rate(errors: Reals, spoken: Reals) -> Reals:
        return np.log(errors / spoken)[0]

    drawn = bootstrap(log_rate, [own], [own.speakers], n_draws=4000, seed=1, purpose="accent")
    estimate = jackknife(log_rate, [[own]])
    assert estimate is not None
    # Of 4,000 draws a standard deviation has a relative error of 1/√8000 = .011.
    assert drawn.std() == pytest.approx(estimate.se, rel=0.04)


def test_a_group_that_is_missing_from_a_draw_has_no_figure_there():
    # Speaker 0 alone says anything in this group, and is in neither of two places in a quarter of the draws.
    own = cell([3, 0], [10, 0])

    def rates(errors: Reals, words: Reals) -> Reals:
        return errors / words

    drawn = bootstrap(rates, [own], [own.speakers], n_draws=4000, seed=1, purpose="accent")
    assert drawn.shape == (1, 4000)
    assert np.isnan(drawn).mean() == pytest.approx(0.25, abs=0.03)
    assert set(drawn[~np.isnan(drawn)]) == {0.3}
