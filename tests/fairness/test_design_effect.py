"""How much speakers matter."""

from __future__ import annotations

import numpy as np
import pytest
from fairness_tables import cell, unidentified

from asr_fair.fairness.counting.design_effect import design_effect, squared, squares
from asr_fair.fairness.counting.slices import Cell, UtteranceSums


def cell_of(errors: np.ndarray, words: np.ndarray, speakers: np.ndarray) -> Cell:
    """The cell of these utterances."""
    totals = [np.bincount(speakers, weights=values).astype(int) for values in (errors, words)]
    one = cell(*totals)
    sums = squared(errors, words).sum(axis=1).tolist()
    return Cell(one.speakers, one.counts, len(errors), sums=UtteranceSums(*sums))


def test_variance_is_that_of_the_ratio_estimator_written_out() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    residuals = errors - 14 / 75 * words
    assert squares(errors, words).variance(14, 75) == pytest.approx(4 / 3 * (residuals @ residuals))


def test_one_utterance_a_speaker_has_a_design_effect_of_one() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    assert design_effect(cell_of(errors, words, np.arange(4))) == pytest.approx(1.0)


def test_utterances_repeated_by_their_speaker_count_for_one() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    found = design_effect(cell_of(np.tile(errors, 10), np.tile(words, 10), np.tile(np.arange(4), 10)))
    # (4/3 Σ(10r)²) / (40/39 · 10 Σr²)
    assert found == pytest.approx(10 * (4 / 3) / (40 / 39))


def test_independent_utterances_have_one_of_about_one() -> None:
    rng = np.random.default_rng(2)
    words = rng.integers(5, 20, 40_000)
    errors = rng.binomial(words, 0.15)
    speakers = np.repeat(np.arange(2_000), 20)
    found = design_effect(cell_of(errors, words, speakers))
    assert found == pytest.approx(1.0, abs=3 * np.sqrt(2 / 2_000))


def test_what_has_no_variance_has_no_design_effect() -> None:
    assert design_effect(cell_of(np.array([1, 2]), np.array([10, 10]), np.array([0, 0]))) is None
    assert design_effect(unidentified(3, 20)) is None
    nobody_spoke = cell_of(np.array([0, 0]), np.array([0, 0]), np.array([0, 1]))
    assert design_effect(nobody_spoke) is None
    assert design_effect(cell_of(np.array([0, 0]), np.array([10, 10]), np.array([0, 1]))) is None
    assert design_effect(cell([], [])) is None
