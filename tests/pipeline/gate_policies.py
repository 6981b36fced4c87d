"""Policies and outcomes for the tests of the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from asr_fair.fairness.results import Results
from asr_fair.pipeline.gate.gate import judge_results
from asr_fair.policy import Measure, Policy, parse_policy
from asr_fair.report.gate.outcome import GateOutcome, Place


def policy_text(*rules: Mapping[str, Any], **keys: Any) -> str:
    """YAML of a policy; each rule is completed with a name and a reason."""
    whole = [{"name": f"rule {number}", "reason": "because", **rule} for number, rule in enumerate(rules)]
    return yaml.safe_dump({"title": "Release", **keys, "rules": whole}, allow_unicode=True)


def make_policy(*rules: Mapping[str, Any], **keys: Any) -> Policy:
    """The policy of these rules."""
    return parse_policy(policy_text(*rules, **keys), name="policy.yaml", base=Path())


def judge(results: Results, *rules: Mapping[str, Any], **keys: Any) -> GateOutcome:
    """Results judged with lower bounds as they stand in the results, as if each place were alone."""

    def alone(measure: Measure, places: Sequence[Place]) -> dict[Place, float | None]:
        stored = {Measure.GAP: "wer_gap", Measure.RATIO: "wer_ratio", Measure.TOLERANCE: "tolerance_db"}
        found = {
            (one.dimension, one.group, one.condition, one.system, one.versus): one.low
            for one in results.figures
            if one.measure == stored.get(measure, "wer") and one.normaliser == results.normalisers[0]
        }
        return {place: found[tuple(place.model_dump().values())] for place in places}

    return judge_results(results, make_policy(*rules, **keys), alone, source="policy.yaml")
