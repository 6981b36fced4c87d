"""What the analysis plan declared, in words: when it was stored, what it compares, what is exploratory."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.config import Thresholds, limits_of
from asr_fair.fairness.results import DimensionInfo, PlanInfo, Results
from asr_fair.report import wording
from asr_fair.report.model import Fact


def limits_for(results: Results, dimension: DimensionInfo) -> Thresholds:
    """The thresholds with the margins of this dimension; within a level, those of the dimension compared."""
    levels = {level.cells.name: control.dimension for control in results.controls for level in control.levels}
    name = levels.get(dimension.name, dimension.name)
    return limits_of(name, results.plan.thresholds, results.plan.margins)


def exploratory_banner(plan: PlanInfo) -> str | None:
    """The plain warning on top where the plan came after the first count."""
    if not plan.exploratory:
        return None
    return f"Exploratory: {plan.exploratory_reason}. Test what it finds on other data before relying on it."


def plan_fact(plan: PlanInfo) -> Fact:
    """When the plan was stored, and whether anybody wrote it."""
    when = "after the first count (exploratory)" if plan.exploratory else "before the first count"
    stored = f"stored {plan.stored_at:%Y-%m-%d}, {when}, digest {wording.short_digest(plan.digest)}"
    if plan.declared is False:
        stored = f"none was written; the default one (every dimension, all groups compared) was {stored}"
    return Fact("Analysis plan", stored)


def plan_provenance(plan: PlanInfo) -> Iterator[Fact]:
    """The whole digest and time, and what was declared together."""
    stored = f"stored {plan.stored_at:%Y-%m-%d %H:%M %Z}".strip() + f", digest {plan.digest}"
    yield Fact("Analysis plan", stored)
    if plan.exploratory_reason:
        yield Fact("Exploratory", plan.exploratory_reason)
    yield Fact("Declared together", f"the comparisons of {together_words(plan)}, for each system by itself")
    for name, margin in plan.margins.items():
        own = limits_of(name, plan.thresholds, {name: margin})
        yield Fact(f"Margins, {name}", margin_words(own))


def together_words(plan: PlanInfo) -> str:
    """Whose intervals hold together."""
    groups = "all groups of all dimensions" if plan.family.across == "dimensions" else "all groups"
    if plan.family.conditions is None:
        return f"{groups} and conditions"
    return f"{groups} under {', '.join(plan.family.conditions)}"


def margin_words(limits: Thresholds) -> str:
    """How far apart two groups may be and still be called equivalent."""
    ratio = wording.ratio(limits.equivalence_ratio)
    points = limits.equivalence_points
    return ratio if points is None else f"{ratio} and {points:g}{wording.NBSP}points"


def own_margins(plan: PlanInfo, dimension: DimensionInfo) -> str:
    """A sentence on margins that hold for this dimension only; empty where it has none."""
    if dimension.name not in plan.margins:
        return ""
    words = margin_words(limits_of(dimension.name, plan.thresholds, plan.margins))
    return f"For this dimension, equivalent means within {words}, as declared in the analysis plan."


def exploratory_words(plan: PlanInfo) -> str | None:
    """How to read comparisons that nobody declared; None where all were."""
    if plan.family.conditions is None and not plan.exploratory:
        return None
    return (
        "Exploratory: not declared before the first count. Such a comparison can suggest what to look for in "
        "other data, and shows nothing by itself. Its interval is widened for all exploratory comparisons of "
        "its dimension. Its p-value in tables/rates.csv is adjusted by the method of Benjamini and Hochberg, "
        "which limits the share of false ones; that of a declared one by Holm's, which limits the chance of "
        "any."
    )


def not_analysed_words(plan: PlanInfo) -> str | None:
    """Which tags of the data no figure was made for; None where there is none."""
    if not plan.not_analysed:
        return None
    named = ", ".join(plan.not_analysed)
    return f"Labelled in this data, but not in the analysis plan, and so not analysed here: {named}."
