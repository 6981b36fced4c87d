"""What a gate writes: XML that CI systems read, Markdown and a table, none of which a name can break."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import pytest
from made_results import ACCENTS, CLEAN_ONLY, Voice, make_results
from test_hidden_values import with_other_counts, with_other_rates

from asr_fair.cli.gate_text import in_words
from asr_fair.report.gate.junit import as_junit
from asr_fair.report.gate.outcome import GateOutcome
from asr_fair.report.gate.summary import as_markdown
from asr_fair.report.printable import printable
from pipeline.gate_policies import judge

RULES = (
    {"measure": "group_wer", "limit": "17 %"},
    {"measure": "highest_wer", "limit": "17 %"},
    {"measure": "gap", "limit": "1 point"},
    {"measure": "ratio", "limit": 1.25},
    {"measure": "everyone_wer", "limit": "90 %"},
    {"measure": "tolerance", "limit": "5 dB"},
    {"measure": "losses", "limit": "1 %"},
    {"measure": "group_wer", "limit": "20 %", "groups": ["Nigerian English"], "conditions": ["clean"]},
    {"measure": "group_wer", "limit": "90 %", "groups": ["telephone"], "conditions": ["clean"]},
)
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "]]> <failure/> &amp; \" '",
    "\u202eturned\u2066",
    "bell\x07 \x1b[31mred\x00",
    "two\nlines\r\n::error::told",
    "| a | b |\n\n# head **bold** [x](http://y)",
    "😀 " * 100,
    "عربي",
)


@pytest.fixture(scope="module")
def gate() -> GateOutcome:
    return judge(make_results(), *RULES)


@pytest.fixture(scope="module")
def hostile() -> GateOutcome:
    voices = [Voice(name, 12, 1500, 0.1 + 0.02 * number) for number, name in enumerate(HOSTILE)]
    results = make_results(
        rendered=CLEAN_ONLY,
        accents=[*voices, Voice("small\x1b", 2, 90, 0.3)],
        reference=None,
        title=HOSTILE[0],
    )
    rules = [{"name": name, "measure": "group_wer", "limit": "15 %", "reason": name} for name in HOSTILE]
    return judge(results, *rules, title=HOSTILE[6])


def texts_of(gate: GateOutcome) -> dict[str, str]:
    return {
        "terminal": "\n".join(in_words(gate, verbose=False)),
        "all of it": "\n".join(in_words(gate, verbose=True)),
        "markdown": as_markdown(gate),
        "junit": as_junit(gate),
        "json": gate.model_dump_json(),
    }


def check_structure(document: ET.Element) -> None:
    """The elements and attributes that the schema of Ant's JUnit task asks for, in its order."""
    assert document.tag == "testsuites"
    for suite in document:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= suite.attrib.keys()
        properties, *cases = suite
        assert properties.tag == "properties"
        assert all(one.tag == "property" and one.attrib.keys() == {"name", "value"} for one in properties)
        assert int(suite.attrib["tests"]) == len(cases) > 0
        for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.attrib[key]) == sum(case.find(tag) is not None for case in cases)
        for case in cases:
            assert case.tag == "testcase"
            assert case.attrib.keys() == {"classname", "name", "time"}
            assert len(case) <= 1
            assert all(one.tag in ("failure", "error", "skipped") and one.attrib["message"] for one in case)
        names = [case.attrib["name"] for case in cases]
        assert len(set(names)) == len(names)


def test_the_xml_has_the_structure_that_ci_systems_read(gate: GateOutcome) -> None:
    text = as_junit(gate)
    document = ET.fromstring(text)  # noqa: S314 - our own
    check_structure(document)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert [suite.attrib["name"] for suite in document] == [rule.name for rule in gate.rules]
    totals = {
        key: sum(int(suite.attrib[key]) for suite in document) for key in ("tests", "failures", "errors")
    }
    assert {key: int(document.attrib[key]) for key in totals} == totals
    assert totals["failures"] == sum(check.outcome.value == "fail" for r in gate.rules for check in r.checks)


def test_what_cannot_be_told_is_an_error_where_it_blocks_and_skipped_where_it_warns() -> None:
    results, rule = make_results(rendered=CLEAN_ONLY), {"measure": "group_wer", "limit": "90 %"}
    for keys, expected in (
        ({}, {"error"}),
        ({"cannot_tell": "warn"}, {"skipped"}),
        ({"ignore_small_groups": True}, {"skipped"}),
    ):
        document = ET.fromstring(as_junit(judge(results, rule, **keys)))  # noqa: S314 - our own
        assert {one.tag for one in document.iterfind(".//testcase/*")} == expected


