"""Intersections: combinations of the groups of two or three dimensions, as a dimension of their own.

A stratum holds its labels in all dimensions, so a combination of them is one more label. Who has several
labels counts in each of their combinations, as in each of their groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from asr_fair.config import Plan, Reference
from asr_fair.errors import Fault, FaultsError
from asr_fair.fairness.counting.combinations import JOINT, is_reserved, joined
from asr_fair.fairness.counting.strata import Strata, groups_of
from asr_fair.fairness.grouping.dimensions import Dimension

Labels = tuple[str, ...]


def intersect(strata: Strata, parts: Sequence[Dimension]) -> tuple[Strata, Dimension]:
    """The intersection of `parts`, and strata that hold its labels, too.

    It varies within a speaker if any part does, and is sensitive if any is. Its groups stand in the order
    of the parts' own, those reserved in any part last.
    """
    orders = [list(groups_of(strata, part.name, part.bands)) for part in parts]
    combined = _combined_labels([strata.labels[part.name] for part in parts])
    there = {label for labels in combined for label in labels}
    possible = {joined(names): not any(map(is_reserved, names)) for names in product(*orders)}
    in_order = sorted(possible, key=lambda name: not possible[name])
    dimension = Dimension(
        name=joined(part.name for part in parts),
        title=JOINT.join(part.title for part in parts),
        source="; ".join(dict.fromkeys(part.source for part in parts)),
        level="utterance" if any(part.level == "utterance" for part in parts) else "speaker",
        sensitive=any(part.sensitive for part in parts),
        bands=tuple(name for name in in_order if name in there),
        parts=tuple(part.name for part in parts),
        empty=tuple(name for name, declared in possible.items() if declared and name not in there),
    )
    return replace(strata, labels={**strata.labels, dimension.name: combined}), dimension


def check_size(strata: Strata, parts: Sequence[Dimension], most: int, *, field: str) -> None:
    """Raise FaultsError where the groups of `parts` have more than `most` combinations."""
    sizes = [
        sum(not is_reserved(name) for name in groups_of(strata, part.name, part.bands)) for part in parts
    ]
    if prod(sizes) > most:
        times = " × ".join(f"{size:,} of {part.name}" for size, part in zip(sizes, parts, strict=True))
        problem = f"has {prod(sizes):,} combinations of groups ({times}), more than {most:,}"
        remedy = "Leave a dimension out, put its values into bands, or raise thresholds.max_combinations"
        raise FaultsError([Fault(file="plan", field=field, problem=problem, remedy=remedy)])


def combined_reference(plan: Plan, parts: Sequence[str]) -> Reference | None:
    """The combination of the parts' references, with all their reasons; None unless each part has one."""
    references = {part: plan.references[part] for part in parts if part in plan.references}
    if len(references) < len(parts):
        return None
    reasons = (f"{part}: {one.reason.rstrip('.')}" for part, one in references.items())
    return Reference(group=joined(one.group for one in references.values()), reason="; ".join(reasons))


def _combined_labels(parts: Sequence[Sequence[Labels]]) -> tuple[Labels, ...]:
    """For each stratum all combinations of its labels; strata with the same labels are joined once."""
    memory: Mapping[tuple[Labels, ...], Labels] = {
        several: tuple(map(joined, product(*several))) for several in set(zip(*parts, strict=True))
    }
    return tuple(memory[several] for several in zip(*parts, strict=True))
