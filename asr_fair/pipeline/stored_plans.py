"""Analysis plans of a run directory: which was stored before the first count, and which came later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from asr_fair.config import Plan
from asr_fair.fairness.results import PlanInfo
from asr_fair.validation import Strict, digest_of

FIRST_SECTIONS = {"dimensions", "references", "thresholds"}
FIRST_THRESHOLDS = {
    "min_speakers_counted",
    "min_speakers_shown",
    "min_speakers_full",
    "min_words_full",
    "few_words",
    "dominant_speaker_share",
    "min_speakers_equivalent",
    "card_min_speakers",
    "equivalence_ratio",
    "confidence",
}
"""What is in the digest of every plan, left to its default or not, from the first version on."""


class StoredPlan(Strict):
    """An analysis plan that came after the first count, when the results may have been known."""

    digest: str
    stored_at: datetime
    plan: dict[str, Any]


class StoredPlans(Strict):
    """The plans of a run directory.

    The plan that was stored before the first count is the declared one, and stays. Others may be tried on
    the same counts; each is stored before it is used, and what it finds is exploratory.
    """

    plan_digest: str
    plan_stored_at: datetime = Field(description="before the first count")
    plan: dict[str, Any] | None = Field(default=None, description="as written; {}: the default plan")
    later_plans: tuple[StoredPlan, ...] = ()

    @property
    def times(self) -> dict[str, datetime]:
        """When each plan was stored, by digest."""
        later = {each.digest: each.stored_at for each in self.later_plans}
        return {self.plan_digest: self.plan_stored_at, **later}

    def with_plan_of(self, other: StoredPlans, *, counted: bool) -> Self:
        """These plans and that of `other`, if it is a new one.

        Before the first count, as where a start was stopped while it transcribed, it takes the place of the
        plan that is there; afterwards it is a later one.
        """
        if other.plan_digest in self.times:
            return self
        if not counted:
            own = ("plan_digest", "plan_stored_at", "plan")
            return self.model_copy(update={name: getattr(other, name) for name in own})
        later = StoredPlan(digest=other.plan_digest, stored_at=other.plan_stored_at, plan=other.plan or {})
        return self.model_copy(update={"later_plans": (*self.later_plans, later)})


def plan_digest(plan: Plan) -> str:
    """SHA-256 of the analysis plan.

    What was added to plans later counts where it is not left to its default: a plan without it means what it
    meant before, so that a directory knows its plan again under a newer version.
    """
    content = plan.model_dump(mode="json", exclude_defaults=True)
    first = plan.model_dump(mode="json", include=FIRST_SECTIONS)
    limits = plan.thresholds.model_dump(mode="json", include=FIRST_THRESHOLDS)
    return digest_of(content | first | {"thresholds": content.get("thresholds", {}) | limits})


def as_written(plan: Plan) -> dict[str, Any]:
    """The plan without what it leaves to defaults."""
    return plan.model_dump(mode="json", exclude_unset=True)


def plan_info(stored: StoredPlans, plan: Plan, *, dimensions: Mapping[str, str]) -> PlanInfo:
    """What the results say about the plan they were made under, one of those stored.

    `dimensions`: titles of the manifest's dimensions by name.
    """
    digest, times = plan_digest(plan), stored.times
    reason = None
    if digest != stored.plan_digest:
        own, first = (_stamp(each, times[each]) for each in (digest, stored.plan_digest))
        reason = f"this plan ({own}) was stored after the first count, which was made under another ({first})"
    return PlanInfo(
        digest=digest,
        stored_at=times[digest],
        thresholds=plan.thresholds,
        margins=dict(plan.margins),
        family=plan.family,
        declared=plan.is_declared,
        exploratory=reason is not None,
        exploratory_reason=reason,
        not_analysed=tuple(
            title
            for name, title in dimensions.items()
            if plan.dimensions is not None and name not in plan.dimensions
        ),
    )


def _stamp(digest: str, stored_at: datetime) -> str:
    return f"digest {digest[:12]}, {stored_at:%Y-%m-%d %H:%M:%S %Z}".strip()
