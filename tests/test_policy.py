"""A policy says what it means, or is refused with the place and the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from asr_fair.errors import FaultsError
from asr_fair.policy import Measure, Policy, parse_policy


def policy(**rule: Any) -> Policy:
    """A policy of one rule."""
    given = {"name": "one", "reason": "because", "measure": "group_wer", **rule}
    text = yaml.safe_dump({"title": "Release", "rules": [given]}, allow_unicode=True)
    return parse_policy(text, name="policy.yaml", base=Path("there"))


@pytest.mark.parametrize(
    ("measure", "limit", "expected"),
    [
        ("group_wer", "25 %", 0.25),
        ("losses", "0.5%", 0.005),
        ("gap", "5 points", 0.05),
        ("gap", "-1 point", -0.01),
        ("ratio", 1.25, 1.25),
        ("ratio", "1.25×", 1.25),
        ("tolerance", "-3 dB", -3.0),
        ("tolerance_difference", "2.5 dB", 2.5),
    ],
)
def test_a_limit_is_read_with_its_unit(measure: str, limit: object, expected: float) -> None:
    assert policy(measure=measure, limit=limit).rules[0].at_most == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("measure", "limit"),
    [
        ("group_wer", 0.25),
        ("group_wer", "5 points"),
        ("gap", "5 %"),
        ("ratio", "25 %"),
        ("tolerance", 12),
        ("losses", "few"),
        ("ratio", "nan"),
        ("group_wer", "-1 %"),
        ("ratio", -1.5),
    ],
)
def test_a_limit_without_the_unit_of_its_measure_is_refused(measure: str, limit: object) -> None:
    with pytest.raises(FaultsError, match=r"policy\.yaml: rules\.0: limit: must "):
        policy(measure=measure, limit=limit)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": "5 %", "group": ["a"]}, r"rules\.0\.group: unknown key\. Did you mean 'groups'\?"),
        ({"limit": "5 %", "measure": "grup_wer"}, r"rules\.0\.measure: must be 'group_wer'.* got 'grup_wer'"),
        ({"limit": "5 %", "reason": "  "}, r"rules\.0\.reason: must not be empty"),
        ({"limit": "5 %", "worse_by": "1 point"}, "needs either limit, or worse_by"),
        ({}, "needs either limit, or worse_by"),
        ({"measure": "ratio", "worse_by": "1 point"}, "only group_wer, everyone_wer, gap can be compared"),
        ({"worse_by": "1 %"}, "worse_by: must be a number with the unit"),
        ({"worse_by": "-1 points"}, "worse_by: must not be negative"),
        ({"measure": "everyone_wer", "limit": "5 %", "groups": ["a"]}, "leave dimensions and groups out"),
        ({"limit": "5 %", "groups": []}, r"rules\.0\.groups: needs 1 or more entries"),
        ({"limit": "5 %", "groups": ["a", "a"]}, "must not stand there more than once"),
        ({"limit": True}, "must not be true or false"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FaultsError, match=said):
        policy(**given)


def test_rules_of_one_name_are_refused() -> None:
    rule = {"name": "one", "reason": "because", "measure": "losses", "limit": "1 %"}
    with pytest.raises(FaultsError, match="'one' must not stand there more than once"):
        parse_policy(yaml.safe_dump({"title": "t", "rules": [rule, rule]}), name="p", base=Path())


def test_a_baseline_is_seen_from_the_policy() -> None:
    rule = {"name": "one", "reason": "because", "measure": Measure.GAP.value, "worse_by": "1 point"}
    text = yaml.safe_dump({"title": "t", "baseline": "runs/last", "rules": [rule]})
    assert parse_policy(text, name="p", base=Path("ci")).baseline == Path("ci/runs/last")
