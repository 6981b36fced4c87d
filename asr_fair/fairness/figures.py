"""The rows of one group: every measure in every column, alone, against clean and against another group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from asr_fair.config import Thresholds
from asr_fair.fairness.counting.measures import MEASURES, pooled
from asr_fair.fairness.counting.slices import DELETIONS, INSERTIONS, SUBSTITUTIONS, Cell, Column, Slice
from asr_fair.fairness.estimates import rates
from asr_fair.fairness.estimates.contrasts import Contrast
from asr_fair.fairness.estimates.gaps import wer_gap, wer_ratio
from asr_fair.fairness.estimates.intervals import Interval
from asr_fair.fairness.estimates.utterance_figures import utterance_figures
from asr_fair.fairness.noise.axes import Axis
from asr_fair.fairness.noise.curves import area_difference, area_under_curve
from asr_fair.fairness.noise.retention import ratio_of_ratios, relative_retention, retention
from asr_fair.fairness.noise.robustness import difference_in_differences, noise_gap, noise_ratio
from asr_fair.fairness.normalisers.factor import normaliser_shift, normaliser_shift_difference
from asr_fair.fairness.results import Figure, Status
from asr_fair.records import CLEAN

ERROR_KINDS = {
    SUBSTITUTIONS: "substitution_rate",
    DELETIONS: "deletion_rate",
    INSERTIONS: "insertion_rate",
}


@dataclass(frozen=True, eq=False)
class GroupRows:
    """Makes the rows of one group of one dimension; `own` has a cell for each of `columns`.

    The first column is under the headline normaliser.
    """

    dimension: str
    group: str
    own: Slice
    columns: Sequence[Column]
    axes: Sequence[Axis]
    limits: Thresholds

    def rates(self) -> Iterator[Figure]:
        """Word and character error rates, S, D and I with intervals; other measures, words nobody said."""
        for position, cell in enumerate(self.own.cells):
            yield self._figure(position, "wer", rates.word_error_rate(cell, self.limits.confidence))
            for kind, measure in ERROR_KINDS.items():
                yield self._figure(position, measure, rates.error_rate_of(kind, cell, self.limits.confidence))
            mean = rates.speaker_mean_wer(cell, self.limits.confidence)
            yield self._figure(position, "speaker_mean_wer", mean)
            for measure in MEASURES:
                yield self._figure(position, measure, _value(measure, cell))
            for measure, found in utterance_figures(cell, self.limits.confidence):
                yield self._figure(position, measure, found)
        for position, cell in enumerate(self.own.characters):
            yield self._figure(position, "cer", rates.word_error_rate(cell, self.limits.confidence))

    def against_clean(self) -> Iterator[Figure]:
        """What each noise does to this group."""
        for position, clean in self._noisy():
            pair = self.own.cells[position], self.own.cells[clean]
            yield self._contrast(position, "noise_ratio", noise_ratio(*pair))
            yield self._contrast(position, "noise_gap", noise_gap(*pair))
            yield self._contrast(position, "retention", retention(*pair))
        for axis in self.axes:
            yield self._curve(axis, "area", area_under_curve(axis.curve(self.own)))

    def against_headline(self) -> Iterator[Figure]:
        """What each other normaliser does to this group's rate."""
        for position, headline in self._otherwise_normalised():
            found = normaliser_shift(self.own.cells[position], self.own.cells[headline])
            yield self._contrast(position, "normaliser_shift", found)

    def apart(self, other: Slice, versus: str) -> Iterator[Figure]:
        """Ratio and gap to `other`, in words and in characters."""
        for position, (cell, across) in enumerate(zip(self.own.cells, other.cells, strict=True)):
            yield self._contrast(position, "wer_ratio", wer_ratio(cell, across), versus)
            yield self._contrast(position, "wer_gap", wer_gap(cell, across), versus)
        for position, pair in enumerate(zip(self.own.characters, other.characters, strict=True)):
            yield self._contrast(position, "cer_ratio", wer_ratio(*pair), versus)
            yield self._contrast(position, "cer_gap", wer_gap(*pair), versus)

    def gaps_to(self, other: Slice, versus: str) -> Iterator[Figure]:
        """The gap to `other` alone, beside a comparison with somebody else."""
        for position, pair in enumerate(zip(self.own.cells, other.cells, strict=True)):
            yield self._contrast(position, "wer_gap", wer_gap(*pair), versus)

    def against(self, other: Slice, versus: str) -> Iterator[Figure]:
        """Ratio and gap to `other`; what noise or normaliser do to this group beyond what they do to it."""
        yield from self.apart(other, versus)
        for position, clean in self._noisy():
            four = self._four(other, position, clean)
            yield self._contrast(position, "did", difference_in_differences(*four), versus)
            yield self._contrast(position, "ratio_of_ratios", ratio_of_ratios(*four), versus)
            yield self._contrast(position, "relative_retention", relative_retention(*four), versus)
        for position, headline in self._otherwise_normalised():
            found = normaliser_shift_difference(*self._four(other, position, headline))
            yield self._contrast(position, "normaliser_shift_difference", found, versus)
        for axis in self.axes:
            found = area_difference(axis.curve(self.own), axis.curve(other))
            yield self._curve(axis, "area_difference", found, versus)

    def _noisy(self) -> Iterator[tuple[int, int]]:
        """Positions of each noisy column and of the clean one that it is compared with."""
        for position, column in enumerate(self.columns):
            clean = column._replace(condition=CLEAN)
            if column != clean and clean in self._position:
                yield position, self._position[clean]

    def _otherwise_normalised(self) -> Iterator[tuple[int, int]]:
        """Positions of each column under another normaliser than the headline, and of its headline one."""
        for position, column in enumerate(self.columns):
            headline = column._replace(normaliser=self.columns[0].normaliser)
            if column != headline:
                yield position, self._position[headline]

    @cached_property
    def _position(self) -> Mapping[Column, int]:
        return {column: position for position, column in enumerate(self.columns)}

    def _four(self, other: Slice, position: int, base: int) -> list[Cell]:
        """Cells of both groups at a column and at the one that it is compared with, this group's first."""
        return [cells[place] for cells in (self.own.cells, other.cells) for place in (position, base)]

    def _curve(self, axis: Axis, measure: str, found: Contrast, versus: str | None = None) -> Figure:
        interval = found.at(self.limits.confidence)
        return curve_row(self.dimension, self.group, axis, self.own, measure, interval, versus)

    def _contrast(self, position: int, measure: str, found: Contrast, versus: str | None = None) -> Figure:
        return self._figure(position, measure, found.at(self.limits.confidence), versus)

    def _figure(self, position: int, measure: str, found: Interval, versus: str | None = None) -> Figure:
        column, cell = self.columns[position], self.own.cells[position]
        return _row(self.dimension, self.group, column, cell, measure, found, versus)


def curve_row(
    dimension: str, group: str, axis: Axis, own: Slice, measure: str, found: Interval, versus: str | None
) -> Figure:
    """A figure of a whole curve; its counts are those of the thinnest point."""
    return _row(dimension, group, axis.column, axis.thinnest(own), measure, found, versus)


def _row(
    dimension: str, group: str, column: Column, cell: Cell, measure: str, found: Interval, versus: str | None
) -> Figure:
    return Figure(
        dimension=dimension,
        group=group,
        **column._asdict(),
        measure=measure,
        value=found.value,
        low=found.low,
        high=found.high,
        method=found.method,
        versus=versus,
        n_speakers=cell.n_with_words,
        n_utterances=cell.n_utterances,
        n_words=cell.n_words,
        status=found.status,
        censored_at=found.censored_at,
    )


def _value(measure: str, cell: Cell) -> Interval:
    """A measure of the four counts, a value only."""
    value = MEASURES[measure](pooled(cell))
    if value is not None:
        return Interval(value)
    return rates.NO_WORDS if cell.n_words == 0 else Interval(None, status=Status.NO_HYPOTHESIS_WORDS)
