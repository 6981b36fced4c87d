"""`gate`: every rule of a policy, judged on the intervals of a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from asr_fair.errors import Fault, FaultsError, raise_all
from asr_fair.fairness.results import Results
from asr_fair.pipeline.gate.baseline import AgainstBaseline
from asr_fair.pipeline.gate.highest import highest_of
from asr_fair.pipeline.gate.judge import bounds_of, judged
from asr_fair.pipeline.gate.looks import Look, look, look_at_losses, losses_in_words
from asr_fair.pipeline.gate.places import places_of_rules
from asr_fair.pipeline.gate.recount import LowerBounds, Recount
from asr_fair.pipeline.stored_run import open_run
from asr_fair.policy import Measure, Policy, Rule, read_policy
from asr_fair.report.gate.outcome import (
    Check,
    GateOutcome,
    Outcome,
    Place,
    RuleOutcome,
    exit_status,
    most_serious,
)
from asr_fair.report.gate.words import why
from asr_fair.report.redact import Shown, shown_in_report
from asr_fair.validation import digest_of

NOT_TO_SHARE = (
    "The people recorded have not agreed to results being shared (permitted_use): keep this where nobody "
    "else can read it. Logs of a public repository are public."
)


def gate(folder: Path, policy_path: Path, *, baseline: Path | None = None) -> GateOutcome:
    """Judge the run in `folder`; `baseline`: a run directory, instead of the policy's.

    Raises ConfigError or FaultsError, before anything is judged, for a policy that does not suit the run.
    """
    policy = read_policy(policy_path)
    run = open_run(folder)
    before = baseline or policy.baseline
    against = None if before is None else AgainstBaseline(run, open_run(before), policy)
    bounds = Recount(run).lower_bounds
    found = judge_results(run.results, policy, bounds, against=against, source=str(policy_path))
    return found.model_copy(update={"run": run.folder.resolve().name})


def judge_results(
    results: Results,
    policy: Policy,
    lower_bounds: LowerBounds,
    *,
    against: AgainstBaseline | None = None,
    source: str,
) -> GateOutcome:
    """Judge results by a policy. `source`: the policy's file, as faults name it."""
    shown = shown_in_report(results)
    places = places_of_rules(policy, results, shown, source=source)
    _check_baseline(policy, places, against, source)
    judge = _Judge(policy, shown, lower_bounds, against)
    rules = [judge.rule(rule, own) for rule, own in zip(policy.rules, places, strict=True)]
    outcome = most_serious(rule.outcome for rule in rules)
    blocks = policy.cannot_tell == "block"
    uses_baseline = any(rule.is_against_baseline for rule in policy.rules)
    return GateOutcome(
        policy=policy.title,
        policy_digest=digest_of(policy.model_dump(mode="json", exclude={"baseline"})),
        run=results.name,
        run_title=results.title,
        baseline=against.name if against is not None and uses_baseline else None,
        normaliser=results.normalisers[0],
        confidence=results.plan.thresholds.confidence,
        blocks=blocks,
        outcome=outcome,
        exit_status=exit_status(outcome, blocks=blocks),
        rules=tuple(rules),
        notes=(
            *(() if results.manifest.share_results else (NOT_TO_SHARE,)),
            *(against.notes if against is not None and uses_baseline else ()),
        ),
    )


def _check_baseline(
    policy: Policy, places: Sequence[Sequence[Place]], against: AgainstBaseline | None, source: str
) -> None:
    """Raise FaultsError where a rule needs a baseline, or something of it, that is not there."""
    checks = []
    for number, (rule, own) in enumerate(zip(policy.rules, places, strict=True)):
        if not rule.is_against_baseline:
            continue
        field = f"rules.{number}"
        if against is None:
            problem = f"{rule.name!r} compares with a baseline run, and there is none"
            remedy = "Name one with --baseline RUN, or with `baseline:` in the policy"
            raise FaultsError([Fault(file=source, field=f"{field}.worse_by", problem=problem, remedy=remedy)])
        checks.append(partial(against.check, own, field, source))
    raise_all(*checks)