def test_no_name_breaks_the_xml(hostile: GateOutcome) -> None:
    text = as_junit(hostile)
    document = ET.fromstring(text)  # noqa: S314 - our own
    check_structure(document)
    assert document.find(".//script") is None
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert [suite.attrib["name"] for suite in document] == [printable(name) for name in HOSTILE]


def test_no_name_breaks_the_table_in_the_terminal(hostile: GateOutcome) -> None:
    lines = list(in_words(hostile, verbose=True))
    assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", "".join(lines))


def test_no_line_in_the_terminal_is_a_command_to_a_runner() -> None:
    title = " ".join(["::error::told"] * 40)
    voices = [Voice("::set-output name=a::b", 12, 1500, 0.1), Voice("##[add-path]/tmp", 12, 1500, 0.2)]
    results = make_results(rendered=CLEAN_ONLY, accents=voices, reference=None, title=title)
    rule = {"measure": "group_wer", "limit": "15 %", "reason": title}
    for line in in_words(judge(results, rule, title=title), verbose=True):
        # GitHub's runner trims a line before it looks; Azure's form may stand anywhere in it.
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_no_name_becomes_markup_in_the_summary(hostile: GateOutcome) -> None:
    text = as_markdown(hostile)
    assert "<" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}
    assert sum(line.startswith("#") for line in text.splitlines()) == 1


def test_the_worst_news_comes_first_and_passes_are_a_count(gate: GateOutcome) -> None:
    text = "\n".join(in_words(gate, verbose=False))
    places = [text.index(f"\n{word}  rule") for word in ("FAIL", "CANNOT TELL", "PASS")]
    assert places == sorted(places)
    assert not re.search(r"^  pass ", text, flags=re.MULTILINE)
    assert re.search(r"\d+ pass \(-v lists them\)", text)
    assert re.search(r"^  pass ", "\n".join(in_words(gate, verbose=True)), flags=re.MULTILINE)
    assert text.endswith("Exit status 1: a rule fails.")


def test_the_same_results_give_the_same_bytes(gate: GateOutcome) -> None:
    assert texts_of(judge(make_results(), *RULES)) == texts_of(gate)


@pytest.mark.parametrize("keys", [{}, {"ignore_small_groups": True}, {"judge_indicative": True}])
def test_nothing_hangs_on_a_hidden_group(keys: dict[str, bool]) -> None:
    results = make_results()
    changed = with_other_counts(with_other_rates(results, {"Scottish", "unknown"}), {"Scottish", "unknown"})
    changed = with_other_rates(changed, {"Welsh"})
    assert texts_of(judge(changed, *RULES, **keys)) == texts_of(judge(results, *RULES, **keys))
    shown = with_other_rates(results, {"Irish"})
    assert texts_of(judge(shown, *RULES, **keys)) != texts_of(judge(results, *RULES, **keys))


def test_a_hidden_value_stands_nowhere() -> None:
    secret = Voice("Scottish", 2, 987_654, 0.45678912, 0.6)
    results = make_results(rendered=CLEAN_ONLY, accents=[secret, *ACCENTS[1:]])
    planted = ("987654", "987,654", "0.45678912", "45.7 %", "45.7\u00a0%")
    assert not any(
        value in text for text in texts_of(judge(results, *_without_noise())).values() for value in planted
    )


def test_nothing_is_compared_with_a_reference_that_may_not_be_shown() -> None:
    results = make_results(rendered=CLEAN_ONLY, reference="Scottish")
    gate = judge(results, {"measure": "gap", "limit": "1 point", "dimensions": ["accent"]})
    assert all(check.value is None for check in gate.rules[0].checks)
    assert all(check.why.startswith(("hidden", "counts only")) for check in gate.rules[0].checks)


def test_results_that_may_not_be_shared_are_said_to_be_so(gate: GateOutcome) -> None:
    private = judge(make_results(share_results=False), *RULES)
    for text in (as_markdown(private), "\n".join(in_words(private, verbose=False))):
        assert "have not agreed to results being shared" in " ".join(text.replace("\\", "").split())
    assert "have not agreed" not in as_markdown(gate)


def _without_noise() -> Iterable[dict[str, object]]:
    return (rule for rule in RULES if rule["measure"] != "tolerance")


@pytest.mark.parametrize("width", [1, 80, 120, 500])
def test_prose_and_reasons_keep_to_the_width_of_the_terminal(gate: GateOutcome, width: int) -> None:
    lines = list(in_words(gate, verbose=True, width=width))
    reasons = [line for line in lines if line.startswith(" " * 6)]
    assert reasons
    assert max(map(len, reasons)) <= min(max(width, 60), 110)
    plain = " ".join(" ".join(lines).split())
    assert all(" ".join(check.why.split()) in plain for rule in gate.rules for check in rule.checks)
