"""The group with the highest rate: one check for each dimension, condition and system.

The highest true rate is within a limit if and only if all are. So it passes where all groups pass, fails
where one fails, and its bounds are the highest of theirs: the upper one needs no widening, since the group
that truly has the highest rate is among them; the lower one is of bounds that hold together (`judge`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from asr_fair.report.gate.outcome import Check, Outcome, most_serious

NO_GROUP = "no group"


def highest_of(checks: Sequence[Check]) -> list[Check]:
    """One check for the groups of each dimension, condition and system, in the order of the first of each."""
    together: dict[tuple[str, str, str], list[Check]] = {}
    for check in checks:
        place = check.place
        together.setdefault((place.dimension, place.condition, place.system), []).append(check)
    return [_highest(own) for own in together.values()]


def _highest(checks: Sequence[Check]) -> Check:
    judged = [check for check in checks if check.is_judged]
    left_out = [check for check in checks if not check.is_judged]
    outcome = most_serious(check.outcome for check in checks)
    seen = [check for check in (judged or left_out) if check.value is not None]
    if not seen:
        place = checks[0].place.model_copy(update={"group": NO_GROUP})
        return Check(place=place, outcome=outcome, why=_others(checks, left_out), is_judged=False)
    top = max(seen, key=lambda check: check.value or 0.0)
    is_open = any(check.outcome is Outcome.CANNOT_TELL for check in left_out)
    highs = [check.high for check in judged]
    lows = [check.low_together for check in judged if check.low_together is not None]
    known = [high for high in highs if high is not None]
    reasons = []
    alike = [check for check in judged if check.outcome is outcome]
    if decides := max(alike, key=lambda check: _decisive(check, outcome), default=None):
        reasons.append(decides.why if decides is top else f"{decides.place.group}: {decides.why}")
    if left_out:
        reasons.append(_others(checks, left_out))
    return top.model_copy(
        update={
            "outcome": outcome,
            "is_judged": bool(judged),
            "why": "; ".join(reasons),
            "low": max(lows, default=None),
            "low_together": max(lows, default=None),
            "high": None if is_open or len(known) < len(highs) else max(known, default=None),
        }
    )


def _decisive(check: Check, outcome: Outcome) -> float:
    """How far the bound is up that an outcome rests on."""
    bound = check.low_together if outcome is Outcome.FAIL else check.high
    return -math.inf if bound is None else bound


def _others(checks: Sequence[Check], left_out: Sequence[Check]) -> str:
    """Which of the groups were not judged; they may be the ones with the highest rate."""
    whys = ", ".join(dict.fromkeys(check.why for check in left_out))
    return f"{len(left_out)} of {len(checks)} groups not judged ({whys})"
