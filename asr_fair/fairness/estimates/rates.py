"""Rates of one cell: counts are added first and divided once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from asr_fair.fairness.counting.measures import NANO
from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
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


def error_rate_of(kind: int, cell: Cell, confidence: float) -> Interval:
    """ΣS/ΣN, ΣD/ΣN or ΣI/ΣN by `kind`, with an interval as the rate of all errors has.

    Insertions on empty references are included.
    """
    return word_error_rate(_counted(cell, cell.counts[kind], cell.words), confidence)


def speaker_mean_wer(cell: Cell, confidence: float) -> Interval:
    """Mean of e_s/N_s over the speakers with reference words, with the jackknife interval of its logarithm.

    It is the pooled rate that there would be had everybody said as many words, so n speakers count as n.
    """
    if cell.n_words == 0:
        return NO_WORDS
    if not cell.identified:
        return Interval(None, status=Status.NO_SPEAKERS)
    spoke = cell.words > 0
    rates = cell.errors[spoke] / cell.words[spoke]
    value = float(np.mean(rates))
    if value == 0.0:
        return Interval(value, status=Status.NO_INTERVAL)
    alike = Cell(cell.speakers[spoke], cell.counts[:, spoke], cell.n_utterances)
    whole = _counted(alike, np.rint(NANO * rates).astype(np.int64), np.full(len(rates), NANO))
    return replace(word_error_rate(whole, confidence), value=value)


def as_share(cell: Cell, part: int, whole: int) -> Cell:
    """A cell whose rate is the share of some utterances among others, both rows of `Cell.by_utterance`."""
    if cell.by_utterance is None:
        msg = "single utterances were not counted"
        raise ValueError(msg)
    return _counted(cell, cell.by_utterance[part], cell.by_utterance[whole])


def share_of_utterances(cell: Cell, part: int, whole: int, confidence: float) -> Interval:
    """The share of utterances, with an interval as error rates have."""
    counted = as_share(cell, part, whole)
    if counted.n_words == 0:
        return Interval(None, status=Status.NO_UTTERANCES)
    return word_error_rate(counted, confidence)


def _counted(cell: Cell, errors: Integers, words: Integers) -> Cell:
    """The speakers of a cell with other errors, as insertions, and other words; both of shape (K,)."""
    nothing = np.zeros_like(words)
    return replace(cell, counts=np.stack([nothing, nothing, errors, words]))
