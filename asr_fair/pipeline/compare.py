"""`compare`: two systems, or two versions of one, on the utterances that both have transcribed.

A is the side before, or the baseline; B the later one. Differences are B less A: below zero, B makes fewer
errors. Both sides are scored again from their texts with the rules of today, so that nothing but the texts
differs; the plan is that of B, made before B was first counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from asr_fair import __version__
from asr_fair.config import Plan
from asr_fair.fairness.grouping.declared import declared_conditions
from asr_fair.fairness.results import (
    ComparedRuns,
    ConditionInfo,
    ManifestInfo,
    PlanInfo,
    Results,
    SystemInfo,
)
from asr_fair.fairness.systems.study import analyse_pair
from asr_fair.pipeline.compare_match import NO_TEXT, Matched, match
from asr_fair.pipeline.compare_sides import Side, common_conditions, sides_of
from asr_fair.pipeline.evaluate import check_analysis, dimensions_of, segments_of
from asr_fair.pipeline.normalisers import normalisers_for
from asr_fair.pipeline.provenance import now
from asr_fair.pipeline.stored_plans import StoredPlans, as_written, plan_digest, plan_info
from asr_fair.pipeline.stored_run import StoredRun
from asr_fair.records import SystemPair
from asr_fair.score.counts import WORDS, count_errors
from asr_fair.score.normalise import Normaliser

BOTH = "A and B"
"""Of what is left out of both."""


def compare_runs(
    a: StoredRun,
    b: StoredRun,
    *,
    system: str | None = None,
    other_system: str | None = None,
    plan: Plan | None = None,
    plan_source: str = "plan",
) -> ComparedRuns:
    """Compare `system` of run `a` (before) with `other_system` of run `b` (after).

    Each system need only be named where its run holds several. In the rows of `results.system_comparisons`
    B is `system` and A `other_system`: a difference is the change from A to B. Without `plan` that of B.

    Raises ConfigError, UnknownNameError and FaultsError, naming the remedy, where the two have no system,
    utterance or condition to compare, or where the plan names what B has not.
    """
    one, other = sides_of(a, b, system, other_system)
    conditions, notes = common_conditions(one, other)
    matched = match(a.manifest, b.manifest)
    rule = normalisers_for(b.manifest, [b.results.normalisers[0]])[0]
    notes += (*matched.notes, *_rule_notes(one, other, rule))
    planned, info = _plan_of(b, plan, plan_source)
    transcripts = _transcripts(matched, one, other, conditions)
    pairs = [SystemPair(condition.name, other.label, one.label) for condition in conditions]
    words = count_errors(matched.common, transcripts, [rule], units=[WORDS])
    segments, skipped = segments_of(matched.common, transcripts, words, rule, pairs)
    names = [condition.name for condition in conditions]
    found = analyse_pair(
        words,
        matched.people,
        _left_out(matched, transcripts, pairs),
        dimensions_of(b.manifest),
        planned,
        headline=rule.name,
        pairs=pairs,
        segments=segments,
        declared=_declared(planned, info, b, names),
    )
    told = (one.as_told(), other.as_told())
    results = Results(
        name=f"{one.name} to {other.name}",
        title=b.results.title,
        created_at=now(),
        asr_fair_version=__version__,
        seed=b.results.seed,
        manifest=_manifest_info(one, other, matched),
        plan=info,
        conditions=conditions,
        systems=tuple(_labelled_info(side) for side in (one, other)),
        normalisers=(rule.name,),
        normaliser_versions={rule.name: rule.version},
        comparisons=(),
        warnings=(*notes, *skipped),
        **{name: getattr(found, name) for name in found.__slots__},
    )
    return ComparedRuns(a=told[0], b=told[1], results=results)


class _Planned(NamedTuple):
    plan: Plan
    info: PlanInfo


def _plan_of(b: StoredRun, plan: Plan | None, source: str) -> _Planned:
    """The plan to compare under, and whether it was made before B was first counted."""
    asked = b.plan if plan is None else plan
    titles = {name: spec.title for name, spec in b.manifest.sidecar.dimensions.items()}
    fresh = StoredPlans(plan_digest=plan_digest(asked), plan_stored_at=now(), plan=as_written(asked))
    info = plan_info(b.record.with_plan_of(fresh, counted=True), asked, dimensions=titles)
    # What systems have no part in: combinations, levels, models; and a baseline by its name in one run.
    lean: dict[str, object] = {"intersections": (), "within": {}, "covariates": {}, "baseline_system": None}
    used = asked.model_copy(update=lean)
    systems, conditions = ([one.name for one in of] for of in (b.results.systems, b.results.conditions))
    check_analysis(b.manifest, None, used, conditions=conditions, systems=systems, plan_source=source)
    return _Planned(used, info)


def _declared(plan: Plan, info: PlanInfo, b: StoredRun, conditions: Sequence[str]) -> tuple[str, ...]:
    """Which of the compared conditions were declared before B was first counted."""
    if info.exploratory:
        return ()
    known = declared_conditions(plan, [one.name for one in b.results.conditions])
    return tuple(name for name in conditions if name in known)


def _rule_notes(a: Side, b: Side, rule: Normaliser) -> list[str]:
    """Where the reports of either run were made under other rules than this comparison."""
    notes = []
    for letter, side in (("A", a), ("B", b)):
        results = side.run.results
        made_with, version = results.normalisers[0], results.normaliser_versions.get(rule.name)
        if made_with != rule.name:
            notes.append(
                f"The report of {letter}'s run leads with normaliser {made_with}; here both are scored with "
                f"{rule.name}, so that its figures differ from those in that report."
            )
        elif version != rule.version:
            notes.append(
                f"The report of {letter}'s run was made with other rules of {rule.name} ({version}); here "
                f"both are scored again with those of today ({rule.version})."
            )
    return notes


def _transcripts(matched: Matched, a: Side, b: Side, conditions: Sequence[ConditionInfo]) -> pd.DataFrame:
    """Texts of both on common utterances and conditions, under the labels of the sides."""
    names = [condition.name for condition in conditions]
    parts = []
    for side in (b, a):
        rows = side.outcomes[["utterance_id", "condition", "text"]]
        kept = rows[
            rows["condition"].isin(names)
            & rows["utterance_id"].isin(matched.common["utterance_id"])
            & rows["text"].notna()
        ]
        parts.append(kept.assign(system=side.label))
    return pd.concat(parts, ignore_index=True)


def _left_out(matched: Matched, transcripts: pd.DataFrame, pairs: Sequence[SystemPair]) -> pd.DataFrame:
    """A row for each utterance and condition in which the two are not compared, with the reason."""
    ids = matched.common["utterance_id"]
    parts = []
    for condition, after, before in pairs:
        rows = transcripts[transcripts["condition"] == condition]
        lacks = [~ids.isin(rows.loc[rows["system"] == label, "utterance_id"]) for label in (before, after)]
        for missing, reason in NO_TEXT.items():
            chosen = ids[(lacks[0] == missing[0]) & (lacks[1] == missing[1])]
            parts.append(pd.DataFrame({"utterance_id": chosen, "reason": reason, "condition": condition}))
        parts.append(matched.apart.assign(condition=condition))
    return pd.concat(parts, ignore_index=True).assign(system=BOTH, kind="missing")


def _manifest_info(a: Side, b: Side, matched: Matched) -> ManifestInfo:
    """That of B, over the utterances of both manifests."""
    own, people = b.run.results.manifest, matched.people
    known = people["duration_s"].dropna()
    return own.model_copy(
        update={
            "synthetic": own.synthetic or a.run.manifest.sidecar.synthetic,
            "n_speakers": int(people["speaker"].nunique()) if b.run.manifest.has_speakers else None,
            "n_utterances": len(people),
            "duration_s": float(known.sum()) if len(known) else None,
        }
    )


def _labelled_info(side: Side) -> SystemInfo:
    return side.info.model_copy(update={"name": side.label})
