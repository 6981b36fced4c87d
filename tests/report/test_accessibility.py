"""What a checker of accessibility finds, and shades that hold for those who see no colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from made_people import render_card_html
from made_results import CONDITIONS, make_results
from opened import opened
from playwright.sync_api import Browser
from test_shared_results import public

from asr_fair.report import render_html
from asr_fair.report.heat_map import N_SHADES
from chromium import grave_faults, started

SOME = CONDITIONS[:3]
PAGES = {
    "report.html": lambda: render_html(make_results(rendered=SOME[:1], systems=("tiny", "base"))),
    "browsed.html": lambda: render_html(make_results(rendered=SOME, synthetic=True), "utterances?"),
    "card.html": lambda: render_card_html(make_results(rendered=SOME, synthetic=True)),
    "shared.html": lambda: render_html(public(make_results(rendered=SOME[:1]))),
}
"""Few conditions: the checker takes its time for each cell."""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with started(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")
    return folder


def faults_in(browser: Browser, path: Path, scheme: str) -> list[tuple[str, str]]:
    with opened(browser, path, color_scheme=scheme) as found:
        return grave_faults(found.page, least_passed=20)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(browser: Browser, folder: Path, name: str, scheme: str) -> None:
    assert faults_in(browser, folder / name, scheme) == []


@pytest.mark.browser
def test_axe_would_find_a_table_out_of_reach_and_a_faint_text(browser: Browser, folder: Path) -> None:
    """Shows that the checker sees the page."""
    page = (folder / "card.html").read_text(encoding="utf-8")
    broken = folder / "broken.html"
    faint = page.replace("--quiet: #5b5b5b", "--quiet: #bbbbbb").replace(' lang="en"', "")
    digest = re.compile(r"style-src 'sha256-[^']*'")
    broken.write_text(digest.sub("style-src 'unsafe-inline'", faint), encoding="utf-8")
    assert {rule for rule, _ in faults_in(browser, broken, "light")} == {"color-contrast", "html-has-lang"}


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_light_or_dark_as_the_reader_wants(browser: Browser, folder: Path, name: str) -> None:
    found = {}
    for scheme in ("light", "dark"):
        with opened(browser, folder / name, color_scheme=scheme) as shown:
            ask = "(part) => getComputedStyle(document.body)[part].match(/\\d+/g).map(Number)"
            found[scheme] = [sum(shown.page.evaluate(ask, part)[:3]) for part in ("backgroundColor", "color")]
    assert found["light"][0] > 700 > 200 > found["light"][1]
    assert found["dark"][0] < 200 < 600 < found["dark"][1]


def luminance(colour: str) -> float:
    """Relative luminance of '#rrggbb' (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_shades_of_the_heat_map_are_told_apart_by_lightness_and_their_numbers_read(scheme: int) -> None:
    css = resources.files("asr_fair.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\}", css, re.S)
    colours = dict(re.findall(r"--(\w+): (#\w{6})", roots[scheme]))
    shades = [colours[f"h{step}"] for step in range(N_SHADES)]
    light = [luminance(shade) for shade in shades]
    assert light == sorted(light, reverse=scheme == 0)
    assert all(contrast(one, other) > 1.09 for one, other in pairwise(shades))
    for step, shade in enumerate(shades):
        ink = colours["ink"] if step < 4 else colours["paper"]
        assert contrast(shade, ink) >= 4.5, (step, contrast(shade, ink))
