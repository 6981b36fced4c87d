"""Rates of one cell: counts are added first and divided once."""

from __future__ import annotations

import numpy as np

from asr_fair.fairness.counting.slices import DELETIONS, INSERTIONS, SUBSTITUTIONS, Cell
from asr_fair.fairness.estimates.contrasts import LOG, Term, contrast
from asr_fair.fairness.estimates.intervals import NO_ERRORS_METHOD, Interval, no_errors_upper
from asr_fair.fairness.results import Status

NO_WORDS = Interval(None, status=Status.NO_REFERENCE_WORDS)


def word_error_rate(cell: Cell, confidence: float) -> Interval:
    """Pooled Σ(S+D+I)/ΣN with the default interval: W · exp(± t · SE) of ln W (methods section 2).

    Insertions on empty references count in the numerator. Without errors: the one-sided upper bound.
    """
    if cell.n_words == 0:
        return NO_WORDS
    if cell.n_errors:
        return contrast([[Term(+1, cell)]], LOG).at(confidence)
    if cell.n_speakers is None:
        return Interval(0.0, status=Status.NO_SPEAKERS)
    if cell.n_speakers == 1:
        return Interval(0.0, status=Status.ONE_SPEAKER)
    upper = no_errors_upper(cell.words, confidence)
    return Interval(0.0, 0.0, upper, NO_ERRORS_METHOD, Status.NO_ERRORS)


def substitution_rate(cell: Cell) -> Interval:
    """ΣS/ΣN, a value only."""
    return _share_of_words(cell, SUBSTITUTIONS)


def deletion_rate(cell: Cell) -> Interval:
    """ΣD/ΣN, a value only."""
    return _share_of_words(cell, DELETIONS)


def insertion_rate(cell: Cell) -> Interval:
    """ΣI/ΣN, a value only; those on empty references included."""
    return _share_of_words(cell, INSERTIONS)


def speaker_mean_wer(cell: Cell) -> Interval:
    """Mean of e_s/N_s over the speakers with reference words, a value only."""
    if cell.n_words == 0:
        return NO_WORDS
    if not cell.identified:
        return Interval(None, status=Status.NO_SPEAKERS)
    spoke = cell.words > 0
    return Interval(float(np.mean(cell.errors[spoke] / cell.words[spoke])))


def _share_of_words(cell: Cell, kind: int) -> Interval:
    return Interval(int(cell.counts[kind].sum()) / cell.n_words) if cell.n_words else NO_WORDS
