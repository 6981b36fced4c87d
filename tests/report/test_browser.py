"""The report in a real browser: it is laid out, fetches nothing, runs nothing, downloads, prints, opens."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_compared import make_compared
from made_people import render_card_html, write_report
from made_results import ACCENTS, CLEAN_ONLY, Voice, make_results
from opened import opened
from playwright.sync_api import Browser, Page
from test_hostile_names import NAMES, SCRIPT

from asr_fair.report import render_html
from asr_fair.report.html import render_comparison
from chromium import started

pytestmark = pytest.mark.browser

LANDSCAPE_PX = 1032
"""A4 across, less the margins, at 96 dots per inch."""
OVERFLOWING = """() => [...document.querySelectorAll('main *')]
    .filter(one => one.checkVisibility() && !one.closest('.table, svg, .skip'))
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with started(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    text = "## Overview\n<script>console.log('ran')</script> [x](javascript:alert(1)) <img src=x>\n"
    (folder / "card_text.md").write_text(text, encoding="utf-8")
    write_report(make_results(synthetic=True), folder)
    return folder


@pytest.mark.parametrize("name", ["report.html", "card.html"])
@pytest.mark.parametrize("width_px", [1280, 400])
def test_page_says_nothing_on_the_console_and_asks_for_nothing_but_itself(
    browser: Browser, folder: Path, name: str, width_px: int
) -> None:
    with opened(browser, folder / name, width_px=width_px) as found:
        assert found.page.locator("h1").is_visible()
        assert found.page.evaluate(OVERFLOWING) == []
        assert found.said == []
        assert found.requested == [(folder / name).as_uri()]


def test_a_script_in_the_page_would_be_refused(browser: Browser, folder: Path) -> None:
    """Shows that the policy works and that the console is heard."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = folder / "with_script.html"
    added = "<script>console.log('ran')</script><img src='http://127.0.0.1:9/x'></body>"
    page.write_text(text.replace("</body>", added), encoding="utf-8")
    with opened(browser, page) as found:
        assert "ran" not in found.said
        assert len([said for said in found.said if "Content Security Policy" in said]) == 2


HOSTILE = (
    *NAMES,
    "javascript:alert(1)",
    "\u202ethgir",
    "bell\x07",
    "=cmd|' /C calc'!A0",
    "<img src=x onerror=alert(1)>",
    "x" * 300,
)
HOSTILE_PAGES: dict[str, Callable[..., str]] = {
    "report": lambda **made: render_html(make_results(**made), "utterances?"),
    "card": lambda **made: render_card_html(make_results(**made)),
    "compare": lambda **made: render_comparison(make_compared(**made)),
}


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_hostile_names_run_nothing(browser: Browser, tmp_path: Path, name: str) -> None:
    accents = [*ACCENTS, *(Voice(each, 12 + at, 1500, 0.2) for at, each in enumerate(HOSTILE))]
    html = HOSTILE_PAGES[name](rendered=CLEAN_ONLY, accents=accents, reference=SCRIPT, title=SCRIPT)
    path = tmp_path / "hostile.html"
    path.write_text(html, encoding="utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f]", html)
    with opened(browser, path, width_px=400) as found:
        assert "thgir" in found.page.inner_text("main")
        assert found.page.evaluate(OVERFLOWING) == []
        assert found.page.locator("main script, main img, main iframe, main object").count() == 0
        hrefs = found.page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
        assert all(href.startswith(("#", "data:text/csv;", "utterances?")) for href in hrefs)
        assert found.said == []
        assert len(found.requested) == 1


def test_first_screen_holds_what_matters_and_the_menu_one_line(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "report.html") as found:
        for anchor in ("tested", "findings", "unsaid"):
            box = found.page.locator(f"#{anchor}").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 800, anchor
        nav = found.page.locator("nav").bounding_box()
        assert nav is not None
        assert nav["height"] < 60
    with opened(browser, folder / "report.html", width_px=400) as found:
        for anchor in ("tested", "findings"):
            box = found.page.locator(f"#{anchor}").bounding_box()
            assert box is not None
            assert box["y"] < 850, anchor


def test_tables_download_as_csv_without_a_script(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "report.html") as found:
        links = found.page.locator("a.csv").filter(visible=True)
        assert links.count() > 5
        for at in range(3):
            with found.page.expect_download() as download:
                links.nth(at).click()
            name = links.nth(at).get_attribute("download")
            assert download.value.suggested_filename == name
            text = download.value.path().read_text(encoding="utf-8-sig")
            rows = list(csv.reader(io.StringIO(text)))
            assert len({len(row) for row in rows}) == 1
            assert re.fullmatch(r"[a-z0-9.-]+\.csv", str(name))
        assert "Everyone" in {row[0] for row in rows}  # the heat map
        assert found.said == []
        assert found.page.url == (folder / "report.html").as_uri()


def test_keyboard_reaches_the_content_the_tables_and_what_is_folded(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "report.html", width_px=400) as found:
        page = found.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#content"
        _scrolls_with_arrow_keys(page)
        page.get_by_role("link", name="How to read this").click()
        assert page.locator("#reading").is_visible()
        menu = page.locator("details.menu")
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        assert menu.get_by_role("link", name="Accent").is_visible()


def _scrolls_with_arrow_keys(page: Page) -> None:
    table = page.get_by_role("region", name="Rates and verdicts: Accent")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("one => one.scrollLeft > 0", arg=table.element_handle(), timeout=5_000)


def test_print_shows_what_is_folded_and_cuts_no_table(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(make_results(systems=("tiny", "base"))), encoding="utf-8")
    with opened(browser, path, width_px=LANDSCAPE_PX, color_scheme="dark") as found:
        page = found.page
        page.emulate_media(media="print", color_scheme="dark")
        inside = page.locator("details table").first
        assert inside.is_visible()
        assert inside.evaluate("one => one.getBoundingClientRect().height") > 50
        beyond = page.eval_on_selector_all(
            "table",
            "all => all.filter(one => one.getBoundingClientRect().right > innerWidth)"
            ".map(one => one.parentElement.ariaLabel)",
        )
        assert beyond == []
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("a.csv").first.is_hidden()
        # Browsers print no backgrounds unless asked to: white on black would be white on white.
        badge = page.locator(".disparity .verdict").first
        assert badge.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