class _Judge:
    """Judges one rule after the other."""

    def __init__(
        self, policy: Policy, shown: Shown, lower_bounds: LowerBounds, against: AgainstBaseline | None
    ) -> None:
        self.policy, self.shown, self.lower_bounds, self.against = policy, shown, lower_bounds, against

    def rule(self, rule: Rule, places: Sequence[Place]) -> RuleOutcome:
        """What the rule comes to in all of its places."""
        empty = RuleOutcome(
            name=rule.name,
            reason=rule.reason,
            measure=rule.measure,
            limit=rule.at_most,
            unit=rule.unit,
            against_baseline=rule.is_against_baseline,
            outcome=Outcome.CANNOT_TELL,
            n_together=0,
            checks=(),
        )
        if rule.measure is Measure.LOSSES:
            checks = [self._loss(place, empty) for place in places]
        else:
            looks = {place: self._look(place, rule) for place in places}
            judgeable = [place for place in places if not looks[place].obstacle]
            empty = empty.model_copy(update={"n_together": len(judgeable)})
            together = self._together(rule, looks, judgeable)
            checks = [self._check(place, looks[place], together.get(place), empty) for place in places]
        if rule.measure is Measure.HIGHEST_WER:
            checks = highest_of(checks)
        if all(check.outcome is Outcome.IGNORED for check in checks):
            # Where nobody is left to decide there is nothing to ignore them for.
            checks = [check.model_copy(update={"outcome": Outcome.CANNOT_TELL}) for check in checks]
        outcome = most_serious(check.outcome for check in checks)
        return empty.model_copy(update={"checks": tuple(checks), "outcome": outcome})

    def _look(self, place: Place, rule: Rule) -> Look:
        if self.against is not None and rule.is_against_baseline:
            return self.against.look(place, rule.measure, self.shown)
        return look(place, rule.measure, self.shown, self.policy)

    def _together(
        self, rule: Rule, looks: Mapping[Place, Look], judgeable: Sequence[Place]
    ) -> Mapping[Place, float | None]:
        """The lower bounds, which only a place needs that does not pass."""
        figures = (looks[place].figure for place in judgeable)
        if all(each and judged(bounds_of(each, None), rule.at_most) is Outcome.PASS for each in figures):
            return {}
        against = self.against if rule.is_against_baseline else None
        bounds = self.lower_bounds if against is None else against.lower_bounds
        return bounds(rule.measure, judgeable)

    def _check(self, place: Place, found: Look, low_together: float | None, rule: RuleOutcome) -> Check:
        figure = found.figure
        if figure is None:
            return self._not_judged(place, found.obstacle, is_small=found.is_small)
        bounds = bounds_of(figure, low_together)
        known = {
            "value": bounds.value,
            "low": bounds.low,
            "high": bounds.high,
            "beyond": figure.censored_at,
            "beyond_above": bounds.is_above,
            "n_speakers": figure.n_speakers,
        }
        if found.obstacle:
            return self._not_judged(place, found.obstacle, is_small=found.is_small).model_copy(update=known)
        outcome = judged(bounds, rule.limit)
        check = Check(place=place, outcome=outcome, why="", low_together=low_together).model_copy(
            update=known
        )
        return check.model_copy(update={"why": found.note or why(check, rule)})

    def _loss(self, place: Place, rule: RuleOutcome) -> Check:
        found = look_at_losses(place, self.shown)
        if found.n_lost is None:
            return self._not_judged(place, found.obstacle, is_small=True)
        share = found.n_lost / max(found.n_expected, 1)
        outcome = Outcome.PASS if share <= rule.limit else Outcome.FAIL
        return Check(place=place, outcome=outcome, why=losses_in_words(found), value=share)

    def _not_judged(self, place: Place, obstacle: str, *, is_small: bool) -> Check:
        ignored = is_small and self.policy.ignore_small_groups
        outcome = Outcome.IGNORED if ignored else Outcome.CANNOT_TELL
        return Check(place=place, outcome=outcome, why=obstacle, is_judged=False)
