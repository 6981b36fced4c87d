"""The browser of a run in Chromium: three clicks to the sound, filters, players, and nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import soundfile

from asr_fair.report.redact import shown_in_report
from asr_fair.view.browser import Browser
from asr_fair.view.query import Query, parse_query
from asr_fair.view.selection import select
from chromium import grave_faults, started
from view.hearing import BABBLE, SCANNER
from view.made_run import HOSTILE_GROUP, HOSTILE_ID, LONG_ID
from view.word_run import HOSTILE_GROUP as OTHER_GROUP

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browsers(chromium: str) -> Iterator[Any]:
    with started(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def words_address(word_run: Path, serve: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with serve(Browser.open(word_run)) as address:
        yield address


@contextmanager
def page_of(browsers: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page of its own; nothing may be asked of another server, and nothing refused or thrown."""
    context = browsers.new_context(**options)
    page = context.new_page()
    complaints: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    yield page
    context.close()
    assert complaints == []
    assert asked <= {urlsplit(address).netloc}


def play(page: Any, number: int) -> None:
    """Click a player's button, and wait until its time runs."""
    player = page.locator("audio").nth(number)
    player.scroll_into_view_if_needed()
    player.click(position={"x": 25, "y": player.bounding_box()["height"] / 2})
    until(page, number, lambda at_s: at_s > 0.2)


def until(page: Any, number: int, holds: Callable[[float], bool]) -> None:
    """Wait until a player's time is such (the policy forbids Playwright's own way to wait: it is eval)."""
    at_s = f"document.querySelectorAll('audio')[{number}].currentTime"
    for _ in range(600):
        if holds(float(page.evaluate(at_s))):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"player {number} stays at {page.evaluate(at_s)} s")


def rate_of(browser: Browser, query: Query) -> float:
    """WER of what a query selects, whatever the kind of error that it asks for."""
    counts = select(browser.catalogue, replace(query, kind=None)).totals().counts
    return counts.errors / counts.reference_words


def rates_that_the_report_shows(browser: Browser) -> Iterator[float]:
    """Of each declared group with enough speakers for a rate, under each condition, counted from its rows."""
    shown = shown_in_report(browser.run.results)
    for dimension in shown.results.dimensions:
        for group in dimension.groups:
            if shown.has_rates(dimension.name, group.name) and not dimension.is_reserved(group.name):
                for condition, system in browser.catalogue.columns:
                    groups = {dimension.name: group.name}
                    yield rate_of(browser, Query(condition=condition, system=system, groups=groups))


def test_three_clicks_lead_from_the_first_screen_to_the_sound_and_the_diff_of_the_most_errors(
    browsers: Any, heard: Browser, heard_address: str
) -> None:
    with page_of(browsers, heard_address, viewport={"width": 1280, "height": 900}) as page:
        page.goto(heard_address)
        link = page.locator("a[href^='utterances?']").first
        assert link.bounding_box()["y"] < 900
        link.click()  # the first click: the utterances of the group with the highest WER
        assert page.locator("h1").inner_text() == "Utterances"
        query = parse_query(urlsplit(page.url).query, heard.catalogue)
        assert rate_of(heard, query) == max(rates_that_the_report_shows(heard))
        errors = [int(each.split()[0]) for each in page.locator(".row-head strong").all_inner_texts()]
        assert errors == sorted(errors, reverse=True)
        page.locator(".utterances .id").first.click()  # the second: the one with the most errors
        assert page.locator(".diff del, .diff ins").count() > 0
        assert page.locator("audio").count() >= 1
        play(page, 0)  # the third


