"""Data sets with a known truth: speakers who differ, unequal words, bursts of errors, runaway utterances.

Model (methods section 5): words of a speaker lognormal with mean m and coefficient of variation cv; the
speaker's effect u lognormal with mean 1 and spread σ in ln; errors negative binomial with mean N·W·u and
variance φ times that. A runaway utterance adds some hundred words that nobody said, as a recogniser in a
loop does, whoever speaks. Effects do not depend on words, so that the true pooled rate is E(errors)/E(words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals


@dataclass(frozen=True, slots=True)
class Setting:
    """How speakers of one group differ, and how their errors fall."""

    name: str
    sigma: float = 0.4
    cv: float = 0.66
    dispersion: float = 3.0
    words: float = 600.0
    words_per_runaway: float = np.inf
    """One runaway utterance in so many reference words; about 10,000 for whisper-large-v3-turbo on EdAcc."""
    runaway_length: float = 200.0
    """Mean of the words that it adds; between half and one and a half times this."""

    def truth(self, wer: float) -> float:
        """The pooled rate that figures estimate, runaway utterances included."""
        return wer + self.runaway_length / self.words_per_runaway


LIGHT = Setting("light", sigma=0.2, cv=0.3)
MEDIUM = Setting("medium")
UNEQUAL = Setting("unequal words", cv=0.8)
DISPERSED = Setting("dispersed", dispersion=8.0)
HEAVY = Setting("heavy", sigma=0.8, cv=0.8)
RUNAWAY = Setting("runaway", words_per_runaway=10_000)
SETTINGS = (LIGHT, MEDIUM, UNEQUAL, DISPERSED, HEAVY, RUNAWAY)


def draw_words(rng: np.random.Generator, shape: tuple[int, ...], setting: Setting) -> Integers:
    """Reference words of each speaker, at least 1."""
    spread = np.log1p(setting.cv**2)
    words = setting.words * rng.lognormal(-spread / 2, np.sqrt(spread), shape)
    return np.maximum(np.rint(words), 1).astype(np.int64)


def draw_effects(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> Reals:
    """What multiplies a speaker's rate: lognormal, mean 1."""
    return rng.lognormal(-(sigma**2) / 2, sigma, shape)


def draw_errors(
    rng: np.random.Generator, words: Integers, effects: Reals, wer: float, setting: Setting
) -> Integers:
    """Errors of each speaker, of the shape of `words`."""
    means, phi = words * effects * wer, setting.dispersion
    errors = rng.negative_binomial(means / (phi - 1), 1 / phi) if phi > 1 else rng.poisson(means)
    if np.isfinite(setting.words_per_runaway):
        errors += _runaways(rng, words, setting)
    return errors


def _runaways(rng: np.random.Generator, words: Integers, setting: Setting) -> Integers:
    """Words added by each speaker's runaway utterances."""
    times = rng.poisson(words / setting.words_per_runaway)
    shortest, longest = int(setting.runaway_length / 2), int(1.5 * setting.runaway_length)
    lengths = rng.integers(shortest, longest, int(times.sum()), endpoint=True)
    owners = np.repeat(np.arange(words.size), times.ravel())
    added = np.bincount(owners, weights=lengths, minlength=words.size)
    return added.astype(np.int64).reshape(words.shape)


def as_cell(errors: Integers, words: Integers, speakers: Integers | None = None) -> Cell:
    """Errors and words of shape (K,) as a cell: substitutions as far as there are words, then insertions."""
    substitutions = np.minimum(errors, words)
    nothing = np.zeros_like(words)
    counts = np.stack([substitutions, nothing, errors - substitutions, words - substitutions])
    return Cell(np.arange(len(words)) if speakers is None else speakers, counts, n_utterances=len(words))


def draw_cell(
    rng: np.random.Generator, n_speakers: int, wer: float, setting: Setting, first_speaker: int = 0
) -> Cell:
    """One group of speakers numbered from `first_speaker`."""
    words = draw_words(rng, (n_speakers,), setting)
    effects = draw_effects(rng, (n_speakers,), setting.sigma)
    errors = draw_errors(rng, words, effects, wer, setting)
    return as_cell(errors, words, first_speaker + np.arange(n_speakers))


def draw_cells(
    rng: np.random.Generator, setting: Setting, groups: Sequence[tuple[int, float]]
) -> tuple[Cell, ...]:
    """Groups of so many speakers with such a rate each; nobody is in two of them."""
    firsts = np.cumsum([0, *(n_speakers for n_speakers, _ in groups)]).tolist()
    return tuple(draw_cell(rng, *group, setting, first) for group, first in zip(groups, firsts, strict=False))
