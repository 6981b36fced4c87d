"""JUnit XML for CI systems: a suite for each rule, a case for each place that it looks at.

There is no standard; the elements are those that GitLab, Jenkins and the usual GitHub actions read (the
schema of Apache Ant's JUnit task, recalled). A failure is a limit exceeded; what cannot be told is an error
where the policy blocks on it, and skipped where it warns; what the policy ignores is skipped.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from asr_fair.report.gate.outcome import Check, GateOutcome, Outcome, RuleOutcome
from asr_fair.report.gate.words import MEASURES, figure_words, limit_words
from asr_fair.report.printable import printable

FAILURE, ERROR, SKIPPED = "failure", "error", "skipped"


def as_junit(gate: GateOutcome) -> str:
    """The whole outcome as an XML document."""
    suites = ET.Element("testsuites", name=printable(gate.policy), time="0")
    for rule in gate.rules:
        suites.append(_suite(rule, gate))
    for key, tag in _TOTALS.items():
        suites.set(key, str(len(suites.findall(f"testsuite/testcase{tag}"))))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False).join((_DECLARATION, "\n"))


_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TOTALS = {"tests": "", "failures": f"/{FAILURE}", "errors": f"/{ERROR}", "skipped": f"/{SKIPPED}"}


def _suite(rule: RuleOutcome, gate: GateOutcome) -> ET.Element:
    suite = ET.Element("testsuite", name=printable(rule.name), time="0")
    properties = ET.SubElement(suite, "properties")
    facts = {
        "reason": rule.reason,
        "measure": MEASURES[rule.measure],
        "limit": limit_words(rule),
        "outcome": rule.outcome.in_words,
        "run": gate.run,
        "baseline": gate.baseline or "",
        "normaliser": gate.normaliser,
        "policy_digest": gate.policy_digest,
    }
    for name, value in facts.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=printable(value))
    for check in rule.checks:
        suite.append(_case(check, rule, blocks=gate.blocks))
    for key, tag in _TOTALS.items():
        suite.set(key, str(len(suite.findall(f"testcase{tag}"))))
    return suite


def _case(check: Check, rule: RuleOutcome, *, blocks: bool) -> ET.Element:
    name = printable(check.place.in_words)
    case = ET.Element("testcase", classname=printable(rule.name), name=name, time="0")
    tag = _tag(check.outcome, blocks=blocks)
    if tag is not None:
        message = printable(f"{check.outcome.in_words}: {check.why}")
        told = ET.SubElement(case, tag, message=message)
        if tag != SKIPPED:
            told.set("type", check.outcome.value)
        figure = figure_words(check, rule)
        told.text = printable(f"{name}: {figure or 'not shown'}, {limit_words(rule)}: {check.why}")
    return case


def _tag(outcome: Outcome, *, blocks: bool) -> str | None:
    match outcome:
        case Outcome.FAIL:
            return FAILURE
        case Outcome.CANNOT_TELL:
            return ERROR if blocks else SKIPPED
        case Outcome.IGNORED:
            return SKIPPED
        case Outcome.PASS:
            return None
