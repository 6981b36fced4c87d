"""Measures of the four counts S, D, I, H beside the word error rate, each from sums over a group.

N = S + D + H reference words, M = S + I + H words recognised. Sources: Morris, Maier & Green 2004 (MER, WIL);
definitions as in jiwer 4, save that without reference words nothing is defined (None), as everywhere here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from asr_fair.fairness.counting.slices import Cell
from asr_fair.fairness.counting.strata import Integers
from asr_fair.records import ErrorCounts

NANO = 1_000_000_000


def pooled(cell: Cell) -> ErrorCounts:
    """The four counts, added up over the speakers of a cell."""
    return ErrorCounts(*cell.counts.sum(axis=1).tolist())


def match_error_rate(counts: ErrorCounts) -> float | None:
    """(S+D+I) / (S+D+I+H): the share of aligned pairs that are errors; never above 1."""
    if not counts.reference_words:
        return None
    return counts.errors / (counts.errors + counts.hits)


def word_information_lost(counts: ErrorCounts) -> float | None:
    """1 − H² / (N·M); 1 where nothing was recognised."""
    if not counts.reference_words:
        return None
    if not counts.hypothesis_words:
        return 1.0
    return 1.0 - counts.hits**2 / (counts.reference_words * counts.hypothesis_words)


def word_precision(counts: ErrorCounts) -> float | None:
    """H / M; None where nothing was recognised."""
    return counts.hits / counts.hypothesis_words if counts.hypothesis_words else None


def word_recall(counts: ErrorCounts) -> float | None:
    """H / N: unlike the word error rate it does not see insertions."""
    return counts.hits / counts.reference_words if counts.reference_words else None


def word_f1(counts: ErrorCounts) -> float | None:
    """2H / (N + M), the harmonic mean of word precision and recall."""
    if not counts.reference_words:
        return None
    return 2 * counts.hits / (counts.reference_words + counts.hypothesis_words)


MEASURES: Mapping[str, Callable[[ErrorCounts], float | None]] = MappingProxyType(
    {
        "mer": match_error_rate,
        "wil": word_information_lost,
        "word_precision": word_precision,
        "word_recall": word_recall,
        "word_f1": word_f1,
    }
)
"""By the names that results carry."""


def nano_rates(errors: Integers, words: Integers) -> Integers:
    """e/N of each utterance in whole billionths, 0 without reference words; all of shape (n,).

    Sums of whole numbers do not depend on the order of the rows, as sums of fractions do. A mean of them is
    off by at most half a billionth.
    """
    billionths: Integers = np.rint(NANO * errors / np.maximum(words, 1)).astype(np.int64) * (words > 0)
    return billionths


def utterance_mean_wer(cell: Cell) -> float | None:
    """Mean of e_i/N_i over the utterances with reference words; None without any.

    For comparison with published figures only: a short utterance weighs as much as a long one, and one
    runaway transcript of a word can hold a group's mean.
    """
    spoken = cell.n_utterances - cell.sums.empty_references
    return cell.sums.nano_rates / spoken / NANO if spoken else None


def capped_errors(errors: Integers, words: Integers) -> Integers:
    """min(e, N) of each utterance, all of shape (n,): no utterance counts for more than it holds."""
    capped: Integers = np.minimum(errors, words)
    return capped


def capped_wer(cell: Cell) -> float | None:
    """Σmin(e_i, N_i)/ΣN: how far the rate rests on words beyond those said; sensitivity only."""
    return cell.sums.capped_errors / cell.n_words if cell.n_words else None
