"""The page itself: self-contained, in order, readable by machines that read aloud, small."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from itertools import pairwise

import pytest
from made_people import render_card_html
from made_results import ACCENTS, CLEAN_ONLY, CONDITIONS, Voice, make_grid, make_results
from pages import Page

from asr_fair.records import RESERVED_GROUPS
from asr_fair.report import render_html
from asr_fair.report.plots import intervals, noise
from asr_fair.report.plots.base import plot_svg


def test_tags_are_balanced_and_ids_unique(report: Page) -> None:
    assert report.open == []
    assert [i for i, n in Counter(report.attributes("id")).items() if n > 1] == []
    anchors = {href.removeprefix("#") for href in report.attributes("href") if href.startswith("#")}
    assert anchors <= set(report.attributes("id"))


@pytest.mark.parametrize("which", ["report", "card_page"])
def test_nothing_is_fetched_or_run(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "image", "use"})
    assert page.attributes("src") == []
    assert all(href.startswith(("#", "data:text/csv;")) for href in page.attributes("href"))
    assert [n for _, attributes in page.elements for n in attributes if n.startswith("on")] == []
    places = [
        v for _, attributes in page.elements for n, v in attributes.items() if not n.startswith("xmlns")
    ]
    assert not any(re.search(r"https?://|url\(", place or "") for place in places)
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_policy_allows_this_style_sheet_and_nothing_else(report: Page) -> None:
    policy = next(a["content"] for tag, a in report.elements if a.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(report.style.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert report.attributes("style") == []  # the policy would block them


def test_groups_stand_as_in_the_results_with_reserved_ones_last() -> None:
    backwards = [*reversed(ACCENTS)]
    page = Page.parse(render_html(make_results(accents=backwards)))
    first_block = [row[0] for row in page.table("Rates and verdicts: Accent").rows[2:10]]
    declared = [voice.name for voice in backwards if voice.name not in RESERVED_GROUPS]
    assert first_block == [*declared, "unknown", "declined"]


def test_each_condition_is_a_block_of_each_table(report: Page) -> None:
    rows = report.table("Rates and verdicts: Accent").rows
    assert [row[0] for row in rows if len(row) == 1] == [condition.title for condition in CONDITIONS]


def test_tables_have_captions_and_scoped_headings(report: Page) -> None:
    scopes = [attributes.get("scope") for tag, attributes in report.elements if tag == "th"]
    assert set(scopes) == {"col", "row", "rowgroup"}
    assert all(table.caption for table in report.tables)


def test_a_table_that_scrolls_is_reached_by_keyboard_in_every_browser(report: Page) -> None:
    """Chromium lets the keyboard reach whatever scrolls; others do not."""
    around = [one for tag, one in report.elements if tag == "div" and one.get("class") == "table"]
    assert len(around) == len(report.tables)
    assert {(one.get("tabindex"), one.get("role")) for one in around} == {("0", "region")}
    assert all(one.get("aria-label") for one in around)


def test_what_explains_a_table_is_printed_once_and_folded_after_that(
    report_html: str, card_page: Page
) -> None:
    note = "Lost: WER under the condition"
    first, second = (part[-200:] for part in report_html.split(note)[:2])
    assert "Notes, as above" not in first
    assert "<summary>Notes, as above</summary>" in second
    assert "Notes, as above" not in card_page.text


def test_a_caption_is_read_aloud_with_its_subject_which_the_section_names_in_print(report: Page) -> None:
    table = report.table("Rates and verdicts: Accent, whisper-tiny.en")
    assert table.printed_caption == "Rates and verdicts"


def test_every_plot_says_what_it_shows(report: Page) -> None:
    labels = [a["aria-label"] for tag, a in report.elements if tag == "div" and a.get("role") == "img"]
    n_plots = sum(tag == "figure" for tag, _ in report.elements)
    assert len(labels) == n_plots == 2 * 5 + 5 + 2  # conditions of two dimensions, groups with rates
    assert any("Highest WER: Vietnamese English, 28.4\u00a0%" in label for label in labels)
    assert any("Scanner at 0 dB: 73.9\u00a0%" in label for label in labels)


def test_headings_leave_out_no_level(report: Page) -> None:
    levels = [int(tag[1]) for tag, _ in report.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_language_and_skip_link_are_there(report: Page) -> None:
    assert dict(report.elements)["html"]["lang"] == "en"
    first_link = next(attributes for tag, attributes in report.elements if tag == "a")
    assert first_link["href"] == "#content"


def test_synthetic_voices_are_announced_and_people_are_not(report: Page) -> None:
    assert "says nothing about people" in report.text
    assert (
        "says nothing about people" not in Page.parse(render_html(make_results(conditions=CLEAN_ONLY))).text
    )


def test_reference_and_its_reason_and_the_source_of_labels_are_told(report: Page) -> None:
    assert "Compared with Irish, declared in the analysis plan (most speakers of" in report.text
    assert "reported by the speakers themselves" in report.text
    assert "each group is compared with all other groups" in report.text


def test_no_more_than_five_findings_are_open_and_the_others_are_counted_by_verdict() -> None:
    section = (
        render_html(make_results(rendered=CONDITIONS[:2], systems=("tiny", "base")))
        .split('<h2 id="findings">')[1]
        .split("</section>")[0]
    )
    assert section.split("<details>")[0].count("<li class=") == 5
    (title,) = re.findall(r"<summary>(\d+) more: (.+)</summary>", section)
    assert int(title[0]) == section.count("<li class=") - 5 == sum(map(int, re.findall(r"\d+", title[1])))


def test_verdicts_name_direction_and_other_side(report: Page) -> None:
    assert "disparity: higher WER than Irish" in report.text
    assert "equivalent to all other groups (within 1.25×)" in report.text


def test_plot_against_snr_is_left_out_without_snr_conditions() -> None:
    page = render_html(make_results(conditions=CLEAN_ONLY))
    assert "signal-to-noise" not in page
    assert "What each group loses against clean speech" not in page
    assert "WER under every condition" not in page


def test_thirty_groups_under_fourteen_conditions_by_two_systems_stay_under_five_megabytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = make_grid(handsets=(None,), snrs_db=(0, 5, 10))
    groups = [Voice(f"Group {n:02d} of speakers", 10 + n, 1500 + 37 * n, 0.05 + 0.01 * n) for n in range(30)]
    made = make_results(rendered=grid, accents=groups, reference=groups[3].name, systems=("tiny", "base"))
    assert len(grid) == 14
    # Plots of the same size are drawn once: all of them would take this test half a minute.
    drawn: dict[tuple[str, int], str] = {}

    def once(draw, *data, width_px: int, height_px: int) -> str:
        key = (draw.__module__, height_px)
        if key not in drawn:
            drawn[key] = plot_svg(draw, *data, width_px=width_px, height_px=height_px)
        return drawn[key]

    for plots in (intervals, noise):
        monkeypatch.setattr(plots, "plot_svg", once)
    page = render_html(made, "utterances.html#")
    assert page.count("<figure>") > 150
    assert 3_000_000 < len(page.encode()) < 5_000_000


def test_same_results_give_the_same_page(results, report_html: str) -> None:
    assert render_html(results) == report_html


def test_card_comes_with_its_own_page(card_page: Page) -> None:
    assert card_page.open == []
    assert "Service card: English accents in a scanner room" in card_page.text
    assert render_card_html(make_results(share_results=False)).count("NOT TO BE SHARED") == 1
