"""The page of a comparison in a real browser: at two widths, light and dark, and for a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_compared import make_compared
from made_results import CONDITIONS
from playwright.sync_api import Browser

from asr_fair.report.compare.write import write_comparison
from chromium import grave_faults, started

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparison")
    return write_comparison(make_compared(rendered=CONDITIONS[:3], synthetic=True), folder)[0]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with started(chromium) as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1280, 400])
def test_the_page_fits_and_asks_for_nothing(browser: Browser, page: Path, width_px: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width_px, "height": 900}, color_scheme=scheme)
    opened, said, asked = context.new_page(), [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(page.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") == width_px
    assert said == []
    assert asked == [page.as_uri()]
    first = opened.locator(".told h3").first.bounding_box()
    assert first is not None
    assert first["y"] < 900, "the first finding stands on the first screen"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing_serious(browser: Browser, page: Path, scheme: Any) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    opened = context.new_page()
    opened.goto(page.as_uri())
    assert grave_faults(opened) == []
    context.close()
