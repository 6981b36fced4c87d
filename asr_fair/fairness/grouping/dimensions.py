"""Which dimensions are analysed, and what each group is compared with: what the plan declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from asr_fair.config import Plan
from asr_fair.errors import Fault, FaultsError, UnknownNameError
from asr_fair.fairness.counting.combinations import is_reserved
from asr_fair.fairness.models.rows import NUMBERS
from asr_fair.records import OVERALL, RESERVED_GROUPS, REST


@dataclass(frozen=True, slots=True)
class Dimension:
    """A tag of the manifest that groups are made from, with the source of its labels."""

    name: str
    title: str
    source: str
    source_note: str | None = None
    level: Literal["speaker", "utterance"] = "speaker"
    sensitive: bool = False
    bands: tuple[str, ...] = ()
    """Groups that have an order of their own, such as age bands; all others are ordered by name."""
    parts: tuple[str, ...] = ()
    """Of an intersection: the dimensions whose groups it combines."""
    empty: tuple[str, ...] = ()
    """Of an intersection: combinations of declared groups that nobody is in."""

    def is_reserved(self, group: str) -> bool:
        """Whether a group is of those who declined or are unknown; of an intersection, in any part."""
        return is_reserved(group, self.parts)


def planned_dimensions(dimensions: Sequence[Dimension], plan: Plan) -> tuple[Dimension, ...]:
    """The dimensions that the plan names, in its order; all of them where it names none.

    Raises FaultsError for every name in the plan that no dimension bears, for covariates that cannot be, and
    for what is combined or held equal without being analysed by itself.
    """
    known = {dimension.name: dimension for dimension in dimensions}
    wanted = tuple(known) if plan.dimensions is None else plan.dimensions
    faults = [unknown_in_plan("dimensions", "dimension", name, known) for name in wanted if name not in known]
    faults += [
        unknown_in_plan(f"{section}.{name}", "dimension", name, known)
        for section in ("references", "margins")
        for name in getattr(plan, section)
        if name not in known
    ]
    faults += _covariate_faults(known, plan)
    analysed = [name for name in wanted if name in known]
    faults += [
        unknown_in_plan(field, "analysed dimension", name, analysed)
        for field, names in _combined(plan)
        for name in names
        if name not in analysed
    ]
    if OVERALL in wanted:
        problem = f"{OVERALL!r} is the name of the row with everyone"
        faults.append(Fault(file="manifest", field=OVERALL, problem=problem, remedy="Rename this dimension"))
    if faults:
        raise FaultsError(faults)
    return tuple(known[name] for name in wanted)


def stratified(planned: Iterable[Dimension], plan: Plan) -> list[str]:
    """The dimensions by whose labels utterances are told apart: those analysed, and covariates of them."""
    names = [each.name for each in planned]
    others = {name for each in names for name in plan.covariates.get(each, ()) if name not in NUMBERS}
    return [*names, *sorted(others - set(names))]


def check_groups(groups: Mapping[str, Iterable[str]], plan: Plan) -> None:
    """Raise FaultsError unless every planned reference is a declared group of its dimension.

    `groups` holds the groups of each analysed dimension; references of others are not looked at.
    """
    faults = []
    for dimension, names in groups.items():
        declared = [name for name in names if name not in RESERVED_GROUPS]
        if REST in declared:
            problem = f"{REST!r} is the name for all other groups taken together"
            faults.append(
                Fault(file="manifest", field=dimension, problem=problem, remedy="Rename this group")
            )
        reference = plan.references.get(dimension)
        if reference is not None and reference.group not in declared:
            faults.append(unknown_in_plan(f"references.{dimension}", "group", reference.group, declared))
    if faults:
        raise FaultsError(faults)


def _covariate_faults(known: Iterable[str], plan: Plan) -> Iterator[Fault]:
    """What is wrong with the covariates of the plan."""
    for dimension, names in plan.covariates.items():
        field = f"covariates.{dimension}"
        if dimension not in known:
            yield unknown_in_plan(field, "dimension", dimension, known)
        elif dimension not in plan.references:
            problem = "a model needs a reference, and the plan declares none for this dimension"
            remedy = f"Declare one under references.{dimension}"
            yield Fault(file="plan", field=field, problem=problem, remedy=remedy)
        for name in names:
            if name == dimension:
                problem = f"{name!r} is what is compared here and cannot be adjusted for as well"
                yield Fault(file="plan", field=field, problem=problem, remedy="Leave it out of its own list")
            elif name not in known and name not in NUMBERS:
                yield unknown_in_plan(field, "covariate", name, (*known, *NUMBERS))


def _combined(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where the plan names dimensions beside each other, and which."""
    yield from ((f"intersections.{place}", parts) for place, parts in enumerate(plan.intersections))
    yield from ((f"within.{name}", (name, *controls)) for name, controls in plan.within.items())


def unknown_in_plan(field: str, kind: str, name: str, known: Iterable[str]) -> Fault:
    """The fault of a plan that names what there is not, with the nearest name that there is."""
    return Fault(file="plan", field=field, problem=str(UnknownNameError(kind, name, known)))
