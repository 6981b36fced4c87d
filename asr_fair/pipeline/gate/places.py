"""Where a rule looks in one run: dimensions, groups, conditions, systems. A name that is none is a fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from asr_fair.errors import Fault, FaultsError, did_you_mean
from asr_fair.fairness.results import DimensionInfo, Results
from asr_fair.policy import Measure, Policy, Rule
from asr_fair.records import EVERYONE, OVERALL
from asr_fair.report.cells import TOLERANCE, WER, group_names, is_compared, other_side
from asr_fair.report.gate.outcome import Place
from asr_fair.report.redact import Shown

COMPARED = (Measure.GAP, Measure.RATIO, Measure.TOLERANCE_DIFFERENCE)
TOLERANCES = (Measure.TOLERANCE, Measure.TOLERANCE_DIFFERENCE)
NAMES_LISTED = 20


def places_of_rules(policy: Policy, results: Results, shown: Shown, *, source: str) -> list[list[Place]]:
    """The places of every rule; raises FaultsError with all names that match nothing."""
    found, faults = [], list[Fault]()
    for number, rule in enumerate(policy.rules):
        finder = _Finder(rule, results, shown)
        wrong = list(finder.faults(f"rules.{number}", source))
        found.append([] if wrong else finder.places())
        if not wrong and not found[-1]:
            wrong = [_nothing(rule, f"rules.{number}", source)]
        faults += wrong
    if faults:
        raise FaultsError(faults)
    return found


class _Finder:
    """The places of one rule in one run."""

    def __init__(self, rule: Rule, results: Results, shown: Shown) -> None:
        self.rule = rule
        self.shown = shown
        # Which pairs were scored stands in the results, whoever may see the rates.
        measure = TOLERANCE if rule.measure in TOLERANCES else WER
        headline = results.normalisers[0]
        self.pairs = [
            (each.condition, each.system)
            for each in results.figures
            if (each.dimension, each.measure, each.normaliser) == (OVERALL, measure, headline)
        ]
        self.known = {one.name: one for one in shown.results.dimensions}
        plain = [one.name for one in shown.results.dimensions if not one.parts]
        self.dimensions = plain if rule.dimensions is None else list(rule.dimensions)

    def faults(self, field: str, source: str) -> Iterator[Fault]:
        """Every name of the rule that this run does not hold."""
        rule = self.rule
        groups = [
            name
            for dimension in self.dimensions
            if dimension in self.known
            for name in group_names(self.shown, self.known[dimension])
        ]
        named: tuple[tuple[str, Sequence[str] | None, Iterable[str]], ...] = (
            ("dimensions", rule.dimensions, self.known),
            ("groups", rule.groups, groups),
            ("conditions", rule.conditions, (condition for condition, _ in self.pairs)),
            ("systems", rule.systems, (system for _, system in self.pairs)),
        )
        for key, wanted, there in named:
            if key == "groups" and not set(self.dimensions) <= set(self.known):
                continue  # of which dimension is not known
            there = list(dict.fromkeys(there))
            for name in wanted or ():
                if name not in there:
                    yield _unknown(name, there, f"{field}.{key}", source)
        for condition, system in product(rule.conditions or (), rule.systems or ()):
            is_known = condition in dict(self.pairs) and system in {each for _, each in self.pairs}
            if is_known and (condition, system) not in self.pairs:
                problem = f"condition {condition} was not run with system {system}"
                remedy = "Name them in rules of their own"
                yield Fault(file=source, field=field, problem=problem, remedy=remedy)

    def places(self) -> list[Place]:
        """In the order of the policy and of the run."""
        rule = self.rule
        pairs = [
            (condition, system)
            for condition, system in self.pairs
            if condition in (rule.conditions or (condition,)) and system in (rule.systems or (system,))
        ]
        return [
            Place(dimension=dimension, group=group, condition=condition, system=system, versus=versus)
            for dimension, group, versus in self._groups()
            for condition, system in pairs
        ]

    def _groups(self) -> Iterator[tuple[str, str, str | None]]:
        """Dimension, group, and whom it is compared with."""
        rule = self.rule
        of_everyone = rule.measure is Measure.LOSSES and not (rule.dimensions or rule.groups)
        if rule.measure is Measure.EVERYONE_WER or of_everyone:
            yield OVERALL, EVERYONE, None
        if rule.measure is Measure.EVERYONE_WER:
            return
        for name in self.dimensions:
            dimension = self.known[name]
            for group in group_names(self.shown, dimension):
                if self._is_meant(dimension, group):
                    yield name, group, other_side(dimension) if rule.measure in COMPARED else None

    def _is_meant(self, dimension: DimensionInfo, group: str) -> bool:
        if self.rule.measure in COMPARED and not is_compared(dimension, group):
            return False
        if self.rule.groups is not None:
            return group in self.rule.groups
        return not dimension.is_reserved(group)


def _unknown(name: str, there: Sequence[str], field: str, source: str) -> Fault:
    listed = ", ".join(there[:NAMES_LISTED]) + (" ..." if len(there) > NAMES_LISTED else "")
    remedy = f"{did_you_mean(name, there)} This run holds: {listed or 'nothing of the kind'}".lstrip()
    return Fault(file=source, field=field, problem="matches nothing in this run", remedy=remedy, value=name)


def _nothing(rule: Rule, field: str, source: str) -> Fault:
    if rule.measure in TOLERANCES:
        remedy = (
            "Run one noise at two or more levels, with tolerable_wer in the plan's thresholds, "
            "or leave this rule out"
        )
    elif rule.measure in COMPARED:
        remedy = "A reference is compared with nobody: name other groups, or judge it by group_wer"
    else:
        remedy = "Name dimensions, groups, conditions and systems that were run together"
    problem = f"{rule.name!r} matches nothing in this run"
    return Fault(file=source, field=field, problem=problem, remedy=remedy)
