"""How far two groups are apart among people who are alike in another tag: direct standardisation.

Where Scottish speakers are mostly women, a gap of accent may be one of gender, and may even point the other
way among women and among men (Simpson 1951). Both groups' rates are therefore averaged over the levels b of
the other tag with the same weights, as if both had the same mixture of people:

    W̃_g = Σ_b w_b E_gb/N_gb,   w_b = (N_gb + N_rb) / Σ_b' (N_gb' + N_rb')
    gap = W̃_g − W̃_r,   ratio = W̃_g / W̃_r

E errors, N reference words, r the other side: directly standardised rates with the two sides together as
the standard population, and their ratio (Breslow & Day 1987, IARC Scientific Publications 82, chapter 2;
recalled). The interval is the jackknife's over speakers, weights included.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.estimates.contrasts import LINEAR, LOG, Contrast, Scale
from asr_fair.fairness.estimates.jackknife import Estimate, Reals, jackknife
from asr_fair.fairness.results import Status


def standardised_gap(group: Sequence[Cell], other: Sequence[Cell]) -> Contrast:
    """W̃_g − W̃_r as a fraction of words; `group` and `other` hold a cell for each level, in one order."""
    return _standardised(group, other, LINEAR)


def standardised_ratio(group: Sequence[Cell], other: Sequence[Cell]) -> Contrast:
    """W̃_g / W̃_r, interval on the log."""
    return _standardised(group, other, LOG)


def _standardised(group: Sequence[Cell], other: Sequence[Cell], scale: Scale) -> Contrast:
    """On `scale`; undefined without a level, without words in a cell, or without errors where there is a log.

    A side without errors shows no spread: a gap to it has a value and no interval.
    """
    cells = [*group, *other]
    if not cells or any(cell.n_words == 0 for cell in cells):
        return Contrast(None, Status.NO_COMPARISON, scale)
    rates = _rates(
        np.array([cell.n_errors for cell in cells], float), np.array([cell.n_words for cell in cells], float)
    )
    if scale is LOG and not rates.all():
        return Contrast(None, Status.NO_COMPARISON, scale)
    value = float(scale.value(np.array([1.0, -1.0]), rates))
    if not all(cell.identified for cell in cells):
        return Contrast(value, Status.NO_SPEAKERS, scale)
    if any(cell.n_speakers == 1 for cell in cells):
        return Contrast(value, Status.ONE_SPEAKER, scale)
    estimate = _estimate(group, other, scale) if rates.all() else None
    return Contrast(value, Status.OK if estimate else Status.NO_INTERVAL, scale, estimate)


def _estimate(group: Sequence[Cell], other: Sequence[Cell], scale: Scale) -> Estimate | None:
    """The jackknife: by level where nobody is in two cells, which then are strata; else over both sides.

    In strata each cell has its own mean of left-out figures and its own degrees of freedom (Welch), so that
    one level of few people who weigh much is not lent the freedom of many (ours).
    """

    def difference(errors: Reals, words: Reals) -> Reals:
        rates = scale.forward(_rates(errors, words))
        apart: Reals = rates[0] - rates[1]
        return apart

    cells = [*group, *other]
    n_people = len(np.unique(np.concatenate([cell.speakers for cell in cells])))
    apart = n_people == sum(len(cell.speakers) for cell in cells)
    return jackknife(difference, [[cell] for cell in cells] if apart else [group, other])


def _rates(errors: Reals, words: Reals) -> Reals:
    """Both sides' standardised rates, shape (2, ...), from cells of shape (2 · n_levels, ...)."""
    shape = (2, len(words) // 2, *words.shape[1:])
    e, n = errors.reshape(shape), words.reshape(shape)
    both = n.sum(axis=0)
    rates: Reals = (both / both.sum(axis=0) * e / n).sum(axis=1)
    return rates