def test_filters_select_by_tag_condition_system_and_kind(browsers: Any, made_address: str) -> None:
    with page_of(browsers, made_address) as page:
        page.goto(f"{made_address}utterances")
        page.locator("select[name=system]").select_option("one")
        page.locator("select[name=condition]").select_option("clean")
        page.get_by_label("Kind of error").select_option("runaway")
        page.get_by_role("button", name="Show").click()
        assert page.locator(".utterances .id").all_inner_texts() == ["runaway"]
        assert page.get_by_label("Kind of error").input_value() == "runaway"
        page.get_by_role("link", name="Show all").click()
        page.get_by_label("Accent & tongue").select_option("declined")
        page.get_by_role("button", name="Show").click()
        assert set(page.locator(".utterances .id").all_inner_texts()) == {"rtl"}
        assert "1 utterance" in page.locator(".totals").inner_text()
        page.get_by_label("Kind of error").select_option("lost")
        page.get_by_role("button", name="Show").click()
        assert "No utterance is like that" in page.locator("main").inner_text()


def test_next_and_back_stay_within_the_filter(browsers: Any, made_address: str) -> None:
    with page_of(browsers, made_address) as page:
        page.goto(f"{made_address}utterances?condition=clean&system=one&kind=errors&tag.accent=Irish")
        expected = page.locator(".utterances .id").all_inner_texts()
        page.locator(".utterances .id").first.click()
        found = [page.locator("h1").inner_text()]
        while page.get_by_role("link", name="Next").count():
            page.get_by_role("link", name="Next").click()
            found.append(page.locator("h1").inner_text())
        assert found == expected
        page.get_by_role("link", name="Back to the list").click()
        assert page.locator(".utterances .id").all_inner_texts() == expected


def test_other_pages_are_about_what_was_chosen_in_the_list(browsers: Any, made_address: str) -> None:
    chosen = "condition=noisy&system=two&tag.accent=Irish"
    with page_of(browsers, made_address) as page:
        page.goto(f"{made_address}utterances?{chosen}&kind=errors&sort=rate")
        page.get_by_role("link", name="Suspected references").click()
        assert page.url.endswith(f"references?{chosen}")
        page.get_by_role("link", name="Words").click()
        assert page.url.endswith(f"words?{chosen}")
        page.get_by_role("link", name="Utterances").click()
        assert page.url.endswith(f"utterances?{chosen}")
        page.goto(f"{made_address}utterances?{chosen}&tag.place=ward")
        page.get_by_role("link", name="Words").click()  # of one tag at a time
        assert page.locator("h1").inner_text().startswith("Words")


def test_what_got_worse_stands_beside_what_it_is_compared_with(browsers: Any, made_address: str) -> None:
    with page_of(browsers, made_address) as page:
        page.goto(f"{made_address}utterances?condition=clean&system=one")
        page.locator("select[name='than.system']").select_option("two")
        page.locator("select[name=sort]").select_option("worse")
        page.get_by_role("button", name="Show").click()
        assert page.locator(".change").first.inner_text().endswith("more errors than clean · two")
        page.locator(".utterances .id").first.click()
        assert page.locator(".panel h2").all_inner_texts() == ["clean · one", "clean · two"]
        page.get_by_role("link", name="Next").click()
        assert page.locator(".panel h2").all_inner_texts() == ["clean · one", "clean · two"]


