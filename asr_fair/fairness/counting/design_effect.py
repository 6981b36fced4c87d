"""How much less a word says when its speaker was heard before: variance by speakers over that by utterances.

A design effect of 17 means that intervals which treat utterances as independent are √17 times too narrow.
Both variances are of the pooled rate W = Σe/ΣN, linearised: residuals e − W·N, added up by speaker in the one
and left single in the other (Kish 1965; ratio estimator as in Cochran 1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers


@dataclass(frozen=True, slots=True)
class Squares:
    """Sums of e², e·N and N² (integers) over n utterances, or over n speakers."""

    n: int
    errors_squared: int
    errors_times_words: int
    words_squared: int

    def variance(self, errors: int, words: int) -> float:
        """n/(n−1) Σ(e − W·N)²: the variance of the rate W = errors/words, times (ΣN)².

        The squares are added up as whole numbers, so that no spread is 0 and not what rounding leaves of it.
        """
        residuals = (
            words**2 * self.errors_squared
            - 2 * errors * words * self.errors_times_words
            + errors**2 * self.words_squared
        )
        return self.n / (self.n - 1) * (residuals / words**2)


def squared(errors: Integers, words: Integers) -> Integers:
    """e², e·N and N² of each utterance or speaker, shape (3, n), from errors and words of shape (n,)."""
    return np.stack([errors * errors, errors * words, words * words])


def squares(errors: Integers, words: Integers) -> Squares:
    """Sums of squares and products of errors and words, both of shape (n,)."""
    return Squares(len(errors), *squared(errors, words).sum(axis=1).tolist())


def design_effect(cell: Cell) -> float | None:
    """Cluster variance over utterance variance of the pooled rate of one cell.

    None where either variance cannot be had: no reference words, speakers not known, fewer than two of them,
    or no spread between utterances.
    """
    if not cell.n_words or cell.n_speakers is None or cell.n_speakers < 2:
        return None
    sums = cell.sums
    utterances = Squares(cell.n_utterances, sums.errors_squared, sums.errors_times_words, sums.words_squared)
    by_utterance = utterances.variance(cell.n_errors, cell.n_words)
    by_speaker = squares(cell.errors, cell.words).variance(cell.n_errors, cell.n_words)
    return by_speaker / by_utterance if by_utterance > 0 else None
