"""What a plan declares together: which groups are compared, and how many comparisons make a family.

The analysis and the forecast of `asr-fair plan` count by this one rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asr_fair.config import Plan, Reference
from asr_fair.errors import FaultsError
from asr_fair.fairness.counting.strata import Mask, is_mirrored_pair
from asr_fair.fairness.grouping.dimensions import unknown_in_plan


def compared_groups(groups: Mapping[str, Mask], reference: Reference | None) -> list[str]:
    """Those of the declared groups that are compared with something: all but the reference."""
    return [name for name in groups if reference is None or name != reference.group]


def is_one_contrast(groups: Mapping[str, Mask], reference: Reference | None) -> bool:
    """Whether two groups are each the rest of the other: one contrast, told from both sides."""
    return reference is None and is_mirrored_pair(_present(groups, reference))


def n_contrasts(groups: Mapping[str, Mask], reference: Reference | None) -> int:
    """How many comparisons a dimension makes in one condition; groups without data make none."""
    return 1 if is_one_contrast(groups, reference) else len(_present(groups, reference))


def family_shares(sizes: Mapping[str, int], plan: Plan) -> dict[str, float]:
    """The share of a family's error that each dimension may spend, from its number of comparisons.

    Everything where dimensions are families of their own, as intersections and levels always are. Across
    dimensions it is divided in proportion to
    the comparisons (union bound), and not by one max-T over all: the bootstrap of a dimension keeps the
    number of speakers in its own groups, and draws that kept those of all dimensions at once would choose
    among the one or two people of each combination.
    """
    total = sum(sizes.values())
    if plan.family.across == "groups" or not total:
        return dict.fromkeys(sizes, 1.0)
    return {name: size / total for name, size in sizes.items()}


def declared_conditions(plan: Plan, conditions: Iterable[str]) -> tuple[str, ...]:
    """The conditions whose comparisons are declared. Raises FaultsError for names that no condition bears."""
    known = tuple(dict.fromkeys(conditions))
    wanted = known if plan.family.conditions is None else plan.family.conditions
    faults = [
        unknown_in_plan("family.conditions", "condition", name, known) for name in wanted if name not in known
    ]
    if faults:
        raise FaultsError(faults)
    return wanted


def _present(groups: Mapping[str, Mask], reference: Reference | None) -> list[Mask]:
    compared = (groups[name] for name in compared_groups(groups, reference))
    return [members for members in compared if members.any()]
