"""How much speakers differ, and how much one speaker varies, from the counts of an earlier run.

Moment estimators, which assume no distribution. Model (methods section 5): utterance i of speaker s has
errors with mean N_i·W_s and variance φ·N_i·W_s; W_s = W_g·u_s with relative variance τ² = e^{σ²} − 1.
For independent x_i with means N_i·R, the residuals r_i = x_i − N_i·R̂ around R̂ = Σx/ΣN have

    E Σr² = Σ_i D_i − 2 Σ_i h_i D_i + Σ_i h_i² Σ_j D_j,   h_i = N_i/ΣN, D_i the variance of x_i,

so each spread is a sum of squares over what it is expected to be in units of that spread (ours).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from asr_fair.fairness.counting.strata import Integers
from asr_fair.fairness.estimates.jackknife import Reals


class Spread(NamedTuple):
    """What was estimated; `speaker_sigma` is None where every group has one speaker."""

    wer: float
    speaker_sigma: float | None
    dispersion: float
    speaker_df: int
    """Speakers less groups: how much the estimate of `speaker_sigma` rests on."""
    words_per_speaker: float

    @property
    def relative_variance(self) -> float:
        """Of a mean speaker's rate within the group: e^{σ²} − 1 + φ/(m·W)."""
        between = math.expm1((self.speaker_sigma or 0.0) ** 2)
        return between + self.dispersion / (self.wer * self.words_per_speaker)


def estimate_spread(errors: Integers, words: Integers, speakers: Integers, groups: Integers) -> Spread | None:
    """Spread within speakers and between speakers of one group; None without any words or errors.

    Parameters
    ----------
    errors, words
        Of each utterance, shape (U,); words may be 0 (an empty reference, whose insertions count).
    speakers
        Number of each utterance's speaker, 0 to K − 1, shape (U,).
    groups
        Number of each speaker's group, shape (K,).
    """
    if not words.sum() or not errors.sum():
        return None
    e, n = (_sums(values, speakers, len(groups)) for values in (errors, words))
    spoke = n > 0
    dispersion = _dispersion(errors, words, speakers)
    return Spread(
        wer=float(e.sum() / n.sum()),
        speaker_sigma=_speaker_sigma(e[spoke], n[spoke], groups[spoke], dispersion),
        dispersion=dispersion,
        speaker_df=int(spoke.sum()) - len(np.unique(groups[spoke])),
        words_per_speaker=float(n[spoke].mean()),
    )


def _sums(values: Integers | Reals, speakers: Integers, n_speakers: int) -> Reals:
    return np.bincount(speakers, weights=values, minlength=n_speakers).astype(np.float64)


def _dispersion(errors: Integers, words: Integers, speakers: Integers) -> float:
    """φ = Σr² / Σ_s W_s(N_s − ΣN_i²/N_s), as D_i = φ·N_i·W_s.

    1 where no speaker has two utterances: nothing tells φ from τ² then, and all of it goes to τ².
    """
    n_speakers = int(speakers.max()) + 1
    e, n = (_sums(values, speakers, n_speakers) for values in (errors, words))
    squares = _sums(np.square(words.astype(np.float64)), speakers, n_speakers)
    said = np.where(n > 0, n, 1.0)
    residuals = np.where(n[speakers] > 0, errors - words * (e / said)[speakers], 0.0)
    expected = float((e / said) @ (n - squares / said))
    return float(np.square(residuals).sum()) / expected if expected > 0 else 1.0


def _speaker_sigma(e: Reals, n: Reals, groups: Integers, dispersion: float) -> float | None:
    """σ from τ² = Σ_g(Σr²/W_g² − φB_g/W_g) / ΣA_g, as D_s = τ²W_g²N_s² + φW_gN_s; 0 where it is below.

    A_g = ΣN² − 2ΣN³/N_g + (ΣN²)²/N_g² and B_g = N_g − ΣN²/N_g are those sums for D = N² and D = N.
    """
    excess = expected = 0.0
    for group in np.unique(groups):
        own, said = e[groups == group], n[groups == group]
        total, rate = said.sum(), own.sum() / said.sum()
        if rate == 0:
            continue
        squares = float(np.square(said).sum())
        excess += float(np.square(own - rate * said).sum()) / rate**2
        excess -= dispersion * (total - squares / total) / rate
        expected += squares - 2 * float(np.power(said, 3).sum()) / total + (squares / total) ** 2
    if expected <= 1e-9 * float(np.square(n).sum()):  # every group has one speaker, but for rounding
        return None
    return math.sqrt(math.log1p(max(excess / expected, 0.0)))
