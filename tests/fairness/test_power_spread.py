"""Spread estimated from counts: the truth of simulated speakers comes back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from asr_fair.fairness.planning.speaker_spread import estimate_spread
from benchmarks.calibration.simulate import Setting, draw_effects, draw_errors, draw_words

SETTING = Setting("short utterances", cv=0.5, words=12, dispersion=3.0)


def drawn(
    rng: np.random.Generator, n_speakers: int, sigma: float, *, rates: tuple[float, ...] = (0.2,)
) -> tuple[np.ndarray, ...]:
    """Thirty utterances a speaker; groups in turn, with a rate each."""
    groups = np.arange(n_speakers) % len(rates)
    words = draw_words(rng, (n_speakers, 30), SETTING)
    effects = draw_effects(rng, (n_speakers, 1), sigma) * np.array(rates)[groups][:, None]
    errors = draw_errors(rng, words, effects, 1.0, SETTING)
    return errors.ravel(), words.ravel(), np.repeat(np.arange(n_speakers), 30), groups


@pytest.mark.parametrize("sigma", [0.0, 0.2, 0.4])
def test_spread_and_dispersion_come_back(sigma: float) -> None:
    found = estimate_spread(*drawn(np.random.default_rng(1), 800, sigma))
    assert found is not None
    assert found.wer == pytest.approx(0.2, rel=0.04)
    assert found.speaker_sigma == pytest.approx(sigma, abs=0.05)
    assert found.dispersion == pytest.approx(3.0, rel=0.05)
    assert found.speaker_df == 799


def test_estimates_of_few_speakers_are_right_on_average() -> None:
    rng = np.random.default_rng(2)
    found = [estimate_spread(*drawn(rng, 8, 0.4)) for _ in range(400)]
    # τ² is cut off at 0 in few draws here, which the tolerance holds.
    tau2 = np.array([math.expm1(each.speaker_sigma**2) for each in found])
    assert tau2.mean() == pytest.approx(math.expm1(0.16), abs=4 * tau2.std() / 20)
    dispersions = np.array([each.dispersion for each in found])
    assert dispersions.mean() == pytest.approx(3.0, abs=4 * dispersions.std() / 20)


def test_differences_between_groups_are_no_spread_within_them() -> None:
    errors, words, speakers, groups = drawn(np.random.default_rng(3), 600, 0.2, rates=(0.1, 0.4))
    within = estimate_spread(errors, words, speakers, groups)
    among_all = estimate_spread(errors, words, speakers, np.zeros_like(groups))
    assert within is not None
    assert among_all is not None
    assert within.speaker_sigma == pytest.approx(0.2, abs=0.05)
    assert among_all.speaker_sigma > 0.4
    assert within.speaker_df == 598


def test_one_utterance_a_speaker_puts_all_spread_between_speakers() -> None:
    words = np.full(6, 100)
    errors = np.array([10, 20, 30, 40, 50, 60])
    found = estimate_spread(errors, words, np.arange(6), np.zeros(6, int))
    assert found is not None
    assert found.dispersion == 1.0
    # Σr² = 1750 = τ²·W²·A + φ·W·B with W = .35, A = ΣN²(1 − 1/K) = 50,000 and B = 500.
    tau2 = (1750 / 0.35**2 - 500 / 0.35) / 50_000
    assert found.speaker_sigma == pytest.approx(math.sqrt(math.log1p(tau2)), rel=1e-12)


def test_groups_of_one_speaker_have_no_spread() -> None:
    found = estimate_spread(
        np.array([3, 4, 9, 1]), np.array([10, 20, 30, 7]), np.array([0, 0, 1, 1]), np.array([0, 1])
    )
    assert found is not None
    assert (found.speaker_sigma, found.speaker_df) == (None, 0)


@pytest.mark.parametrize(("errors", "words"), [([0, 0], [5, 5]), ([3, 1], [0, 0])])
def test_no_errors_or_no_words_tell_nothing(errors: list[int], words: list[int]) -> None:
    speakers = np.arange(2)
    assert estimate_spread(np.array(errors), np.array(words), speakers, np.zeros(2, int)) is None


def test_a_speaker_without_words_counts_for_nothing() -> None:
    errors, words, speakers, groups = drawn(np.random.default_rng(4), 20, 0.3)
    more = np.append(errors, 7), np.append(words, 0), np.append(speakers, 20), np.append(groups, 0)
    plain, odd = estimate_spread(errors, words, speakers, groups), estimate_spread(*more)
    assert plain is not None
    assert odd is not None
    assert odd.speaker_sigma == pytest.approx(plain.speaker_sigma, rel=1e-12)
    assert (odd.dispersion, odd.speaker_df) == (pytest.approx(plain.dispersion), plain.speaker_df)
