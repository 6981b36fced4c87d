"""Words that nobody said: signs of transcripts that ran away, counted per group (methods section 1).

An error rate hides them: one loop of 200 words in a thousand transcripts moves it by a hair and is still
what a nurse reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr_fair.fairness.slices import DELETIONS, HITS, INSERTIONS, SUBSTITUTIONS
from asr_fair.fairness.strata import MICROSECONDS, Integers, Mask
from asr_fair.score.normalise import primary_subtag

RUNAWAY_RATIO = 5
RUNAWAY_WORDS = 10
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class HallucinationCounts:
    """Counts over utterances, and the rates made of them: None where there is nothing to divide by.

    `empty_duration_us` is the length of the utterances without reference words in microseconds, or None where
    one of them has no known length. `n_detected`: utterances whose language the engine told.
    """

    n_utterances: int
    n_words: int
    n_insertions: int
    n_spoken: int
    n_above_one: int
    n_runaway: int
    n_empty: int
    empty_insertions: int
    empty_duration_us: int | None
    n_detected: int
    n_wrong_language: int

    @property
    def insertion_rate(self) -> float | None:
        """ΣI / ΣN, insertions on empty references included."""
        return _share(self.n_insertions, self.n_words)

    @property
    def share_above_one(self) -> float | None:
        """Of the utterances with reference words, the share with more errors than words (WER > 1)."""
        return _share(self.n_above_one, self.n_spoken)

    @property
    def share_runaway(self) -> float | None:
        """Of all utterances, the share whose transcript ran away (`is_runaway`)."""
        return _share(self.n_runaway, self.n_utterances)

    @property
    def empty_insertions_per_minute(self) -> float | None:
        """Words inserted per minute of the recordings in which nobody speaks."""
        if not self.empty_duration_us:
            return None
        return self.empty_insertions / (self.empty_duration_us / MICROSECONDS / SECONDS_PER_MINUTE)

    @property
    def share_wrong_language(self) -> float | None:
        """Of the utterances whose language was detected, the share where it is not the manifest's."""
        return _share(self.n_wrong_language, self.n_detected)


def is_above_one(counts: Integers) -> Mask:
    """Utterances with reference words and WER > 1, that is I > H; counts of shape (4, n) as in `slices`."""
    above: Mask = (_reference_words(counts) > 0) & (counts[INSERTIONS] > counts[HITS])
    return above


def is_runaway(counts: Integers) -> Mask:
    """Utterances with M > 5N and M ≥ 10 words recognised, shape (n,); empty references among them."""
    recognised = counts[[SUBSTITUTIONS, INSERTIONS, HITS]].sum(axis=0)
    runaway: Mask = (recognised > RUNAWAY_RATIO * _reference_words(counts)) & (recognised >= RUNAWAY_WORDS)
    return runaway


def is_wrong_language(detected: Sequence[str | None], spoken: Sequence[str]) -> tuple[Mask, Mask]:
    """Where a language was detected, and where it is another than the one spoken, both of shape (n,).

    Codes such as en, en-GB and EN_us are compared by their primary subtag.
    """
    known = np.array([code is not None for code in detected], np.bool_)
    wrong = np.array(
        [
            code is not None and primary_subtag(code) != primary_subtag(expected)
            for code, expected in zip(detected, spoken, strict=True)
        ],
        np.bool_,
    )
    return known, wrong


def count_hallucinations(
    counts: Integers,
    *,
    duration_us: Integers | None = None,
    detected: Mask | None = None,
    wrong_language: Mask | None = None,
) -> HallucinationCounts:
    """The counts of one group under one condition.

    Parameters
    ----------
    counts
        Substitutions, deletions, insertions, hits of each utterance, shape (4, n).
    duration_us
        Lengths in whole microseconds, shape (n,); None where not all are known.
    detected, wrong_language
        As `is_wrong_language` gives them; None where the engine tells no language.
    """
    words, insertions = _reference_words(counts), counts[INSERTIONS]
    empty = words == 0
    return HallucinationCounts(
        n_utterances=len(words),
        n_words=int(words.sum()),
        n_insertions=int(insertions.sum()),
        n_spoken=int((~empty).sum()),
        n_above_one=int(is_above_one(counts).sum()),
        n_runaway=int(is_runaway(counts).sum()),
        n_empty=int(empty.sum()),
        empty_insertions=int(insertions[empty].sum()),
        empty_duration_us=None if duration_us is None else int(duration_us[empty].sum()),
        n_detected=0 if detected is None else int(detected.sum()),
        n_wrong_language=0 if wrong_language is None else int(wrong_language.sum()),
    )


def _reference_words(counts: Integers) -> Integers:
    words: Integers = counts[[SUBSTITUTIONS, DELETIONS, HITS]].sum(axis=0)
    return words


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
