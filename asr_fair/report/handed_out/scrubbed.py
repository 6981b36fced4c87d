"""What results say beside figures, without names of files, of runs, and of groups that are left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from asr_fair.fairness.results import ConditionInfo, Loss, PlanInfo, Results, SystemInfo
from asr_fair.report.prompts import without_prompts

Keyed = Callable[[str], str]
"""A digest under a key: nobody without the key can confirm a guess of what it is of."""

LOCAL_MODEL = "a local model"
OTHER = "other"
NO_TRANSCRIPT = "no_transcript"
_LOCAL_PATH = re.compile(r"[/~.\\]|[A-Za-z]:[/\\]|file:")
_SHORT_DIGEST = re.compile(r"\b[0-9a-f]{12}\b")


def unlinked(results: Results, voices_in: Collection[str], keyed: Keyed) -> Results:
    """The results without the run's own name, and with digests that nobody can confirm a guess by."""
    manifest = results.manifest
    return results.model_copy(
        update={
            "name": manifest.name,
            "title": _public_title(results),
            "manifest": manifest.model_copy(update={"digest": keyed(manifest.digest)}),
            "plan": _public_plan(results.plan, keyed),
            "conditions": tuple(_public_condition(one, voices_in, keyed) for one in results.conditions),
        }
    )


def _public_title(results: Results) -> str:
    """The title that somebody wrote; the name of a run is often that of a folder."""
    manifest = results.manifest
    return results.title if results.title != results.name else manifest.title or manifest.name


def _public_plan(plan: PlanInfo, keyed: Keyed) -> PlanInfo:
    """The plan's digest under a key: its references may name groups that are left out."""
    reason = plan.exploratory_reason
    if reason is not None:
        own = {plan.digest[:12]: keyed(plan.digest)[:12]}
        reason = _SHORT_DIGEST.sub(lambda found: own.get(found[0], keyed(found[0])[:12]), reason)
    return plan.model_copy(update={"digest": keyed(plan.digest), "exploratory_reason": reason})


def _public_condition(condition: ConditionInfo, voices_in: Collection[str], keyed: Keyed) -> ConditionInfo:
    """The condition; the digest of one in which speakers of the data are heard is put under the key."""
    if condition.name not in voices_in or condition.digest is None:
        return condition
    return condition.model_copy(update={"digest": keyed(condition.digest)})


def public_system(system: SystemInfo) -> SystemInfo:
    """The system without the places of files and texts of prompts: the digest of its weights says which."""
    told = without_prompts(system.settings)
    settings = {name: value for name, value in told.items() if not _is_local(value)}
    model = LOCAL_MODEL if _is_local(system.model) else system.model
    return system.model_copy(update={"model": model, "settings": settings})


def _is_local(value: object) -> bool:
    return isinstance(value, str) and _LOCAL_PATH.match(value) is not None


def public_loss(loss: Loss, *, codes: bool) -> Loss:
    """The loss; where its reasons are no codes they are messages, which may name files, and are added up."""
    if codes:
        return loss
    missing = loss.reasons.get(NO_TRANSCRIPT, 0)
    reasons = {NO_TRANSCRIPT: missing, OTHER: sum(loss.reasons.values()) - missing}
    return loss.model_copy(update={"reasons": {name: count for name, count in reasons.items() if count}})
