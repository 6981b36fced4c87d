"""A declared reference that holds too few people: said wherever a reader would look for the comparison."""

from __future__ import annotations

from asr_fair.fairness.display import Visibility
from asr_fair.fairness.results import DimensionInfo
from asr_fair.report.redact import Shown


def thin_reference(shown: Shown, dimension: DimensionInfo) -> str:
    """That nothing can be judged against the reference of a dimension; empty where that is not so.

    Intersections are left out: their reference is that of their parts together, which nobody chose by itself.
    """
    if dimension.reference is None or dimension.parts:
        return ""
    seen = shown.visibility[dimension.name].get(dimension.reference, Visibility.HIDDEN)
    if seen is Visibility.FULL:
        return ""
    limits = shown.results.plan.thresholds
    what = f"“{dimension.reference}”, the declared reference of {dimension.title},"
    if seen is Visibility.INDICATIVE:
        few = f"fewer than {limits.min_speakers_full} known speakers or {limits.min_words_full:,} words"
        return f"{what} has {few}, so no comparison with it can come to a verdict."
    return f"{what} has too few speakers to be shown, so nothing can be compared with it."


def thin_references(shown: Shown) -> list[str]:
    """The same of every dimension, with the remedy: for whoever runs this."""
    remedy = "Record more of it, or declare another reference in the plan before the next run."
    found = (thin_reference(shown, dimension) for dimension in shown.results.dimensions)
    return [f"{words} {remedy}" for words in found if words]
