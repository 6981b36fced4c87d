"""How much worse a run is than its baseline: paired differences on the utterances that both transcribed.

The differences, their intervals and what may be shown of them are those of `compare`. Their lower bounds
hold together over the places of a rule by Bonferroni: the difference less t at 1 − .025/m times its error,
with the same degrees of freedom (`recount` has max-T for a run by itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scipy.special import stdtrit

from asr_fair.config import Thresholds
from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.display import Visibility, visibility
from asr_fair.fairness.resampling.multiplicity import simultaneous_confidence
from asr_fair.fairness.results import Figure, SystemComparison, SystemDifference
from asr_fair.pipeline.compare import compare_runs
from asr_fair.pipeline.gate.judge import has_interval, without_interval
from asr_fair.pipeline.gate.looks import Look
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.policy import Measure, Policy
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.cells import hidden_words
from asr_fair.report.gate.outcome import Place
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.wording import listed

UNCHANGED = "no speaker's number of errors has changed"


class AgainstBaseline:
    """A run beside its baseline, system by system; nothing is compared before it is asked for."""

    def __init__(self, run: StoredRun, baseline: StoredRun, policy: Policy) -> None:
        self.run, self.baseline, self.policy = run, baseline, policy
        self._made: dict[str, Shown] = {}
        self._differences: dict[tuple[Measure, Place], SystemDifference] = {}

    @property
    def name(self) -> str:
        """Of the baseline's run directory."""
        return self.baseline.folder.resolve().name

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the comparisons that were made: other names, what was left out."""
        renamed = [
            f"System {system} is compared with the baseline's {before}."
            for system in self._made
            if (before := self._other_system(system)) != system
        ]
        told = [note for shown in self._made.values() for note in shown.results.warnings]
        return tuple(dict.fromkeys([*renamed, *told]))

    def check(self, places: Sequence[Place], field: str, source: str) -> None:
        """Raise FaultsError for places that the baseline has nothing of."""
        faults = []
        for system in dict.fromkeys(place.system for place in places):
            if self._other_system(system) is None:
                there = listed([one.name for one in self.baseline.record.systems])
                faults.append(self._fault(f"{field}.systems", system, f"It holds {there}", source))
                continue
            shared = [one.name for one in self._shown(system).results.conditions]
            wanted = dict.fromkeys(place.condition for place in places if place.system == system)
            remedy = f"Both hold {listed(shared)}: name these"
            faults += [
                self._fault(f"{field}.conditions", name, remedy, source)
                for name in wanted
                if name not in shared
            ]
        if faults:
            raise FaultsError(faults)

    def look(self, place: Place, measure: Measure, own: Shown) -> Look:
        """The difference in one place, or why nothing may be said of it; `own`: the run by itself."""
        shown = self._shown(place.system)
        row = self._row(shown, place)
        difference = None if row is None else _difference(row, measure)
        if row is None and not own.has_rates(place.dimension, place.group):
            return Look(obstacle=hidden_words(own, place.dimension, place.group), is_small=True)
        if row is None or difference is None:
            return Look(obstacle="hidden: too few speakers whom both runs have", is_small=True)
        self._differences[measure, place] = difference
        figure = _as_figure(place, row, difference)
        thin = visibility(row.n_speakers, row.n_words, self._limits) < Visibility.FULL
        if thin and row.n_speakers is not None and not self.policy.judge_indicative:
            few = f"{self._limits.min_speakers_full} speakers or {self._limits.min_words_full} words"
            return Look(figure, f"indicative only: fewer than {few}", is_small=True)
        if self._is_unchanged(shown, row, place, measure):
            return Look(figure.model_copy(update={"low": 0.0, "high": 0.0}), note=UNCHANGED)
        return Look(figure) if has_interval(figure) else Look(figure, without_interval(figure))

    def lower_bounds(self, measure: Measure, places: Sequence[Place]) -> Mapping[Place, float | None]:
        """As `recount.LowerBounds`."""
        confidence = self._limits.confidence
        alone, together = (
            (1 + level) / 2 for level in (confidence, simultaneous_confidence(confidence, len(places)))
        )
        found: dict[Place, float | None] = {}
        for place in places:
            of = self._differences[measure, place]
            found[place] = None
            if of.value is not None and of.low is not None and of.df is not None:
                wider = float(stdtrit(of.df, together) / stdtrit(of.df, alone))
                found[place] = of.value - (of.value - of.low) * wider
        return found

    def _shown(self, system: str) -> Shown:
        """What may be shown of the comparison of a system, made once."""
        if system not in self._made:
            before = self._other_system(system)
            found = compare_runs(self.baseline, self.run, system=before, other_system=system)
            self._made[system] = shown_in_report(found.results)
        return self._made[system]

    def _other_system(self, system: str) -> str | None:
        """The baseline's system of the same name; where both runs have a single one, that."""
        there = [one.name for one in self.baseline.record.systems]
        if system in there:
            return system
        return there[0] if len(there) == len(self.run.record.systems) == 1 else None

    @property
    def _limits(self) -> Thresholds:
        return self.run.results.plan.thresholds

    def _row(self, shown: Shown, place: Place) -> SystemComparison | None:
        where = (place.dimension, place.group, place.condition)
        rows = shown.system_comparisons
        return next((row for row in rows if (row.dimension, row.group, row.condition) == where), None)

    def _is_unchanged(self, shown: Shown, row: SystemComparison, place: Place, measure: Measure) -> bool:
        """Whether nobody has other errors than before: no spread, and nothing that could be worse.

        Nobody of all people recorded; or of a rate, nobody of a group of as many as it takes to call two
        systems equivalent (`judgement.judge_systems`).
        """
        if measure is not Measure.GAP and (row.n_speakers or 0) >= self._limits.min_speakers_equivalent:
            return _same(row)
        everyone = Place(dimension=OVERALL, group=EVERYONE, condition=place.condition, system=place.system)
        whole = self._row(shown, everyone)
        enough = self._limits.min_speakers_full
        return whole is not None and (whole.n_speakers or 0) >= enough and _same(whole) and _same(row)

    def _fault(self, field: str, value: str, remedy: str, source: str) -> Fault:
        problem = f"is not in the baseline run {self.baseline.folder}"
        return Fault(file=source, field=field, problem=problem, remedy=remedy, value=value)


def _difference(row: SystemComparison, measure: Measure) -> SystemDifference | None:
    return row.gap_difference if measure is Measure.GAP else row.difference


def _same(row: SystemComparison) -> bool:
    return row.n_speakers_fewer == 0 and row.n_speakers_more == 0


def _as_figure(place: Place, row: SystemComparison, difference: SystemDifference) -> Figure:
    return Figure(
        **place.model_dump(),
        normaliser=row.normaliser,
        measure="wer_difference",
        value=difference.value,
        low=difference.low,
        high=difference.high,
        method=difference.method,
        n_speakers=row.n_speakers,
        n_utterances=row.n_utterances,
        n_words=row.n_words,
        status=difference.status,
    )
