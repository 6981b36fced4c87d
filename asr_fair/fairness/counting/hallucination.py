"""Words that nobody said: signs of transcripts that ran away, counted per group (methods section 1).

An error rate hides them: one loop of 200 words in a thousand transcripts moves it by a hair and is still
what a nurse reads.
"""

from __future__ import annotations

from asr_fair.fairness.counting.slices import DELETIONS, HITS, INSERTIONS, SUBSTITUTIONS, Cell
from asr_fair.fairness.counting.strata import MICROSECONDS, Integers, Mask

RUNAWAY_RATIO = 5
RUNAWAY_WORDS = 10
SECONDS_PER_MINUTE = 60


def is_above_one(counts: Integers) -> Mask:
    """Utterances with reference words and WER > 1, that is I > H; counts of shape (4, n) as in `slices`."""
    above: Mask = (_reference_words(counts) > 0) & (counts[INSERTIONS] > counts[HITS])
    return above


def is_runaway(counts: Integers) -> Mask:
    """Utterances with M > 5N and M ≥ 10 words recognised, shape (n,); empty references among them."""
    recognised = counts[[SUBSTITUTIONS, INSERTIONS, HITS]].sum(axis=0)
    runaway: Mask = (recognised > RUNAWAY_RATIO * _reference_words(counts)) & (recognised >= RUNAWAY_WORDS)
    return runaway


def empty_insertions_per_minute(cell: Cell) -> float | None:
    """Words put into recordings in which nobody speaks, per minute; None where one has no known length."""
    if cell.sums.untimed_empty_references or not cell.sums.empty_reference_us:
        return None
    minutes = cell.sums.empty_reference_us / MICROSECONDS / SECONDS_PER_MINUTE
    return cell.sums.empty_reference_insertions / minutes


def share_wrong_language(cell: Cell) -> float | None:
    """Of the utterances whose language was detected, the share where it is not the manifest's."""
    return _share(cell.sums.languages_wrong, cell.sums.languages_detected)


def _reference_words(counts: Integers) -> Integers:
    words: Integers = counts[[SUBSTITUTIONS, DELETIONS, HITS]].sum(axis=0)
    return words


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
