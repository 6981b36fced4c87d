"""How much speakers matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fairness_tables import cell, unidentified

from asr_fair.fairness.design_effect import Squares, design_effect, squares
from edacc_counts import headline


def cell_of(errors: np.ndarray, words: np.ndarray, speakers: np.ndarray):
    totals = [np.bincount(speakers, weights=values).astype(int) for values in (errors, words)]
    return cell(*totals)


def test_variance_is_that_of_the_ratio_estimator_written_out() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    residuals = errors - 14 / 75 * words
    assert squares(errors, words).variance(14 / 75) == pytest.approx(4 / 3 * (residuals @ residuals))


def test_squares_are_added_like_counts() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    assert squares(errors[:1], words[:1]) + squares(errors[1:], words[1:]) == squares(errors, words)


def test_one_utterance_a_speaker_has_a_design_effect_of_one() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    assert design_effect(cell(errors, words), squares(errors, words)) == pytest.approx(1.0)


def test_utterances_repeated_by_their_speaker_count_for_one() -> None:
    errors, words = np.array([1, 4, 2, 7]), np.array([10, 20, 15, 30])
    again = np.tile(errors, 10), np.tile(words, 10)
    found = design_effect(cell(10 * errors, 10 * words), squares(*again))
    # (4/3 Σ(10r)²) / (40/39 · 10 Σr²)
    assert found == pytest.approx(10 * (4 / 3) / (40 / 39))


def test_independent_utterances_have_one_of_about_one() -> None:
    rng = np.random.default_rng(2)
    words = rng.integers(5, 20, 40_000)
    errors = rng.binomial(words, 0.15)
    speakers = np.repeat(np.arange(2_000), 20)
    found = design_effect(cell_of(errors, words, speakers), squares(errors, words))
    assert found == pytest.approx(1.0, abs=3 * np.sqrt(2 / 2_000))


def test_what_has_no_variance_has_no_design_effect() -> None:
    one = squares(np.array([1, 2]), np.array([10, 10]))
    assert design_effect(cell([3], [20]), one) is None
    assert design_effect(unidentified(3, 20), one) is None
    assert design_effect(cell([0, 0], [0, 0]), Squares(2, 0, 0, 0)) is None
    assert design_effect(cell([0, 0], [10, 10]), squares(np.array([0, 0]), np.array([10, 10]))) is None
    assert design_effect(cell([], []), Squares(0, 0, 0, 0)) is None


@pytest.mark.shared
def test_design_effects_on_edacc_are_those_of_the_methods(shared_data: Path) -> None:
    # Section 2: within 5 % of what is rounded there to two figures or one.
    published = {
        "Jamaican English": (17, 0), "Vietnamese": (14, 0), "Indian English": (9, 0), "Irish English": (7, 0),
        "Mainstream US English": (3.0, 1), "Nigerian English": (0.8, 1), "Spanish": (0.5, 1),
    }  # fmt: skip
    found = {}
    for group, rows in headline(shared_data).groupby("accent"):
        errors, words = rows["errors"].to_numpy(), rows["words"].to_numpy()
        speakers = rows["speaker_id"].factorize()[0]
        found[group] = design_effect(cell_of(errors, words, speakers), squares(errors, words))
    assert found.keys() == published.keys()
    for group, (value, digits) in published.items():
        assert found[group] == pytest.approx(value, abs=0.5 * 10.0**-digits + 0.05 * value)
