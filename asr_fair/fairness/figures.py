"""The rows of one group: every measure in every column, alone, against clean and against another group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr_fair.config import Thresholds
from asr_fair.fairness import rates
from asr_fair.fairness.contrasts import Contrast
from asr_fair.fairness.gaps import wer_gap, wer_ratio
from asr_fair.fairness.intervals import Interval
from asr_fair.fairness.results import Comparison, Figure
from asr_fair.fairness.robustness import difference_in_differences, noise_gap, noise_ratio
from asr_fair.fairness.slices import Column, Slice
from asr_fair.fairness.verdicts import SIMULTANEOUS, judge
from asr_fair.records import CLEAN


@dataclass(frozen=True, eq=False)
class GroupRows:
    """Makes the rows of one group of one dimension; `own` has a cell for each of `columns`."""

    dimension: str
    group: str
    own: Slice
    columns: Sequence[Column]
    limits: Thresholds

    def rates(self) -> Iterator[Figure]:
        """Word error rate with its interval, S, D and I rates, speaker mean; counts of what was empty."""
        for position, cell in enumerate(self.own.cells):
            yield self._figure(position, "wer", rates.word_error_rate(cell, self.limits.confidence))
            yield self._figure(position, "substitution_rate", rates.substitution_rate(cell))
            yield self._figure(position, "deletion_rate", rates.deletion_rate(cell))
            yield self._figure(position, "insertion_rate", rates.insertion_rate(cell))
            yield self._figure(position, "speaker_mean_wer", rates.speaker_mean_wer(cell))
            yield self._figure(position, "empty_references", Interval(cell.empty.references))
            yield self._figure(
                position, "empty_reference_insertions", Interval(cell.empty.reference_insertions)
            )
            yield self._figure(position, "empty_transcripts", Interval(cell.empty.transcripts))

    def against_clean(self) -> Iterator[Figure]:
        """What each noise does to this group."""
        for position, clean in self._noisy():
            pair = self.own.cells[position], self.own.cells[clean]
            yield self._contrast(position, "noise_ratio", noise_ratio(*pair))
            yield self._contrast(position, "noise_gap", noise_gap(*pair))

    def against(self, other: Slice, versus: str) -> Iterator[Figure]:
        """Ratio and gap to `other`, and what each noise does to this group beyond what it does to it."""
        for position, (cell, across) in enumerate(zip(self.own.cells, other.cells, strict=True)):
            yield self._contrast(position, "wer_ratio", wer_ratio(cell, across), versus)
            yield self._contrast(position, "wer_gap", wer_gap(cell, across), versus)
        for position, clean in self._noisy():
            four = [cells[place] for cells in (self.own.cells, other.cells) for place in (position, clean)]
            yield self._contrast(position, "did", difference_in_differences(*four), versus)

    def comparisons(
        self, other: Slice, versus: str, *, normaliser: str, n_contrasts: int
    ) -> Iterator[Comparison]:
        """Verdicts under one normaliser; the family: `n_contrasts` in all conditions of a system."""
        for position, column in enumerate(self.columns):
            if column.normaliser != normaliser:
                continue
            conditions = sum(
                each.system == column.system and each.normaliser == normaliser for each in self.columns
            )
            family_size = n_contrasts * conditions
            cell, across = self.own.cells[position], other.cells[position]
            ratio = wer_ratio(cell, across)
            found = judge(ratio, cell, across, family_size=family_size, limits=self.limits)
            low, high = found.bounds or (None, None)
            yield Comparison(
                dimension=self.dimension,
                group=self.group,
                versus=versus,
                **column._asdict(),
                verdict=found.verdict,
                reason=found.reason,
                ratio=ratio.value,
                low=low,
                high=high,
                method=f"{ratio.method}-{SIMULTANEOUS}" if ratio.method else SIMULTANEOUS,
                family_size=family_size,
            )

    def _noisy(self) -> Iterator[tuple[int, int]]:
        """Positions of each noisy column and of the clean one that it is compared with."""
        for position, column in enumerate(self.columns):
            clean = column._replace(condition=CLEAN)
            if column != clean and clean in self.columns:
                yield position, self.columns.index(clean)

    def _contrast(self, position: int, measure: str, found: Contrast, versus: str | None = None) -> Figure:
        return self._figure(position, measure, found.at(self.limits.confidence), versus)

    def _figure(self, position: int, measure: str, found: Interval, versus: str | None = None) -> Figure:
        cell = self.own.cells[position]
        return Figure(
            dimension=self.dimension,
            group=self.group,
            **self.columns[position]._asdict(),
            measure=measure,
            value=found.value,
            low=found.low,
            high=found.high,
            method=found.method,
            versus=versus,
            n_speakers=cell.n_speakers,
            n_utterances=cell.n_utterances,
            n_words=cell.n_words,
            status=found.status,
        )
