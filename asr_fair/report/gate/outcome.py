"""What a gate found: one check for each place that a rule looks at, and what they come to.

Made from figures that may be shown alone: of a hidden group it says that it was not judged, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from asr_fair.errors import ExitStatus
from asr_fair.policy import Measure
from asr_fair.records import EVERYONE, OVERALL, REST
from asr_fair.validation import Strict

SCHEMA_VERSION = "1.0"


class Outcome(StrEnum):
    """What a check, a rule or a whole policy comes to; the most serious first."""

    FAIL = "fail"
    CANNOT_TELL = "cannot_tell"
    PASS = "pass"  # noqa: S105 - of a test, not of a person
    IGNORED = "ignored"

    @property
    def in_words(self) -> str:
        """As it stands in a table."""
        return self.value.replace("_", " ")


SERIOUS = tuple(Outcome)
"""From the most serious to the least."""


class Place(Strict):
    """Where a rule looks: one group under one condition and system. `versus`: whom it is compared with."""

    dimension: str
    group: str
    condition: str
    system: str
    versus: str | None = None

    @property
    def in_words(self) -> str:
        """As it stands in a table."""
        who = "everyone" if self.dimension == OVERALL and self.group == EVERYONE else None
        who = who or f"{self.dimension}={self.group}"
        against = {None: "", REST: " against the rest"}.get(self.versus, f" against {self.versus}")
        return f"{who}{against}, {self.condition}, {self.system}"


class Check(Strict):
    """What one rule came to in one place.

    `low` and `high` are the interval of the report at 95 % (or as the plan's `confidence` says). A pass rests
    on `high`; a fail rests on `low_together`, which is lower, because a rule looks at many places at once and
    one of them would come out high by chance.
    """

    place: Place
    outcome: Outcome
    is_judged: bool = Field(
        default=True, description="whether there was an interval, of enough people, to judge"
    )
    why: str = Field(description="in plain words, with the side of the interval that decided")
    value: float | None = None
    low: float | None = None
    high: float | None = None
    low_together: float | None = Field(default=None, description="holds in all places of the rule together")
    beyond: float | None = Field(
        default=None, description="of a tolerance beyond the SNRs heard: what it lies below or above"
    )
    beyond_above: bool = False
    n_speakers: int | None = None


class RuleOutcome(Strict):
    """What one rule came to; `n_together`: places whose lower bounds hold together."""

    name: str
    reason: str
    measure: Measure
    limit: float = Field(description="a fraction, a difference of fractions, a ratio or dB, as `unit` says")
    unit: str
    against_baseline: bool = False
    outcome: Outcome
    n_together: int
    checks: tuple[Check, ...]

    def count(self, outcome: Outcome) -> int:
        """How many checks came to this."""
        return sum(check.outcome is outcome for check in self.checks)


class GateOutcome(Strict):
    """A whole policy, judged; deterministic: the same run and policy give the same bytes."""

    schema_version: str = SCHEMA_VERSION
    policy: str
    policy_digest: str
    run: str
    run_title: str
    baseline: str | None = None
    normaliser: str = Field(description="the headline one: the rules look at no other")
    confidence: float
    blocks: bool = Field(description="whether `cannot tell` keeps the exit status from being 0")
    outcome: Outcome
    exit_status: int
    rules: tuple[RuleOutcome, ...]
    notes: tuple[str, ...] = ()


def most_serious(outcomes: Iterable[Outcome]) -> Outcome:
    """The one that decides, of at least one."""
    return min(outcomes, key=SERIOUS.index)


def exit_status(outcome: Outcome, *, blocks: bool) -> ExitStatus:
    """What the command ends with."""
    if outcome is Outcome.FAIL:
        return ExitStatus.GATE_FAILED
    if outcome is Outcome.CANNOT_TELL and blocks:
        return ExitStatus.GATE_CANNOT_TELL
    return ExitStatus.DONE
