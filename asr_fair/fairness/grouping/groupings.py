"""Who is in which group of what is analysed: the plan's dimensions, and the intersections it declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from asr_fair.config import Plan
from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.counting.combinations import level_name
from asr_fair.fairness.counting.strata import Mask, Strata, groups_of, stratify
from asr_fair.fairness.grouping.dimensions import Dimension, check_groups, planned_dimensions, stratified
from asr_fair.fairness.grouping.intersections import check_size, combined_reference, intersect


@dataclass(frozen=True, eq=False)
class Groupings:
    """Dimensions with their groups as masks over strata.

    `plan` is the analysis plan together with the references that follow from it for intersections.
    """

    strata: Strata
    dimensions: tuple[Dimension, ...]
    intersections: tuple[Dimension, ...]
    groups: Mapping[str, Mapping[str, Mask]]
    plan: Plan

    def declared(self, dimension: Dimension) -> dict[str, Mask]:
        """The groups of a dimension without those who declined or are unknown."""
        groups = self.groups[dimension.name]
        return {name: members for name, members in groups.items() if not dimension.is_reserved(name)}


def grouped(people: pd.DataFrame, dimensions: Sequence[Dimension], plan: Plan) -> Groupings:
    """The groups of every dimension and intersection that `plan` declares, in its order.

    `people`: as `stratify` takes them. Raises FaultsError for a plan that names what is not there, and where
    nobody is in the combination of references that an intersection would be compared with.
    """
    planned = planned_dimensions(dimensions, plan)
    strata = stratify(people, stratified(planned, plan))
    groups = {each.name: groups_of(strata, each.name, each.bands) for each in planned}
    check_groups(groups, plan)
    by_name = {each.name: each for each in planned}
    references, intersections = dict(plan.references), []
    for place, of in enumerate(plan.intersections):
        field, parts = f"intersections.{place}", [by_name[name] for name in of]
        check_size(strata, parts, plan.thresholds.max_combinations, field=field)
        strata, dimension = intersect(strata, parts)
        groups[dimension.name] = groups_of(strata, dimension.name, dimension.bands)
        if reference := combined_reference(plan, of):
            _check_reference(reference.group, groups[dimension.name], field)
            references[dimension.name] = reference
        intersections.append(dimension)
    names = [each.name for each in (*planned, *intersections)]
    _check_names([*names, *_names_of_levels(plan, groups)])
    return Groupings(
        strata=strata,
        dimensions=planned,
        intersections=tuple(intersections),
        groups=groups,
        plan=plan.model_copy(update={"references": references}),
    )


def _names_of_levels(plan: Plan, groups: Mapping[str, Mapping[str, Mask]]) -> Iterator[str]:
    for name, controls in plan.within.items():
        for control in controls:
            yield from (level_name(name, control, level) for level in groups[control])


def _check_names(names: Sequence[str]) -> None:
    """Results tell dimensions, intersections and levels apart by name."""
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        problem = f"{twice[0]!r} is the name of a dimension and of what the plan combines"
        raise FaultsError([Fault("plan", problem, "Rename this dimension in the manifest")])


def _check_reference(group: str, groups: Mapping[str, Mask], field: str) -> None:
    if group not in groups:
        problem = f"nobody is in {group!r}, the combination of the references of its parts"
        remedy = "Leave this intersection or one of these references out, or record such people"
        raise FaultsError([Fault("plan", problem, remedy, field=field)])
