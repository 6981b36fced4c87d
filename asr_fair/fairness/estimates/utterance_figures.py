"""Figures of one cell that rest on single utterances, each with why it is missing where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from asr_fair.fairness.counting.design_effect import design_effect
from asr_fair.fairness.counting.hallucination import (
    empty_insertions_per_minute,
    share_wrong_language,
)
from asr_fair.fairness.counting.measures import capped_wer, utterance_mean_wer
from asr_fair.fairness.counting.slices import ABOVE_ONE, RUNAWAY, SCORED, SPOKEN, Cell
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.estimates.rates import share_of_utterances
from asr_fair.fairness.results import Status


def utterance_figures(cell: Cell, confidence: float) -> Iterator[tuple[str, Interval]]:
    """Name and value of each; counts stand beside the shares that are made of them.

    Those of utterances with WER > 1, and of those that ran away, have the intervals of rates. Where there is
    one it held the truth in .93 to .98 of 600 simulated data sets a row (10, 20 and 50 speakers of some 100
    utterances, shares of .002, .01 and .05, spread of ln(share) between speakers 0 and .8). Where one speaker
    alone had such a transcript there is none: at .002 and 10 speakers in a third of them.
    """
    no_words, no_utterances = Status.NO_REFERENCE_WORDS, Status.NO_UTTERANCES
    sums = cell.sums
    yield "utterance_mean_wer", _value(utterance_mean_wer(cell), no_words)
    yield "capped_wer", _value(capped_wer(cell), no_words)
    yield "design_effect", _value(design_effect(cell), _why_no_design_effect(cell))
    yield "n_above_one", Interval(sums.above_one)
    above_one = share_of_utterances(cell, ABOVE_ONE, SPOKEN, confidence)
    yield "share_above_one", replace(above_one, status=no_words) if above_one.value is None else above_one
    yield "n_runaway", Interval(sums.runaway)
    yield "share_runaway", share_of_utterances(cell, RUNAWAY, SCORED, confidence)
    yield "empty_references", Interval(sums.empty_references)
    yield "empty_reference_insertions", Interval(sums.empty_reference_insertions)
    per_minute = empty_insertions_per_minute(cell)
    why = Status.NO_DURATION if sums.empty_references else no_utterances
    yield "empty_insertions_per_minute", _value(per_minute, why)
    yield "empty_transcripts", Interval(sums.empty_transcripts)
    yield "n_language_detected", Interval(sums.languages_detected)
    yield "n_wrong_language", Interval(sums.languages_wrong)
    yield "share_wrong_language", _value(share_wrong_language(cell), no_utterances)


def _value(value: float | None, missing: Status) -> Interval:
    return Interval(value) if value is not None else Interval(None, status=missing)


def _why_no_design_effect(cell: Cell) -> Status:
    if not cell.n_words:
        return Status.NO_REFERENCE_WORDS
    if cell.n_speakers is None:
        return Status.NO_SPEAKERS
    return Status.ONE_SPEAKER if cell.n_speakers == 1 else Status.NO_SPREAD
