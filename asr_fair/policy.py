"""A gate's policy: what a system must keep to, as promises that people wrote down before they looked.

Limits carry their unit in words (`25 %`, `5 points`, `12 dB`), so that nobody can mistake .25 for 25.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from asr_fair.config import UniqueNames
from asr_fair.validation import Strict, load_yaml_mapping, read_utf8, refuse_repeats, validate_mapping


class Measure(StrEnum):
    """What a rule looks at. Of all of them more is worse, so that a limit is always an upper one."""

    GROUP_WER = "group_wer"
    HIGHEST_WER = "highest_wer"
    EVERYONE_WER = "everyone_wer"
    RUNAWAY = "runaway"
    GAP = "gap"
    RATIO = "ratio"
    TOLERANCE = "tolerance"
    TOLERANCE_DIFFERENCE = "tolerance_difference"
    LOSSES = "losses"


PERCENT, POINTS, TIMES, DECIBELS = "%", "points", "×", "dB"

UNITS = {
    Measure.GROUP_WER: PERCENT,
    Measure.HIGHEST_WER: PERCENT,
    Measure.EVERYONE_WER: PERCENT,
    Measure.RUNAWAY: PERCENT,
    Measure.GAP: POINTS,
    Measure.RATIO: TIMES,
    Measure.TOLERANCE: DECIBELS,
    Measure.TOLERANCE_DIFFERENCE: DECIBELS,
    Measure.LOSSES: PERCENT,
}

AGAINST_BASELINE = (Measure.GROUP_WER, Measure.EVERYONE_WER, Measure.GAP)
"""What can be judged against another run: where utterance by utterance the two can be taken apart."""

_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(%|points?|dB|[×x]|)")
_SAME = {"point": POINTS, "x": TIMES}
_SCALE = {PERCENT: 0.01, POINTS: 0.01}


class Rule(Strict):
    """One promise: what, of whom, where, up to which limit, and why that limit."""

    name: str = Field(description="as tables call the rule")
    reason: str = Field(description="why this limit: for those who read the result")
    measure: Measure
    limit: str | float | None = Field(
        default=None, description="the most that may be, with its unit: 25 %, 5 points, 1.25, 12 dB"
    )
    worse_by: str | float | None = Field(
        default=None, description="instead of a limit: how much more than under the baseline run, in points"
    )
    dimensions: UniqueNames | None = Field(default=None, min_length=1, description="all when absent")
    groups: UniqueNames | None = Field(
        default=None, min_length=1, description="all when absent but those who declined or are unknown"
    )
    conditions: UniqueNames | None = Field(
        default=None,
        min_length=1,
        description="all when absent; of a tolerance without the level, as the report's plots name it",
    )
    systems: UniqueNames | None = Field(default=None, min_length=1, description="all when absent")

    @field_validator("name", "reason")
    @classmethod
    def _is_said(cls, value: str) -> str:
        if not value.strip():
            msg = "must not be empty: whoever reads the result must understand it"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _holds_together(self) -> Rule:
        if (self.limit is None) == (self.worse_by is None):
            msg = "needs either limit, or worse_by for a comparison with the baseline run"
            raise ValueError(msg)
        if self.worse_by is not None and self.measure not in AGAINST_BASELINE:
            msg = f"worse_by: only {', '.join(AGAINST_BASELINE)} can be compared with a baseline run"
            raise ValueError(msg)
        if self.measure is Measure.EVERYONE_WER and (self.dimensions or self.groups):
            msg = f"{self.measure} is of all speakers together: leave dimensions and groups out"
            raise ValueError(msg)
        if self.at_most < 0 and (self.unit in (PERCENT, TIMES) or self.is_against_baseline):
            msg = f"{'limit' if self.worse_by is None else 'worse_by'}: must not be negative"
            raise ValueError(msg)
        return self

    @property
    def unit(self) -> str:
        """The unit of the limit, for people."""
        return UNITS[self.measure] if self.worse_by is None else POINTS

    @property
    def is_against_baseline(self) -> bool:
        """Whether the rule compares with a baseline run."""
        return self.worse_by is not None

    @property
    def at_most(self) -> float:
        """The limit as results hold it: a fraction, a difference of fractions, a ratio, or dB."""
        key, given = ("limit", self.limit) if self.worse_by is None else ("worse_by", self.worse_by)
        found = _AMOUNT.fullmatch(str(given).strip())
        number, unit = found.groups() if found else (None, None)
        if number is None or _SAME.get(unit or TIMES, unit or TIMES) != self.unit:
            example = "1.25" if self.unit == TIMES else f"5 {self.unit}"
            msg = f"{key}: must be a number with the unit of {self.measure}, such as {example}; got {given!r}"
            raise ValueError(msg)
        return float(number) * _SCALE.get(self.unit, 1.0)


class Policy(Strict):
    """What a run must keep to before it may pass."""

    title: str = Field(description="what tables and reports call this policy")
    cannot_tell: Literal["block", "warn"] = Field(
        default="block",
        description="block: exit status 3 where the data cannot tell; warn: 0, and it is said",
    )
    ignore_small_groups: bool = Field(
        default=False,
        description="groups with too few speakers or words do not keep a rule from passing; they are counted",
    )
    judge_indicative: bool = Field(
        default=False,
        description="judge groups of 5 to 9 speakers, or few words, too, of which reports give no verdict",
    )
    baseline: Path | None = Field(
        default=None, description="run directory that worse_by compares with, seen from this file"
    )
    rules: tuple[Rule, ...] = Field(min_length=1)

    @field_validator("rules")
    @classmethod
    def _names_differ(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        refuse_repeats(rule.name for rule in rules)
        return rules


def parse_policy(text: str, *, name: str, base: Path) -> Policy:
    """The policy in YAML text; a relative baseline is seen from `base`.

    Raises ConfigError for text that is not a YAML mapping, FaultsError naming every faulty key.
    """
    policy = validate_mapping(Policy, load_yaml_mapping(text, name=name), name=name)
    return (
        policy if policy.baseline is None else policy.model_copy(update={"baseline": base / policy.baseline})
    )


def read_policy(path: Path) -> Policy:
    """The policy in a YAML file."""
    return parse_policy(read_utf8(path), name=str(path), base=path.parent)
