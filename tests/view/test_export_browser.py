"""The exported folder in headless Chromium, from the disk: filters, links, hostile texts, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from asr_fair.report.links import utterances_query
from asr_fair.view.addresses import ServerAddresses
from asr_fair.view.browser import Browser
from asr_fair.view.export import export
from asr_fair.view.listing import list_page
from asr_fair.view.query import parse_query
from chromium import grave_faults, started
from view.word_run import GROUPS, HARD_WORD, HOSTILE_GROUP, SENTENCES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Chromium]:
    with started(chromium, "--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(word_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export") / "out"
    export(word_run, made, audio=False, limit=None)
    return made


@pytest.fixture
def page(browser: Chromium) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda each: wrong.append(each.url) if not each.url.startswith("file:") else None)
    opened.on("console", lambda each: wrong.append(each.text) if each.type == "error" else None)
    yield opened
    assert opened.title() != "ran"
    context.close()
    assert wrong == []


def opened(page: Page, folder: Path, fragment: str = "") -> Page:
    page.goto(f"{(folder / 'utterances.html').as_uri()}#{fragment}")
    return page


def listed(page: Page) -> str:
    return page.locator("#totals").inner_text()


def test_everything_is_listed_at_first_with_the_most_errors_on_top(page: Page, folder: Path) -> None:
    n_all = 2 * sum(GROUPS.values()) * len(SENTENCES)
    assert f"{n_all} transcripts" in listed(opened(page, folder))
    errors = [int(each.split()[0]) for each in page.locator("#rows strong").all_inner_texts()]
    assert errors == sorted(errors, reverse=True)
    assert "%" not in listed(page)  # two systems at once


def test_choosing_in_the_filter_changes_list_and_address(page: Page, folder: Path) -> None:
    opened(page, folder)
    page.get_by_label("Accent").select_option("Irish")
    page.locator("select[name=system]").select_option("one")
    assert "32 transcripts of 32 utterances" in listed(page)
    assert "8 speakers" in listed(page)
    assert "WER" in listed(page)
    assert "tag.accent=Irish" in page.url
    page.go_back()
    assert "64 transcripts" in listed(page)
    page.get_by_role("link", name="Show all").click()
    assert page.get_by_label("Accent").input_value() == ""


@pytest.mark.parametrize(
    "query",
    [
        "",
        "system=one",
        "system=one&tag.accent=Irish",
        "system=one&tag.accent=Manx",
        "system=one&kind=errors",
        "text=NOTICE",
        "than.system=two&system=one",
        "sort=worse&than.system=two",
        "sort=better",
        "sort=rate&text=tray&tag.phone=mobile",
    ],
)
def test_the_folder_and_the_server_select_order_and_sum_alike(
    page: Page, folder: Path, word_run: Path, query: str
) -> None:
    server = Browser.open(word_run)
    expected = list_page(server, parse_query(query, server.catalogue), ServerAddresses(server.catalogue))
    opened(page, folder, query)
    assert page.locator("#rows a.id").all_inner_texts() == [each.utterance_id for each in expected.rows]
    found = page.locator("#totals li").all_inner_texts()
    assert set(found) <= set(expected.totals)
    assert len(found) >= 4
    changes = [each.change for each in expected.rows if each.change]
    assert page.locator("#rows .change").all_inner_texts() == changes


def test_a_link_of_a_report_opens_its_selection(page: Page, folder: Path) -> None:
    query = utterances_query(condition="clean", system="one", kind="errors", groups={"accent": HOSTILE_GROUP})
    opened(page, folder, query)
    # Two trays and the notice board of eight speakers, and what one of them never said.
    assert "25 transcripts of 25 utterances" in listed(page)
    assert page.get_by_label("Accent").input_value() == HOSTILE_GROUP


def test_a_rate_of_few_speakers_is_not_told(page: Page, folder: Path) -> None:
    opened(page, folder, utterances_query(condition="clean", system="one", groups={"accent": "Manx"}))
    assert "2 speakers" in listed(page)
    assert "%" not in listed(page)
    assert "no WER of so few speakers" in listed(page)


def test_from_the_list_to_the_words_of_an_utterance_and_back(page: Page, folder: Path) -> None:
    opened(page, folder, f"tag.accent={quote(HOSTILE_GROUP)}&system=one&kind=substitutions")
    page.locator("#rows a.id").first.click()
    assert page.locator("#list").is_hidden()
    assert page.locator("#filter").is_hidden()  # which would stand above the utterance
    shown = page.locator("#one")
    assert HOSTILE_GROUP in shown.inner_text()
    assert shown.locator(".panel").count() == 2  # both systems, side by side
    assert "one" in shown.locator(".panel h3").first.inner_text()
    page.get_by_role("link", name="Back to the list").click()
    assert page.locator("#one").is_hidden()
    assert "25 transcripts" in listed(page)


def test_words_are_marked_as_left_out_taken_for_others_and_added(page: Page, folder: Path) -> None:
    opened(page, folder, f"tag.accent={quote(HOSTILE_GROUP)}&system=one&kind=substitutions")
    swap = page.locator("#rows .swap", has_text=HARD_WORD).first
    assert swap.locator("del").inner_text().endswith(HARD_WORD)
    assert swap.locator("ins").inner_text().endswith("train")
    assert page.locator("#rows ins.added").count() > 0


def test_pages_of_the_list_hold_every_row_once(page: Page, folder: Path) -> None:
    opened(page, folder, "system=two&sort=id")
    seen: list[str] = []
    while True:
        seen += page.locator("#rows a.id").all_inner_texts()
        following = page.locator("#above a", has_text="Next")
        if not following.count():
            break
        following.click()
        page.wait_for_function("document.querySelector('#rows a.id')")
    n_all = sum(GROUPS.values()) * len(SENTENCES)
    assert len(seen) == n_all
    assert len(set(seen)) == n_all
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "fragment",
    [
        "condition=nowhere",
        "tag.accent=Nobody",
        "tag.shoe=9",
        "kind=x",
        "id=none",
        "what=1",
        "sort=up",
        "tag.accent=%E0%A4%A",
    ],
)
def test_an_address_that_asks_for_what_is_not_there_says_so_and_shows_everything(
    page: Page, folder: Path, fragment: str
) -> None:
    opened(page, folder, fragment)
    assert page.locator("#problem").is_visible()
    assert "transcripts" in listed(page)


def test_hostile_texts_are_text_in_the_list_the_page_and_the_address(page: Page, folder: Path) -> None:
    opened(page, folder, f"condition={quote('<img src=x onerror=alert(1)>')}")
    assert "<img" in page.locator("#problem").inner_text()
    opened(page, folder, "id=0")
    page.reload()
    for address in ("", "id=4", "id=36"):
        opened(page, folder, address)
        page.reload()
        assert page.locator("main img, main iframe, main object, main [onerror]").count() == 0
        assert page.locator("script").count() == 2
    assert "\u202e" not in page.content()


def test_no_page_fetches_anything_and_none_is_wider_than_a_telephone(page: Page, folder: Path) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    for each in sorted(folder.glob("*.html")):
        page.goto(each.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, each.name


def test_the_script_and_nothing_else_runs(page: Page, folder: Path, tmp_path: Path) -> None:
    """A page with one more script: the policy keeps it from running."""
    text = (folder / "utterances.html").read_text("utf-8")
    tampered = tmp_path / "utterances.html"
    tampered.write_text(text.replace("</main>", "<script>document.title='ran'</script></main>"), "utf-8")
    context = page.context.browser.new_context()  # type: ignore[union-attr]
    other = context.new_page()
    other.goto(tampered.as_uri())
    assert other.title() != "ran"
    assert other.locator("#rows li").count() == 50
    context.close()


def test_sounds_play_from_the_disk(
    page: Page, heard_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr_fair.view.export_pages.render_html", lambda results, browse: "")
    export(heard_run, tmp_path / "out", audio=True, limit=1)
    opened(page, tmp_path / "out")
    page.locator("#rows a.id").first.click()
    for place in range(page.locator("audio").count()):
        length = (
            page.locator("audio")
            .nth(place)
            .evaluate("async (sound) => { sound.muted = true; await sound.play(); return sound.duration; }")
        )
        assert length > 0.5
    assert page.locator("audio").count() >= 1
    drawn = page.locator("svg.wave").evaluate_all(
        "all => all.map(each => [each.getAttribute('aria-label'), each.getBBox().y, each.getBBox().height])"
    )
    assert len(drawn) == page.locator("audio").count()
    assert all(each[0].startswith("Waveform of ") for each in drawn)
    # The loudest of the page fills its picture up or down, and none goes beyond it.
    tops = [max(-top, top + height) for _, top, height in drawn]
    assert max(tops) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Chromium, folder: Path, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    names = ["utterances.html?one#id=4", "words.html", "references.html"]
    names += ["utterances.html"] if scheme == "light" else []
    for name in names:
        page = context.new_page()
        page.goto(f"{folder.as_uri()}/{name}")
        assert grave_faults(page) == [], name
        page.close()
    context.close()
