"""Links from the report into the browser of its run: where they stand and what they ask for."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl

import pytest
from made_results import CONDITIONS, Voice, make_combined, make_results

from asr_fair.fairness.results import Results
from asr_fair.report import render_html

HOSTILE = ("<script>alert(1)</script>", "=1+1", "javascript:alert(1)", "a&b=c#d%20", "\u202eabc", "٠العربية")
SHOWN = ("Nigerian English", "Irish", "Vietnamese English", "declined")


def asked(page: str, prefix: str = "utterances?") -> list[dict[str, str]]:
    """What each link of a page asks for, read by another parser than made it."""
    links = [html.unescape(one) for one in re.findall(r'href="([^"#d][^"]*)"', page)]
    assert all(link.startswith(prefix) for link in links)
    return [dict(parse_qsl(link.removeprefix(prefix), strict_parsing=True)) for link in links]


@pytest.fixture(scope="module")
def browsed(results: Results) -> str:
    return render_html(results, "utterances?")


def test_without_a_browser_there_are_no_links_and_the_command_is_named(report_html: str) -> None:
    assert asked(report_html) == []
    assert "<code>asr-fair view RUN</code>" in report_html


def test_with_a_browser_the_first_screen_leads_to_the_highest_group(browsed: str) -> None:
    assert "asr-fair view" not in browsed
    line = browsed.split('<p class="highest">')[1].split("</p>")[0]
    assert asked(line) == [
        {"condition": "scanner@0dB", "system": "whisper-tiny.en", "tag.accent": "Vietnamese English"}
    ]


def test_each_row_of_a_group_leads_to_its_utterances_under_each_condition(browsed: str) -> None:
    table = browsed.split('aria-label="Rates and verdicts: Accent')[1].split("</table>")[0]
    for condition in CONDITIONS:
        for group in SHOWN:
            query = {"condition": condition.name, "system": "whisper-tiny.en", "tag.accent": group}
            assert query in asked(table)
    assert len(asked(table)) == len(CONDITIONS) * 5  # no row of a hidden group


def test_each_cell_of_the_heat_map_leads_to_its_utterances(browsed: str) -> None:
    table = browsed.split('aria-label="WER under every condition: Accent')[1].split("</table>")[0]
    assert len(asked(table)) == len(CONDITIONS) * 6
    assert {"condition": "alarm@0dB", "system": "whisper-tiny.en", "tag.accent": "Irish"} in asked(table)
    assert {"condition": "alarm@0dB", "system": "whisper-tiny.en"} in asked(table)  # everyone


def test_each_finding_on_a_group_leads_to_its_utterances(browsed: str) -> None:
    findings = browsed.split('<ul class="findings">')[1].split("</ul>")[0]
    first, *_ = asked(findings)
    assert first == {"condition": "clean", "system": "whisper-tiny.en", "tag.accent": "Vietnamese English"}
    n_with_a_group = findings.count("whisper-tiny.en got")
    assert len(asked(findings)) == n_with_a_group > 2


def test_combinations_and_levels_ask_for_all_their_tags() -> None:
    page = render_html(make_combined(), "utterances.html#")
    queries = asked(page, "utterances.html#")
    plain = {"condition": "clean", "system": "whisper-tiny.en"}
    assert plain | {"tag.accent": "Irish", "tag.handset": "wideband"} in queries
    assert plain | {"tag.accent": "Irish", "tag.handset": "woman"} in queries
    assert not any("×" in value for query in queries for value in query.values())


def test_hostile_names_come_through_whole_and_run_nothing() -> None:
    accents = [Voice(name, 12 + at, 1500, 0.2 + 0.05 * at) for at, name in enumerate(HOSTILE)]
    page = render_html(make_results(accents=accents, reference=None), "utterances?")
    assert {query.get("tag.accent") for query in asked(page)} >= set(HOSTILE)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\ufffdabc" in page
