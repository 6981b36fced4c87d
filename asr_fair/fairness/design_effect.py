"""How much less a word says when its speaker was heard before: variance by speakers over that by utterances.

A design effect of 17 means that intervals which treat utterances as independent are √17 times too narrow.
Both variances are of the pooled rate W = Σe/ΣN, linearised: residuals e − W·N, added up by speaker in the one
and left single in the other (Kish 1965; ratio estimator as in Cochran 1977).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from asr_fair.fairness.slices import Cell
from asr_fair.fairness.strata import Integers


@dataclass(frozen=True, slots=True)
class Squares:
    """Sums over n utterances of e², e·N and N² (integers): they are added like counts."""

    n: int
    errors_squared: int
    errors_times_words: int
    words_squared: int

    def __add__(self, other: Self) -> Squares:
        return Squares(
            self.n + other.n,
            self.errors_squared + other.errors_squared,
            self.errors_times_words + other.errors_times_words,
            self.words_squared + other.words_squared,
        )

    def variance(self, rate: float) -> float:
        """n/(n−1) Σ(e − W·N)²: the variance of W, times (ΣN)²."""
        residuals = self.errors_squared - 2.0 * rate * self.errors_times_words + rate**2 * self.words_squared
        return self.n / (self.n - 1) * max(residuals, 0.0)


def squares(errors: Integers, words: Integers) -> Squares:
    """Sums of squares and products of errors and words, both of shape (n,)."""
    return Squares(
        n=len(errors),
        errors_squared=int(errors @ errors),
        errors_times_words=int(errors @ words),
        words_squared=int(words @ words),
    )


def design_effect(cell: Cell, utterances: Squares) -> float | None:
    """Cluster variance over utterance variance of the pooled rate of one cell.

    `utterances`: of all its scored utterances. None where either variance cannot be had: no reference words,
    speakers not known, fewer than two of them, or no spread between utterances.
    """
    if not cell.n_words or cell.n_speakers is None or cell.n_speakers < 2 or utterances.n < 2:
        return None
    rate = cell.n_errors / cell.n_words
    by_utterance = utterances.variance(rate)
    return squares(cell.errors, cell.words).variance(rate) / by_utterance if by_utterance > 0 else None