def test_two_systems_stand_side_by_side(browsers: Any, made_address: str) -> None:
    with page_of(browsers, made_address, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{made_address}utterance?id=plain-2&at.condition=clean&at.system=one&kind=errors")
        form = page.get_by_role("form", name="Show another system or condition beside")
        form.get_by_label("System").select_option("two")
        form.get_by_role("button").click()
        headings = page.locator(".panel h2")
        assert headings.all_inner_texts() == ["clean · one", "clean · two"]
        assert headings.nth(0).bounding_box()["y"] == headings.nth(1).bounding_box()["y"]
        assert page.locator(".panel").nth(0).locator("del, ins").count() == 4
        assert page.locator(".panel").nth(1).locator("del, ins").count() == 0
        page.get_by_role("link", name="Show one alone").click()
        assert headings.count() == 1


def test_a_screen_reader_is_told_what_became_of_each_word(browsers: Any, made_address: str) -> None:
    with page_of(browsers, made_address) as page:
        page.goto(f"{made_address}utterance?id=plain-2&at.condition=clean&at.system=one")
        text = page.locator(".diff").text_content()
        told = re.sub(r"\s+", " ", re.sub("[+−→\u2060]", "", text)).strip()
        assert told == "please bring left out: the 2nd tray said: to heard as: 2 room 9 added: now"


@pytest.mark.parametrize("condition", ["clean", SCANNER, BABBLE])
def test_a_sound_plays_and_can_be_sought(
    browsers: Any, heard: Browser, heard_address: str, condition: str
) -> None:
    recording = heard.run.manifest.table["audio"][2]
    asked = {"id": heard.catalogue.utterance_ids[2], "at.condition": condition, "at.system": "listener"}
    with page_of(browsers, heard_address) as page:
        page.goto(f"{heard_address}utterance?{urlencode(asked)}")
        number = 0 if condition == "clean" else 1
        assert page.locator("audio").count() == number + 1
        play(page, number)
        player = f"document.querySelectorAll('audio')[{number}]"
        length_s = page.evaluate(f"{player}.duration")
        assert length_s == pytest.approx(soundfile.info(recording).duration, abs=0.001)
        page.evaluate(f"{player}.currentTime = {length_s / 2}")
        until(page, number, lambda at_s: at_s > length_s / 2)


def test_nothing_in_a_hostile_text_runs_or_leads_away(browsers: Any, made_address: str) -> None:
    group = {"tag.accent": HOSTILE_GROUP}
    pages = [f"utterances?{urlencode(group)}", f"utterance?{urlencode({'id': HOSTILE_ID} | group)}"]
    pages += [f"utterance?{urlencode({'id': HOSTILE_ID, 'at.system': 'two'})}", "utterances"]
    with page_of(browsers, made_address) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for path in pages:
            page.goto(made_address + path)
            assert page.title() != "ran"
            assert page.locator("main script, main img, main iframe").count() == 0
            assert page.locator("main").inner_text().count("<script>document.title='ran'</script>") > 0 or (
                "at.system=two" in path
            )
            for address in page.locator("a").evaluate_all("all => all.map(each => each.href)"):
                assert address.startswith(made_address)
            assert "\u202e" not in page.content()


def test_the_policy_refuses_a_script_that_got_into_a_page(browsers: Any, made_address: str) -> None:
    """Shows that the policy works and that complaints are heard."""
    context = browsers.new_context()
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))

    def with_script(route: Any) -> None:
        answer = route.fetch()
        script = "<script>document.title='ran'</script></main>"
        route.fulfill(response=answer, body=answer.text().replace("</main>", script))

    page.route("**/utterances", with_script)
    page.goto(f"{made_address}utterances")
    assert page.title() != "ran"
    assert any("Content Security Policy" in each for each in heard)
    context.close()


def test_the_token_in_the_address_is_gone_once_it_is_a_cookie(
    browsers: Any, made: Browser, serve: Callable[..., AbstractContextManager[str]]
) -> None:
    with serve(made, token="s3cret", host="0.0.0.0") as address, page_of(browsers, address) as page:  # noqa: S104, S106
        page.goto(address)
        assert "s3cret" not in page.url
        page.goto(address.partition("?")[0] + "utterances")
        assert page.locator("h1").inner_text() == "Utterances"
        assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browsers: Any,
    made_address: str,
    heard: Browser,
    heard_address: str,
    words_address: str,
    scheme: str,
    width: int,
) -> None:
    utterance = urlencode({"id": heard.catalogue.utterance_ids[0], "at.condition": SCANNER})
    context = browsers.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    for address in (
        f"{words_address}words?{urlencode({'tag.accent': OTHER_GROUP})}&system=one",
        f"{words_address}words?tag.accent=Manx&system=one",
        f"{words_address}references?system=one",
        f"{made_address}utterances",
        f"{made_address}utterance?{urlencode({'id': HOSTILE_ID, 'beside.system': 'two'})}",
        f"{made_address}utterance?{urlencode({'id': LONG_ID, 'beside.system': 'two'})}",
        f"{made_address}utterances?kind=sneezes",
        f"{heard_address}utterance?{utterance}&beside.condition=clean",
    ):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert grave_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
